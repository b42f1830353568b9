import Foundation

/// The two programs as `swift build` left them, beside the test binary.
enum Program: String {
    case trialsync, trialsyncd

    /// - Throws: if the program was not built.
    func url() throws -> URL {
        let here = URL(fileURLWithPath: #filePath)
        let package = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
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
        guard exit == 0 else { throw Failure("\(command) ended with \(exit): \(err.prefix(600))") }
        return try json()
    }
}

/// A program that runs.
final class Running: Sendable {
    let command: String
    let lines: AsyncStream<String>
    let processIdentifier: Int32
    private let process: Process
    private let ended: AsyncStream<Void>
    private let start = ContinuousClock.now
    private let out: URL
    private let err: URL

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - scratch: a folder for what it prints.
    ///   - input: a file that it reads as its standard input.
    ///   - isFollowed: whether `lines` gives each line of stdout at once; else stdout is in the reply.
    init(
        _ url: URL, _ arguments: [String], environment: [String: String], scratch: URL,
        input: String = "/dev/null", isFollowed: Bool = false
    ) throws {
        command = ([url.lastPathComponent] + arguments.map { String($0.prefix(80)) }).joined(separator: " ")
        let name = UUID().uuidString
        (out, err) = (scratch.appending(path: name + ".out"), scratch.appending(path: name + ".err"))
        for file in [out, err] { FileManager.default.createFile(atPath: file.path, contents: nil) }
        process = Process()
        process.executableURL = url
        process.arguments = arguments
        process.environment = environment
        process.standardInput = FileHandle(forReadingAtPath: input)
        process.standardError = FileHandle(forWritingAtPath: err.path)
        let (lines, line) = AsyncStream.makeStream(of: String.self)
        self.lines = lines
        if isFollowed {
            process.standardOutput = Self.pipe(into: line)
        } else {
            process.standardOutput = FileHandle(forWritingAtPath: out.path)
            line.finish()
        }
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        self.ended = ended
        process.terminationHandler = { _ in end.finish() }
        try Self.startReachable(process)
        processIdentifier = process.processIdentifier
    }

    private static func pipe(into line: AsyncStream<String>.Continuation) -> Pipe {
        let pipe = Pipe()
        let rest = LineBuffer()
        pipe.fileHandleForReading.readabilityHandler = { handle in
            let bytes = handle.availableData
            guard !bytes.isEmpty else {
                handle.readabilityHandler = nil
                return line.finish()
            }
            for text in rest.add(bytes) { line.yield(text) }
        }
        return pipe
    }

    /// Starts it with no signal blocked: a child of a dispatch thread would inherit the thread's blocked SIGTERM.
    private static func startReachable(_ process: Process) throws {
        var (all, before) = (sigset_t(), sigset_t())
        sigfillset(&all)
        pthread_sigmask(SIG_UNBLOCK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
    }

    var isRunning: Bool { process.isRunning }

    /// What it has printed on stderr so far.
    var errors: String { (try? String(contentsOf: err, encoding: .utf8)) ?? "" }

    func signal(_ number: Int32) { if process.isRunning { _ = kill(processIdentifier, number) } }

    /// Waits for its end.
    func reply() async -> Reply {
        for await _ in ended {}
        guard !process.isRunning else {  // The task that waits was cancelled.
            return Reply(command: command, exit: .min, out: "", err: errors, elapsed: ContinuousClock.now - start)
        }
        let isSignalled = process.terminationReason == .uncaughtSignal
        let text = (try? Data(contentsOf: out)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return Reply(
            command: command, exit: isSignalled ? -process.terminationStatus : process.terminationStatus,
            out: text, err: errors, elapsed: ContinuousClock.now - start)
    }

    /// Ends it at once and waits until it is gone.
    @discardableResult
    func end(_ number: Int32 = SIGKILL) async -> Reply {
        signal(number)
        return await reply()
    }

    deinit { signal(SIGKILL) }
}

/// Cuts bytes into lines; called from one thread at a time.
private final class LineBuffer: @unchecked Sendable {  // A file handle calls its handler on one serial queue.
    private var rest = Data()

    func add(_ bytes: Data) -> [String] {
        rest.append(bytes)
        var lines: [String] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(String(decoding: rest[..<end], as: UTF8.self))
            rest = Data(rest[rest.index(after: end)...])
        }
        return lines
    }
}
