public import ArgumentParser
import Foundation
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif
public import TrialModel

/// A command of ours: it does its work and prints through ``CommandOutput``.
public protocol TrialCommand: AsyncParsableCommand {
    var output: OutputOptions { get }
    func execute(_ out: CommandOutput) async throws
}

extension TrialCommand {
    /// Runs the command; a problem ends the program with its exit code.
    public func run() async throws {
        try await execute(CommandOutput(isJSON: output.json, language: output.language))
    }
}

/// The options that every command takes.
public struct OutputOptions: ParsableArguments, Sendable {
    @Flag(name: .long, help: "Print one JSON document on stdout, and nothing else there.")
    public var json = false

    @Option(help: "The language of findings: en or zh. Without it, that of the environment (LANG).")
    public var language: Language?

    public init() {}
}

/// Ends a command with an exit code of commands.md, after everything has been printed.
public struct ExitStatus: Error {
    public let code: Int32
    public init(_ code: Int32) { self.code = code }

    /// Done, but something needs a person.
    public static let needsPerson = ExitStatus(4)
    public static let failed = ExitStatus(1)
}

/// Starts a program: parses, runs, and turns every error into one line, one JSON document and one exit code.
public enum CommandMain {
    public static func run(_ root: any AsyncParsableCommand.Type) async -> Never {
        let arguments = Array(CommandLine.arguments.dropFirst())
        // A reader that went away ends a write with an error, not the program with a signal.
        signal(SIGPIPE, SIG_IGN)
        // Whatever is written holds data of a trial, or keys: it is its owner's to read, and nobody else's.
        umask(0o077)
        do {
            try checkNames(arguments, of: root)
            var command = try root.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            end(0)
        } catch let status as ExitStatus { end(status.code) } catch {
            end(report(error, root, isJSON: arguments.contains("--json")))
        }
    }

    /// Ends the program at once: a thread of libcurl may still be closing its connections, and what OpenSSL
    /// frees at an ordinary exit it would free a second time.
    private static func end(_ code: Int32) -> Never {
        fflush(nil)
        _exit(code)
    }

    /// - Throws: `Problem(.usage)` for a command that does not exist, before its options puzzle anybody.
    private static func checkNames(_ arguments: [String], of root: any ParsableCommand.Type) throws(Problem) {
        var command = root
        var path = [root.configuration.commandName ?? ""]
        for argument in arguments {
            let children = command.configuration.subcommands
            guard !children.isEmpty, !argument.hasPrefix("-"), argument != "help" else { return }
            guard let next = children.first(where: { $0._commandName == argument }) else {
                let names = children.map { $0._commandName }.joined(separator: ", ")
                throw Problem(
                    .usage, "there is no command `\((path + [argument]).joined(separator: " "))`",
                    remedy: "commands are \(names); \(path.joined(separator: " ")) --help")
            }
            path.append(argument)
            command = next
        }
    }

    private static func report(_ error: any Error, _ root: any ParsableCommand.Type, isJSON: Bool) -> Int32 {
        if let problem = error as? Problem { return report(problem, isJSON: isJSON) }
        if error is CancellationError {
            return report(Problem(.cancelled, "the work was cancelled"), isJSON: isJSON)
        }
        let text = root.fullMessage(for: error)
        guard !root.exitCode(for: error).isSuccess else {
            print(text)
            return 0
        }
        let line =
            root.message(for: error).split(separator: "\n").first.map(String.init)
            ?? "the command was not understood"
        return report(Problem(.usage, line), isJSON: isJSON)
    }

    private static func report(_ problem: Problem, isJSON: Bool) -> Int32 {
        if isJSON { print(JSON.keyed(["error": problem.json]).text) }
        FileHandle.standardError.write(Data("error: \(TerminalText.line(problem.description))\n".utf8))
        return problem.exitCode
    }
}

extension Problem {
    /// 2 wrong usage, 3 the server cannot be reached, else 1.
    public var exitCode: Int32 {
        switch code {
        case .usage: 2
        case .serverUnreachable: 3
        default: 1
        }
    }

    /// `{"code","message","remedy","choices"?}`
    public var json: JSON {
        .keyed([
            "code": .string(code.rawValue), "message": .string(message), "remedy": .string(remedy),
            "choices": choices.isEmpty ? nil : .array(choices.map(JSON.string)),
        ])
    }
}
