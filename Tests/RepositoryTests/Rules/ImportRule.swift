/// Which room may import what (docs/architecture.md): a room that is not listed here may not exist.
enum ImportRule {
    /// A name that ends in `*` stands for all modules that begin so.
    static let allowed: [String: Set<String>] = [
        "TrialModel": ["Crypto", "FoundationEssentials"],
        "SyncProtocol": [
            "TrialModel", "Crypto", "CryptoExtras", "SwiftProtobuf", "CZstd", "FoundationEssentials",
            // For the normal form of passwords only.
            "Foundation",
        ],
        "TrialStore": foundation.union([
            "TrialModel", "SyncProtocol", "GRDB", "Crypto", "SwiftProtobuf", "Dispatch",
        ]),
        "SyncClient": system.union([
            "TrialModel", "SyncProtocol", "TrialStore", "CCurl", "Crypto", "Logging",
        ]),
        "TrialPages": foundation.union(["TrialModel", "Mustache"]),
        "SyncServer": system.union([
            "TrialModel", "SyncProtocol", "TrialStore", "TrialPages", "Crypto", "CryptoExtras", "Logging",
            "Hummingbird*",
            "NIO*",
            "HTTPTypes", "X509", "SwiftASN1", "ServiceLifecycle", "UnixSignals",
        ]),
        "SiteApp": system.union([
            "TrialModel", "SyncProtocol", "SyncClient", "TrialPages", "Crypto", "Logging", "Hummingbird*",
            "NIO*", "HTTPTypes", "ServiceLifecycle", "UnixSignals",
        ]),
        "TrialCommand": system.union(["TrialModel", "SyncProtocol", "ArgumentParser"]),
        "trialsync": system.union([
            "TrialModel", "SyncProtocol", "TrialStore", "SyncClient", "SiteApp", "TrialCommand",
            "ArgumentParser", "Logging",
        ]),
        "trialsyncd": system.union([
            "TrialModel", "SyncProtocol", "TrialStore", "SyncServer", "TrialCommand", "ArgumentParser",
            "Logging",
            "Hummingbird*", "ServiceLifecycle",
        ]),
        "trialsim": foundation.union(["TrialSyncTesting", "Dispatch"]),
        "TrialSyncTesting": foundation.union([
            "TrialModel", "SyncProtocol", "TrialStore", "Crypto", "Testing",
        ]),
    ]

    /// Foundation and the standard library's modules that are no part of the language's core.
    private static let foundation: Set<String> = ["Foundation*", "Synchronization"]
    /// The C library by its name on each system, for rooms that touch terminals, signals or sockets.
    private static let system: Set<String> = foundation.union(["Glibc", "Musl", "Darwin", "WinSDK", "ucrt"])

    static func findings(in file: SourceFile) -> [Finding] {
        guard let room = file.room else { return [] }
        guard let allowed = allowed[room] else {
            return [
                Finding(file.path, 1, "the room \(room) has no import rule; give it one in ImportRule.swift")
            ]
        }
        return Import.all(in: file).filter { !$0.isAllowed(by: allowed) }.map { found in
            let hint =
                found.module == "Foundation" ? " outside #else of #if canImport(FoundationEssentials)" : ""
            return Finding(file.path, found.line, "\(room) may not import \(found.module)\(hint)")
        }
    }
}

/// One import of a file.
struct Import: Hashable {
    let module: String
    let line: Int
    /// Whether it stands in the `#else` of `#if canImport(FoundationEssentials)`.
    let isFallback: Bool

    /// Foundation as the fallback for a toolchain without FoundationEssentials counts as the latter.
    func isAllowed(by allowed: Set<String>) -> Bool {
        let name = isFallback && module == "Foundation" ? "FoundationEssentials" : module
        return allowed.contains(name)
            || allowed.contains { $0.hasSuffix("*") && name.hasPrefix($0.dropLast()) }
    }

    static func all(in file: SourceFile) -> [Import] {
        var conditions: [(isEssentials: Bool, isElse: Bool)] = []
        var found: [Import] = []
        for (index, line) in file.code.enumerated() where line.contains("#") || line.contains("import") {
            let text = line.filter { !$0.isWhitespace }
            if text.hasPrefix("#if") {
                conditions.append((text == "#ifcanImport(FoundationEssentials)", false))
            } else if text.hasPrefix("#else"), let last = conditions.popLast() {
                conditions.append((last.isEssentials, text == "#else"))
            } else if text.hasPrefix("#endif") {
                _ = conditions.popLast()
            } else if let module = module(importedBy: line) {
                let isFallback = conditions.contains { $0.isEssentials && $0.isElse }
                found.append(Import(module: module, line: index + 1, isFallback: isFallback))
            }
        }
        return found
    }

    /// `GRDB` of `@preconcurrency package import struct GRDB.Row`.
    private static func module(importedBy line: String) -> String? {
        let words = line.split { $0 == " " || $0 == "\t" || $0 == ";" }
        guard let keyword = words.firstIndex(of: "import") else { return nil }
        guard words[..<keyword].allSatisfy({ $0.hasPrefix("@") || modifiers.contains(String($0)) }) else {
            return nil
        }
        let name = words[(keyword + 1)...].first { !kinds.contains(String($0)) }
        return name?.split(separator: ".").first.map(String.init)
    }

    private static let modifiers: Set<String> = ["public", "package", "internal", "fileprivate", "private"]
    private static let kinds: Set<String> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor",
    ]
}
