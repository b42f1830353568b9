import ArgumentParser
import TrialCommand

/// The centre's program.
@main
struct Program {
    static func main() async { await CommandMain.run(Trialsyncd.self) }
}

struct Trialsyncd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trialsyncd", abstract: "Run the centre of a trial, and what a coordinator does there.",
        discussion: "Example: trialsyncd init --data ./centre && trialsyncd serve --data ./centre",
        version: "0.1.0",
        subcommands: [
            Initialise.self, Serve.self, SiteCommands.self, UserCommands.self, InviteCommands.self,
            DeviceCommands.self, TLSCommands.self, Status.self,
            Conflicts.self, ConflictCommands.self, VisitCommands.self, LogCommands.self,
            Lock.self, Unlock.self, VoidRecord.self, UnvoidRecord.self, ParticipantCommands.self,
            QueryCommands.self,
            QuarantineCommands.self,
            StudyCommands.self, ReportCommands.self, ExportCommands.self, DigestCommand.self, Verify.self,
            Backup.self, Restore.self, BringIn.self, BundleCommands.self,
        ])
}
