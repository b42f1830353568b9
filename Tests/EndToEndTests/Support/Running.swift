import Foundation
import Synchronization

/// A program that runs.
///
/// It is started with `posix_spawn` itself: Foundation's `Process` keeps file descriptors for each child, and
/// gives it the blocked signals of the thread that starts it.
final class Running: Sendable {
    let command: String
    /// Each line of stdout at once, if the program is followed.
    let lines: AsyncStream<String>
    let processIdentifier: pid_t
    private let status = Mutex<Int32?>(nil)
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
        let (lines, line) = AsyncStream.makeStream(of: String.self)
        self.lines = lines
        let pipe = isFollowed ? Pipe() : nil
        processIdentifier = try Self.spawn(
            [url.path] + arguments, environment.map { "\($0)=\($1)" },
            SpawnFiles(input: input, output: out.path, errors: err.path, pipe: pipe))
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        self.ended = ended
        if let pipe { Self.follow(pipe, line) } else { line.finish() }
        Thread.detachNewThread { [self] in
            var info = siginfo_t()
            while waitid(P_PID, id_t(processIdentifier), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
            // Reaped under the lock: nobody can send a signal to a number that is free again.
            status.withLock { status in
                var raw: Int32 = 0
                waitpid(processIdentifier, &raw, 0)
                status = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : -(raw & 0x7F)
            }
            end.finish()
        }
    }

    /// Reads lines on a thread of their own until the program closes its end.
    private static func follow(_ pipe: Pipe, _ line: AsyncStream<String>.Continuation) {
        try? pipe.fileHandleForWriting.close()
        let descriptor = dup(pipe.fileHandleForReading.fileDescriptor)
        Thread.detachNewThread {
            defer { close(descriptor) }
            var (rest, chunk) = (Data(), [UInt8](repeating: 0, count: 4096))
            while true {
                let count = read(descriptor, &chunk, chunk.count)
                guard count > 0 || (count < 0 && errno == EINTR) else { break }
                rest.append(contentsOf: chunk.prefix(max(0, count)))
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    line.yield(String(decoding: rest[..<end], as: UTF8.self))
                    rest = Data(rest[rest.index(after: end)...])
                }
            }
            line.finish()
        }
    }

    var isRunning: Bool { status.withLock { $0 == nil } }

    /// What it has printed on stderr so far.
    var errors: String { Self.text(err) }

    /// What it has printed on stdout so far, unless it is followed.
    var printed: String { Self.text(out) }

    private static func text(_ url: URL) -> String {
        (try? Data(contentsOf: url)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    func signal(_ number: Int32) {
        status.withLock { status in if status == nil { _ = kill(processIdentifier, number) } }
    }

    /// Waits for its end.
    func reply() async -> Reply {
        for await _ in ended {}
        let exit = status.withLock { $0 }
        // Without a status the task that waits was cancelled.
        return Reply(
            command: command, exit: exit ?? .min, out: Self.text(out), err: errors,
            elapsed: ContinuousClock.now - start)
    }

    /// Ends it with a signal and waits until it is gone.
    @discardableResult
    func end(_ number: Int32 = SIGKILL) async -> Reply {
        signal(number)
        return await reply()
    }
}

/// Where a child's first three descriptors lead.
private struct SpawnFiles {
    let input: String
    let output: String
    let errors: String
    /// In place of `output`.
    let pipe: Pipe?
}

extension Running {
    private static func spawn(
        _ arguments: [String], _ environment: [String], _ files: SpawnFiles
    ) throws -> pid_t {
        #if canImport(Darwin)
        var (actions, attributes): (posix_spawn_file_actions_t?, posix_spawnattr_t?) = (nil, nil)
        #else
        var (actions, attributes) = (posix_spawn_file_actions_t(), posix_spawnattr_t())
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        let create = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, 0, files.input, O_RDONLY, 0)
        if let pipe = files.pipe {
            posix_spawn_file_actions_adddup2(&actions, pipe.fileHandleForWriting.fileDescriptor, 1)
        } else {
            posix_spawn_file_actions_addopen(&actions, 1, files.output, create, 0o600)
        }
        posix_spawn_file_actions_addopen(&actions, 2, files.errors, create, 0o600)
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let words = arguments.map { strdup($0) } + [nil]
        let settings = environment.map { strdup($0) } + [nil]
        defer { for pointer in words + settings { free(pointer) } }
        var identifier: pid_t = 0
        let failure = posix_spawn(&identifier, arguments[0], &actions, &attributes, words, settings)
        guard failure == 0 else { throw Failure("\(arguments[0]) could not be started: error \(failure)") }
        return identifier
    }
}
