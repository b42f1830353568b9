// swift-tools-version:6.2
import PackageDescription

/// An app that embeds TrialSync's store: it uses nothing but the public library `SyncClient`.
let package = Package(
    name: "EmbeddedCapture",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "trialsync", path: "../..")],
    targets: [
        .executableTarget(
            name: "EmbeddedCapture", dependencies: [.product(name: "SyncClient", package: "trialsync")])
    ]
)
