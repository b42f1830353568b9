// swift-tools-version:6.2
import PackageDescription

/// Measures TrialSync against what the machine itself can do. A package of its own, so that nothing of it reaches users.
let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "trialsync", path: ".."),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .systemLibrary(name: "CZstdRaw", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "CZstdRaw", .product(name: "SyncClient", package: "trialsync"),
                .product(name: "TrialModel", package: "trialsync"),
                .product(name: "trialsync", package: "trialsync"),
                .product(name: "trialsyncd", package: "trialsync"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
    ]
)
