import ArgumentParser
import SyncClient
import TrialCommand
import TrialModel

extension VisitCommands {
    struct Sign: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign what is shown of a visit: an investigator's right. The password is asked again.",
            discussion: "Example: trialsync visit sign PKU-007 BL --meaning reviewed --user dr-lin")

        @Argument(help: "PKU-007") var participant: String
        @Argument(help: "BL, or UNS#2 for a repeat.") var event: String
        @Option(help: "What the signature means: reviewed, approved.") var meaning: String
        @OptionGroup var options: StoreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await SiteStore.using(options) { store in
                let visit = try await store.sign(
                    participant, event, meaning: meaning, password: try PasswordPrompt.ask(store.user))
                out.answer(visit.json(in: out.language), Texts.visit(visit, out))
            }
        }
    }

    struct Confirm: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that what an edit check found is correct as it stands.",
            discussion:
                "Example: trialsync visit confirm PKU-007 BL range:VS.weight --reason 'weighed' --user n-1"
        )

        @Argument(help: "PKU-007") var participant: String
        @Argument(help: "BL, or UNS#2 for a repeat.") var event: String
        @Argument(help: "The check, or check:ITEM.") var check: String
        @Option(help: "Why it is correct.") var reason: String
        @OptionGroup var options: StoreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await SiteStore.using(options) { store in
                let visit = try await store.confirm(participant, event, check: check, reason: reason)
                out.answer(visit.json(in: out.language), Texts.visit(visit, out))
            }
        }
    }
}
