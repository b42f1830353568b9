import ArgumentParser
import TrialCommand

/// The laptop's program.
@main
struct Program {
    static func main() async { await CommandMain.run(Trialsync.self) }
}

struct Trialsync: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trialsync", abstract: "Enter visit data offline and keep it in step with the centre.",
        discussion: "Example: trialsync visit edit PKU-007 BL VS.weight=71.5 --user nurse-1",
        version: "0.1.0",
        subcommands: [
            Enroll.self, Password.self, Status.self, ParticipantCommands.self, VisitCommands.self,
            LogCommands.self, QueryCommands.self, Schedule.self, StudyCommands.self, Import.self, Sync.self,
            BundleCommands.self, Conflicts.self, UI.self,
            ConflictCommands.self, DigestCommand.self, Verify.self,
        ])
}
