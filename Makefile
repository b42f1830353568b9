# One word for each thing one does here. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help demo test browser images example lint format seeds soak bench fuzz tsan proto golden docs deps

# What swift-format reads; generated messages tell it themselves to leave them alone.
SWIFT := Package.swift Sources Fuzz $(wildcard Benchmarks/Package.swift Benchmarks/Sources \
	Examples/*/Package.swift Examples/*/Sources)
# Tests may force: a trap there is a failed test.
TEST_FORMAT = $$(sed -E 's/("Never[A-Za-z]+": )true/\1false/' .swift-format)

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: deps ## run a server and three laptops through a conflict and a made-up year; KEEP=1 leaves them for a look
	scripts/swift build --product trialsync
	scripts/swift build --product trialsyncd
	KEEP="$(KEEP)" scripts/demo.sh

test: deps ## build and run every test, the fast ones first
	scripts/test

browser: deps ## install Debian's chromium, without which `make test` skips the pages in a browser, and a Chinese font
	scripts/bootstrap chromium chromium-driver fonts-wqy-zenhei

images: browser ## write the screenshots of docs/images anew
	scripts/swift build --build-tests
	TRIALSYNC_IMAGES="$(CURDIR)/docs/images" scripts/swift test --skip-build --disable-xctest --filter ImagesTests

example: deps ## build and run the example app that embeds the store
	scripts/example

lint: ## check format and doc comments
	swift format lint --strict --recursive --parallel $(SWIFT)
	swift format lint --strict --recursive --parallel --configuration "$(TEST_FORMAT)" Tests

format: ## bring every file into the common format
	swift format --in-place --recursive --parallel $(SWIFT)
	swift format --in-place --recursive --parallel --configuration "$(TEST_FORMAT)" Tests

seeds: deps ## simulate SEEDS=1000 of each kind of trouble and catch every mutant, in an optimised build
	scripts/seeds "$(or $(SEEDS),1000)"
	.build/release/trialsim mutants 1000

soak: deps ## simulate for SECONDS=600 with new seeds; failing runs are shrunk and kept in .build/soak
	scripts/swift build -c release --product trialsim
	mkdir -p .build/soak
	TRIALSIM_KEEP=.build/soak .build/release/trialsim soak $(or $(SECONDS),600)

bench: deps ## measure, print a table and write Benchmarks/results.json
	cd Benchmarks && swift run -c release

fuzz: deps ## feed every reader with made-up bytes; SECONDS=60 for each, TARGET=one of them, MERGE=1 keeps what is new
	MERGE="$(MERGE)" scripts/fuzz "$(or $(SECONDS),60)" $(TARGET)

tsan: deps ## run the store's, the client's and the server's tests under the thread sanitizer
	scripts/tsan

proto: ## write the generated Swift of proto/ anew
	scripts/proto

golden: deps ## write the golden files anew: only for a format that has not shipped
	TRIALSYNC_GOLDEN=write scripts/swift test --filter Golden

docs: deps ## write the generated pages (docs/reference/errors.md) anew
	TRIALSYNC_DOCS=write scripts/swift test --filter Documentation

deps: ## install the Debian packages that are missing
	@scripts/bootstrap curl
