import ArgumentParser
import SyncServer
import TrialCommand
import TrialModel

struct LogCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Look at log forms: adverse events, medication, doses taken.",
        subcommands: [ListLines<CentreOptions>.self, ShowLine<CentreOptions>.self])
}
