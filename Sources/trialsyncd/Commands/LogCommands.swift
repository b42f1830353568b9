import ArgumentParser
import SyncServer
import TrialCommand
import TrialModel

struct LogCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Look at log forms: adverse events, medication, doses taken.",
        subcommands: [List.self, Show.self])

    struct List: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "The lines of a log form.", discussion: "Example: trialsyncd log list PKU-007 AE")

        @Argument(help: "PKU-007") var participant: String
        @Argument(help: "The log form: AE, CM, EX.") var form: String
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let lines = try await centre.lines(participant, form)
                out.answer(.array(lines.map(\.json)), Texts.lines(lines, out))
            }
        }
    }

    struct Show: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "One line of a log form.",
            discussion: "Example: trialsyncd log show PKU-007 AE-3fa1 --history")

        @Argument(help: "PKU-007") var participant: String
        @Argument(help: "The line, as log list names it.") var line: String
        @Flag(help: "Every save on it, with old and new values.") var history = false
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let line = try await centre.visit(participant, line, withHistory: history)
                out.answer(line.json, Texts.visit(line, out))
            }
        }
    }
}
