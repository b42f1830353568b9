import Foundation

/// The two programs as `swift build` left them, beside the test binary; those of an optimised build, for long
/// runs, if `TRIALSYNC_PROGRAMS` names its directory.
enum Program: String {
    case trialsync, trialsyncd

    /// - Throws: if the program was not built.
    func url() throws -> URL {
        let here = URL(fileURLWithPath: #filePath)
        let package = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let named = ProcessInfo.processInfo.environment["TRIALSYNC_PROGRAMS"].map { URL(fileURLWithPath: $0) }
        if let named { return named.appending(path: rawValue) }
        let places = [
            URL(fileURLWithPath: CommandLine.arguments.first ?? "").deletingLastPathComponent(),
            Bundle.main.bundleURL, Bundle.main.bundleURL.deletingLastPathComponent(),
            package.appending(path: ".build/debug"), package.appending(path: ".build/release"),
        ]
        let found = places.map { $0.appending(path: rawValue) }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
        guard let found else { throw Failure("\(rawValue) was not built: run `swift build --build-tests`") }
        return found
    }
}

/// A sentence about a test that could not go on.
struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// How a program ended, and what it printed.
struct Reply: Sendable {
    let command: String
    /// The exit code; minus the signal's number if one ended the program.
    let exit: Int32
    let out: String
    let err: String
    let elapsed: Duration

    /// What it printed on stdout, which must be one JSON document.
    func json() throws -> JSONNode {
        do { return try JSONDecoder().decode(JSONNode.self, from: Data(out.utf8)) } catch {
            throw Failure("\(command) printed no JSON: \(out.prefix(400)) \(err.prefix(400))")
        }
    }

    /// - Throws: unless the program ended well.
    func done() throws -> JSONNode {
        guard exit == 0 else {
            throw Failure("\(command) ended with \(exit): \(err.prefix(600)) \(out.prefix(600))")
        }
        return try json()
    }
}
