import ArgumentParser
import SyncServer
import TrialCommand
import TrialModel
import TrialStore

/// Which record is locked or made void, or is so no longer, and why.
struct RecordOptions: ParsableArguments {
    @Argument(help: "PKU-007") var participant: String
    @Argument(help: "BL, UNS#2 for a repeat, or a line of a log as log list names it.") var event: String
    @Option(help: "Why.") var reason: String
    @OptionGroup var actor: ActorOptions

    func decide(_ decision: RecordDecision, _ out: CommandOutput) async throws {
        try await actor.acting(may: decision.kind.action) { centre, person in
            let visit = try await centre.decide(decision, participant, event, reason: reason, by: person)
            // A lock and a void are seen on the record; what was lifted is not.
            let lifted =
                switch decision {
                case .lock, .void: ""
                case .unlock: "\nunlocked"
                case .unvoid: "\nvoid no longer"
                }
            out.answer(visit.json(in: out.language), Texts.visit(visit, out) + lifted)
        }
    }
}

struct Lock: TrialCommand {
    static let configuration = CommandConfiguration(
        abstract: "Close a visit or log line for edits; what was made without knowing is held.",
        discussion: "Example: trialsyncd lock PKU-007 BL --reason 'source data verified' --user coord-1")

    @OptionGroup var record: RecordOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws { try await record.decide(.lock, out) }
}

struct Unlock: TrialCommand {
    static let configuration = CommandConfiguration(
        abstract: "Open a locked visit or log line for edits again.",
        discussion: "Example: trialsyncd unlock PKU-007 BL --reason 'late laboratory report' --user coord-1")

    @OptionGroup var record: RecordOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws { try await record.decide(.unlock, out) }
}

struct VoidRecord: TrialCommand {
    static let configuration = CommandConfiguration(
        commandName: "void",
        abstract: "Declare that a visit or log line should not be: it stays in sight and counts for nothing.",
        discussion:
            "Example: trialsyncd void PKU-007 W12 --reason 'entered for another patient' --user coord-1"
    )

    @OptionGroup var record: RecordOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws { try await record.decide(.void, out) }
}

struct UnvoidRecord: TrialCommand {
    static let configuration = CommandConfiguration(
        commandName: "unvoid",
        abstract: "Lift a void that was a mistake: the record counts again, as it was.",
        discussion:
            "Example: trialsyncd unvoid PKU-007 W12 --reason 'voided the wrong visit' --user coord-1"
    )

    @OptionGroup var record: RecordOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws { try await record.decide(.unvoid, out) }
}
