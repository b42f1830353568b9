import Foundation
import Testing

extension Pages {
    /// A form that is open while its program ends and comes back, or its session ends: nothing typed is lost,
    /// and nothing is said of it that is not so.
    @Suite(.timeLimit(.minutes(10))) struct ProgramGoneTests {
        private static let weight = "[name='item.VS.weight']"

        /// The baseline visit of the first participant, open in a browser.
        private struct OpenForm {
            let trial: Trial
            let laptop: Laptop
            let browser: Browser
            let root: String
            let tab: String
            var program: Running

            init() async throws {
                let (trial, laptop) = try await Trial.withLaptop()
                let page = try await trial.startPage(of: laptop)
                let browser = try await Browser.open(for: trial)
                let root = try await browser.enter(page.address, as: "nurse-1")
                try await browser.openSheet("BL", root)
                // A page in its place would not know of it.
                _ = try await browser.run("window.isSame = true")
                (self.trial, self.laptop, self.browser, self.root) = (trial, laptop, browser, root)
                (tab, program) = (try await browser.tab, page.program)
            }

            /// Starts the program again, where it was.
            ///
            /// - Returns: the address that opens once.
            mutating func start() async throws -> String {
                let port = try #require(root.split(separator: ":").last.flatMap { Int($0) })
                let page = try await trial.startPage(of: laptop, on: port)
                program = page.program
                return page.address
            }

            /// Logs in in another tab, and goes back to the form.
            func logIn(_ address: String) async throws {
                _ = try await browser.newTab()
                _ = try await browser.enter(address, as: "nurse-1")
                try await browser.show(tab: tab)
            }

            /// Types, and waits for the draft.
            func typeKept(_ text: String) async throws {
                try await browser.type(text, into: ProgramGoneTests.weight)
                try await browser.sees("draft kept here")
            }

            /// Ends the program, and types what it cannot keep.
            func typeToNobody(_ text: String) async throws {
                await program.end()
                try await browser.type(text, into: ProgramGoneTests.weight)
                try await browser.sees("NOT kept: this program does not answer")
            }

            /// Presses Save, in sight or not: a person may be quicker than the news.
            func save() async throws {
                _ = try await browser.run("document.querySelector(\"#entry button[value='save']\").click()")
            }

            /// What is typed stands in the form, and it is the page of before.
            func stands(_ text: String, at location: SourceLocation = #_sourceLocation) async throws {
                let value = try await browser.value(of: ProgramGoneTests.weight)
                #expect(value == text, sourceLocation: location)
                let isSame = try await browser.run("return window.isSame === true")
                #expect(isSame == true, "no other page took its place", sourceLocation: location)
            }

            /// After the log-in the form is a draft by itself, says so, and can be saved.
            func isDraftThenSaved(_ text: String) async throws {
                try await browser.sees("draft kept here")
                try await stands(text)
                let shown = try await browser.text
                #expect(!shown.contains("NOT kept") && !shown.contains("NOT saved"))
                #expect(try await PageRules.findings(in: browser) == [])
                let before = try await laptop("visit", "show", "PKU-001", "BL")
                #expect(before["items", "VS.weight"]["value"] == .null, "a draft is no save")
                try await browser.click("#entry button[value='save']")
                try await browser.sees("not yet at the centre")
                let after = try await laptop("visit", "show", "PKU-001", "BL")
                #expect(after["items", "VS.weight", "value"].double == Double(text))
            }
        }

        @Test("Gone, typed, back: the page that hides the form says it is not kept; the log-in keeps it")
        func typedMeanwhile() async throws {
            var form = try await OpenForm()
            let browser = form.browser
            try await form.typeToNobody("66.6")
            let address = try await form.start()
            try await browser.sees("this page is hidden")
            let text = try await browser.text
            #expect(text.contains("NOT saved and NOT kept as a draft"))
            #expect(!text.contains("is kept as a draft") && !text.contains("PKU-001"))
            #expect(try await PageRules.findings(in: browser) == [])
            // The way to the log-in leads away from nothing.
            let target = try await browser.run("return document.querySelector('#ended a').target")
            #expect(target == "_blank")
            try await form.logIn(address)
            try await form.isDraftThenSaved("66.6")
        }

        @Test("What was kept before the program was gone is said to be kept, behind the page that hides it")
        func keptBefore() async throws {
            var form = try await OpenForm()
            let browser = form.browser
            try await form.typeKept("66.6")
            await form.program.end()
            try await browser.sees("this page is not connected")
            _ = try await form.start()
            try await browser.sees("this page is hidden")
            let text = try await browser.text
            #expect(text.contains("is kept as a draft") && !text.contains("NOT"))
        }

        @Test("Save at a program that is gone, and just after it is back, leaves the form where it is")
        func savedMeanwhile() async throws {
            var form = try await OpenForm()
            let browser = form.browser
            await form.program.end()
            try await browser.type("66.6", into: Self.weight)
            try await browser.click("#entry button[value='save']")
            try await browser.sees("NOT saved: this program does not answer")
            try await form.stands("66.6")
            let address = try await form.start()
            try await form.save()
            try await browser.sees("NOT saved and NOT kept as a draft")
            try await form.stands("66.6")
            try await form.logIn(address)
            try await form.isDraftThenSaved("66.6")
        }

        @Test("Save where the session has ended meanwhile keeps what is typed on the page, for the log-in")
        func sessionEnded() async throws {
            var form = try await OpenForm()
            let browser = form.browser
            // As after twelve hours: the browser has let go of its cookie.
            try await browser.forgetCookies()
            try await browser.type("66.6", into: Self.weight)
            try await form.save()
            try await browser.sees("NOT saved and NOT kept as a draft")
            try await form.stands("66.6")
            await form.program.end(SIGTERM)
            let address = try await form.start()
            try await form.logIn(address)
            try await form.isDraftThenSaved("66.6")
        }

        /// From now on another program answers what the page asks; `methods` tells how it was asked.
        private func answersAnother(_ browser: Browser) async throws {
            _ = try await browser.run(
                """
                window.methods = [];
                window.fetch = async (_, { method = "GET" } = {}) => {
                    window.methods.push(method);
                    return new Response("<p>Hello</p>", { headers: { "Content-Type": "text/html" } });
                };
                """)
        }

        @Test("Another program in the place of one that is gone is told nothing of what is typed")
        func toldNothing() async throws {
            let form = try await OpenForm()
            let browser = form.browser
            try await form.typeToNobody("66.6")
            try await answersAnother(browser)
            try await form.save()
            try await browser.sees("NOT saved and NOT kept as a draft")
            try await form.stands("66.6")
            #expect(try await browser.run("return window.methods.includes('POST')") == false)
        }

        @Test("What another program answers is no success: nothing is sent after it")
        func believedNothing() async throws {
            let form = try await OpenForm()
            let browser = form.browser
            try await form.typeKept("66.6")
            try await answersAnother(browser)
            try await form.save()
            // The save was refused, and it is asked again who is there.
            try await browser.waits(until: "window.methods.includes('GET')")
            let sent = try await browser.run("return window.methods.filter((one) => one === 'POST').length")
            #expect(sent == 1)
            try await form.stands("66.6")
        }

        @Test("Where all that was typed is kept nothing is tried again, whatever was answered last")
        func quiet() async throws {
            let form = try await OpenForm()
            let browser = form.browser
            try await form.typeKept("66.6")
            _ = try await browser.run(
                """
                window.delays = [];
                const wait = window.setTimeout;
                window.setTimeout = (work, delay, ...more) => {
                    window.delays.push(delay);
                    return wait(work, delay, ...more);
                };
                window.fetch = async () => {
                    const answer = new Response("", { status: 500 });
                    answer.text = async () => { window.isRead = true; return ""; };
                    return answer;
                };
                trialsyncNews.dispatchEvent(new MessageEvent("news"));
                """)
            try await browser.waits(until: "window.isRead")
            #expect(try await browser.run("return window.delays.includes(3000)") == false)
        }

        @Test("A program that answers too late takes the form when Save is pressed again")
        func late() async throws {
            let form = try await OpenForm()
            let browser = form.browser
            _ = try await browser.run(
                "window.fetch = async () => { throw new DOMException('too late', 'TimeoutError'); }")
            try await browser.type("66.6", into: Self.weight)
            try await form.save()
            try await browser.sees("NOT saved: this program takes long to answer")
            try await form.stands("66.6")
            try await form.save()
            try await browser.sees("not yet at the centre")
            let saved = try await form.laptop("visit", "show", "PKU-001", "BL")
            #expect(saved["items", "VS.weight", "value"].double == 66.6)
        }

        @Test("That the form of before was kept says nothing of the one that came fresh in its place")
        func freshMeanwhile() async throws {
            let form = try await OpenForm()
            let browser = form.browser
            _ = try await browser.run(
                """
                const [ask, held] = [window.fetch, []];
                window.fetch = (...what) => !what[0].endsWith("/check") ? ask(...what)
                    : new Promise((done) => {
                        held.push(() => done(ask(...what)));
                        window.checks = held.length;
                        window.letGo = held[0];
                    });
                """)
            try await browser.type("66.6", into: Self.weight)
            try await browser.waits(until: "window.checks === 1")
            _ = try await browser.run("document.dispatchEvent(new Event('fresh'))")
            try await browser.type("1", into: Self.weight)
            _ = try await browser.run("window.letGo()")
            try await browser.waits(until: "window.checks === 2")
            let isSaidKept = try await browser.run("return document.querySelector('#ended .unkept').hidden")
            #expect(isSaidKept == false)
        }

        @Test("The page comes back where it was without being told; a second laptop's goes elsewhere")
        func samePlace() async throws {
            let trial = try await Trial()
            let (laptop, other) = (try await trial.laptop("ward-1"), try await trial.laptop("ward-2"))
            func place(_ address: String) -> Substring { address.prefix { $0 != "?" } }
            let first = try await trial.startPage(of: laptop, on: nil)
            let second = try await trial.startPage(of: other, on: nil)
            #expect(place(first.address) != place(second.address))
            #expect(await second.program.end().err.contains("another is used"), "and it says so")
            await first.program.end()
            let again = try await trial.startPage(of: laptop, on: nil)
            #expect(place(again.address) == place(first.address))
        }

        @Test("While another person is logged in the form stays hidden, and is no draft of that person")
        func anotherPerson() async throws {
            var form = try await OpenForm()
            let browser = form.browser
            try await form.typeToNobody("66.6")
            let address = try await form.start()
            _ = try await browser.newTab()
            try await browser.go(address)
            try await browser.logIn("nurse-2")
            try await browser.sees("Today")
            #expect(try await !browser.text.contains("Drafts that were not saved"))
            try await browser.show(tab: form.tab)
            try await browser.sees("NOT saved and NOT kept as a draft")
            try await form.save()
            try await browser.sees("this page is hidden")
            try await form.stands("66.6")
            #expect(try await !browser.text.contains("PKU-001"))
            _ = try await browser.newTab()
            try await browser.go(form.root + "/")
            try await browser.sees("Today")
            #expect(try await !browser.text.contains("Drafts that were not saved"))
        }
    }
}
