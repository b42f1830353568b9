import ArgumentParser
import SyncClient
import TrialCommand
import TrialModel

struct Schedule: TrialCommand {
    static let configuration = CommandConfiguration(
        abstract: "A participant's visits and planned doses.",
        discussion: "Example: trialsync schedule PKU-007 --user nurse-1")

    @Argument(help: "PKU-007") var participant: String
    @OptionGroup var options: StoreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        try await SiteStore.using(options) { store in
            let schedule = try await store.schedule(participant)
            out.answer(schedule.json, Texts.schedule(schedule, out))
        }
    }
}

struct StudyCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "study", abstract: "The study definition.", subcommands: [Show.self])

    struct Show: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "The definition as JSON, as it last came from the centre.",
            discussion: "Example: trialsync study show --user nurse-1")

        @OptionGroup var options: StoreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await SiteStore.using(options) { store in
                Swift.print(String(decoding: try await store.study().json, as: UTF8.self))
            }
        }
    }
}
