import Foundation

/// Another program, started and awaited.
///
/// Not Foundation's `Process`: on Linux it now and then misses the end of one of several children (Swift
/// 6.3), and they inherit the blocked signals of the dispatch thread that happens to start them.
final class ChildProcess: Sendable {
    private let identifier: pid_t
    private let ended: AsyncStream<Int32>

    struct StartFailure: Error {
        let code: Int32
    }

    /// Starts a program of the search path, with files for its input and output.
    init(_ arguments: [String], input: String, output: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        let environment = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
        var identifier: pid_t = 0
        let code = Self.withStrings(["/usr/bin/env"] + arguments) { arguments in
            Self.withStrings(environment) { environment in
                posix_spawn(&identifier, "/usr/bin/env", &actions, &attributes, arguments, environment)
            }
        }
        guard code == 0 else { throw StartFailure(code: code) }
        self.identifier = identifier

        let (ended, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.ended = ended
        // The waiting blocks, on a thread of its own.
        Thread.detachNewThread { [identifier] in
            var status: Int32 = 0
            while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
            continuation.yield(status & 0x7f == 0 ? (status >> 8) & 0xff : -1)
            continuation.finish()
        }
    }

    /// Ends it without a farewell, as a power cut would.
    func kill() { _ = Foundation.kill(identifier, SIGKILL) }

    /// Waits for its end. To be called once.
    ///
    /// - Returns: its exit code, or -1 if a signal ended it.
    func exitCode() async -> Int32 {
        for await code in ended { return code }
        return -1
    }

    private static func withStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}
