// swift-tools-version:6.2
import PackageDescription

/// House rules of docs/architecture.md that the compiler itself can keep.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "trialsync",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "TrialModel", targets: ["TrialModel"]),
        .library(name: "SyncClient", targets: ["SyncClient"]),
        .library(name: "SyncServer", targets: ["SyncServer"]),
        .executable(name: "trialsync", targets: ["trialsync"]),
        .executable(name: "trialsyncd", targets: ["trialsyncd"]),
    ],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),

        .target(
            name: "TrialModel",
            dependencies: [crypto],
            resources: [.embedInCode("Resources/NCT05746689.json")],
            swiftSettings: settings),
        .target(
            name: "SyncProtocol",
            dependencies: ["TrialModel", "CZstd", crypto, cryptoExtras, protobuf],
            swiftSettings: settings),
        .target(
            name: "TrialStore",
            dependencies: [
                "TrialModel", "SyncProtocol", crypto, protobuf, .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings),
        .target(
            name: "SyncClient",
            dependencies: ["TrialModel", "SyncProtocol", "TrialStore", "CCurl", crypto, logging],
            swiftSettings: settings),
        .target(
            name: "TrialPages",
            dependencies: ["TrialModel", .product(name: "Mustache", package: "swift-mustache")],
            resources: [.embedInCode("Resources")],
            swiftSettings: settings),
        .target(
            name: "SyncServer",
            dependencies: [
                "TrialModel", "SyncProtocol", "TrialStore", "TrialPages", crypto, logging,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdHTTP2", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .target(
            name: "SiteApp",
            dependencies: [
                "TrialModel", "SyncProtocol", "SyncClient", "TrialPages", crypto, logging,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .target(
            name: "TrialCommand",
            dependencies: ["TrialModel", "SyncProtocol", argumentParser],
            swiftSettings: settings),
        .executableTarget(
            name: "trialsync",
            dependencies: [
                "TrialModel", "SyncProtocol", "TrialStore", "SyncClient", "SiteApp", "TrialCommand",
                argumentParser,
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "trialsyncd",
            dependencies: [
                "TrialModel", "SyncProtocol", "TrialStore", "SyncServer", "TrialCommand", argumentParser,
                logging,
            ],
            swiftSettings: settings),
        .target(
            name: "TrialSyncTesting",
            dependencies: ["TrialModel", "SyncProtocol", "TrialStore", crypto],
            swiftSettings: settings),
        .executableTarget(
            name: "trialsim", dependencies: ["TrialSyncTesting"], swiftSettings: settings),

        .testTarget(
            name: "TrialModelTests", dependencies: ["TrialModel", "TrialSyncTesting"], swiftSettings: settings
        ),
        .testTarget(
            name: "SyncProtocolTests",
            dependencies: ["SyncProtocol", "TrialModel", "TrialSyncTesting", crypto, protobuf],
            resources: [.copy("Golden")],
            swiftSettings: settings),
        .testTarget(
            name: "TrialStoreTests",
            dependencies: [
                "TrialStore", "SyncProtocol", "TrialModel", "TrialSyncTesting", crypto,
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            resources: [.copy("Golden")],
            swiftSettings: settings),
        .testTarget(
            name: "SyncClientTests",
            dependencies: [
                "SyncClient", "CCurl", "SyncProtocol", "TrialModel", "TrialStore", "TrialSyncTesting", crypto,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "SyncServerTests",
            dependencies: [
                "SyncServer", "SyncClient", "SyncProtocol", "TrialModel", "TrialStore", "TrialSyncTesting",
                crypto, logging,
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "SiteAppTests",
            dependencies: [
                "SiteApp", "SyncClient", "SyncServer", "SyncProtocol", "TrialModel", "TrialPages",
                "TrialStore",
                logging,
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "TrialSyncTesting", "TrialModel", "SyncProtocol", "TrialStore", crypto,
            ],
            resources: [.copy("Corpus")],
            swiftSettings: settings),
        .testTarget(
            name: "SimulationTests", dependencies: ["TrialSyncTesting"],
            exclude: ["Regressions"],
            swiftSettings: settings),
        .testTarget(
            name: "TrialPagesTests",
            dependencies: [
                "TrialPages", "TrialModel", .product(name: "Mustache", package: "swift-mustache"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "TrialCommandTests", dependencies: ["TrialCommand", "TrialModel"], swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "trialsync", "trialsyncd", "TrialModel", "SyncProtocol", "TrialPages", "TrialSyncTesting",
                crypto,
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .testTarget(name: "RepositoryTests", swiftSettings: settings),
    ]
)

// `make fuzz` only: libFuzzer brings a runtime that an ordinary build has not.
if Context.environment["TRIALSYNC_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "TrialSyncFuzz", dependencies: ["TrialSyncTesting"], path: "Fuzz", swiftSettings: settings))
}
