import Foundation

/// One run of the `curl` command against a server under test.
final class Curl: Sendable {
    /// What curl reports; `status` is 0 if no answer came.
    struct Answer: Sendable {
        var exit: Int32
        var status: Int
        var httpVersion: String
        var uploadedBytes: Int
        var connects: Int
        /// Every head, informational ones too, in lower case.
        var head: String
        var body: String
        var errors: String

        /// A header field of the answer, its name in lower case.
        func header(_ name: String) -> String? {
            let prefix = name + ": "
            let line = head.split(whereSeparator: \.isNewline).last { $0.hasPrefix(prefix) }
            return line.map { String($0.dropFirst(prefix.count)) }
        }
    }

    enum Version: String, CaseIterable, Sendable {
        case http1 = "--http1.1"
        case http2 = "--http2"
    }

    private let process: ChildProcess
    private let folder: URL

    /// Starts curl.
    ///
    /// - Parameter input: a file that curl reads as its standard input (`-T -`).
    init(_ arguments: [String], input: String = "/dev/null") throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("curl-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.path
        let report = "%{http_code} %{http_version} %{size_upload} %{num_connects}\n"
        let fixed = [
            "curl", "-sS", "--noproxy", "*", "--max-time", "50", "-N", "-w", report,
            "-o", path + "/body", "-D", path + "/head", "--stderr", path + "/errors",
        ]
        process = try ChildProcess(fixed + arguments, input: input, output: path + "/report")
    }

    /// Kills curl: the client went away.
    func kill() { process.kill() }

    /// The end of curl and what it got.
    func answer() async -> Answer {
        let exit = await process.exitCode()
        defer { try? FileManager.default.removeItem(at: folder) }
        let fields = text("report").split(whereSeparator: \.isWhitespace)
        return Answer(
            exit: exit, status: fields.first.flatMap { Int($0) } ?? 0,
            httpVersion: fields.count > 1 ? String(fields[1]) : "",
            uploadedBytes: fields.count > 2 ? Int(fields[2]) ?? 0 : 0,
            connects: fields.count > 3 ? Int(fields[fields.count - 1]) ?? 0 : 0,
            head: text("head").lowercased(), body: text("body"), errors: text("errors"))
    }

    private func text(_ name: String) -> String {
        (try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)) ?? ""
    }
}
