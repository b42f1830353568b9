import Foundation

/// The tree the rules are kept in.
enum Repository {
    /// `TRIALSYNC_ROOT`, or the nearest folder above this file that has a `Package.swift`.
    static let root: URL = {
        if let named = ProcessInfo.processInfo.environment["TRIALSYNC_ROOT"] {
            return URL(fileURLWithPath: named, isDirectory: true)
        }
        var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        while folder.path != "/", !FileManager.default.fileExists(atPath: folder.path + "/Package.swift") {
            folder.deleteLastPathComponent()
        }
        return folder
    }()

    /// Every Swift file that people write, in order of path: generated messages and resources are left out.
    static let sources: [SourceFile] = ["Sources", "Tests", "Benchmarks/Sources", "Examples"]
        .filter(exists)
        .flatMap(files(under:))
        .filter { $0.hasSuffix(".swift") && !$0.hasSuffix(".pb.swift") && !$0.contains("/Resources/") }
        .compactMap { path in text(of: path).map { SourceFile(path: path, text: $0) } }

    /// The generated messages: only the import rules hold for them.
    static let generated: [SourceFile] = files(under: "Sources")
        .filter { $0.hasSuffix(".pb.swift") }
        .compactMap { path in text(of: path).map { SourceFile(path: path, text: $0) } }

    /// The pages whose links are kept, in order of path.
    static let pages: [String] =
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].filter(exists)
        + files(under: "docs").filter { $0.hasSuffix(".md") }

    /// The folders of `Sources`.
    static let rooms: [String] = folders(in: "Sources")

    /// What the rules of size, name and safety take one by one: each room, each folder of tests, the rest.
    static let places: [String] =
        rooms.map { "Sources/\($0)" } + folders(in: "Tests").map { "Tests/\($0)" }
        + ["Benchmarks/Sources", "Examples"].filter(exists)

    /// The names of the folders in a folder, sorted.
    static func folders(in path: String) -> [String] {
        children(of: path).filter { isFolder("\(path)/\($0)") }
    }

    /// Paths of all files below a folder, sorted; what is hidden (`.build`, `.git`) is left out.
    static func files(under path: String) -> [String] {
        children(of: path).flatMap { name in
            isFolder("\(path)/\(name)") ? files(under: "\(path)/\(name)") : ["\(path)/\(name)"]
        }
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
    }

    static func text(of path: String) -> String? {
        try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    private static func children(of path: String) -> [String] {
        let names = try? FileManager.default.contentsOfDirectory(
            atPath: root.appendingPathComponent(path).path)
        return (names ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }

    private static func isFolder(_ path: String) -> Bool {
        let path = root.appendingPathComponent(path).path
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }
}
