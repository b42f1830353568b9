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

    private let process = Process()
    private let folder: URL
    private let output = Pipe()
    private let ended: AsyncStream<Int32>

    /// Starts curl.
    ///
    /// - Parameter input: a file that curl reads as its standard input (`-T -`).
    init(_ arguments: [String], input: String = "/dev/null") throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("curl-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let report = "%{http_code} %{http_version} %{size_upload} %{num_connects}\n"
        process.arguments =
            [
                "curl", "-sS", "--noproxy", "*", "--max-time", "50", "-N", "-o", folder.path + "/body", "-D",
                folder.path + "/head", "-w", report, "--stderr", folder.path + "/errors",
            ] + arguments
        process.standardInput = FileHandle(forReadingAtPath: input)
        process.standardOutput = output
        let (ended, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.ended = ended
        process.terminationHandler = { process in
            continuation.yield(process.terminationStatus)
            continuation.finish()
        }
        try process.run()
    }

    /// Kills curl: the client went away. (Children of a dispatch thread inherit its blocked SIGTERM.)
    func kill() { _ = Foundation.kill(process.processIdentifier, SIGKILL) }

    /// The end of curl and what it got.
    func answer() async -> Answer {
        var exit: Int32 = -1
        for await status in ended { exit = status }
        let report = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let fields = report.split(whereSeparator: \.isWhitespace)
        defer { try? FileManager.default.removeItem(at: folder) }
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
