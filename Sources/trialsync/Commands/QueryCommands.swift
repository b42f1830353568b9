import ArgumentParser
import SyncClient
import TrialCommand
import TrialModel

struct QueryCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Data queries of this site.",
        subcommands: [List.self, Answer.self, Ask.self])

    struct List: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Queries that are open or answered.",
            discussion: "Example: trialsync query list --user nurse-1")

        @Flag(help: "Closed ones too.") var all = false
        @OptionGroup var options: StoreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await SiteStore.using(options) { store in
                let queries = try await store.queries(all: all)
                out.answer(.array(queries.map(\.json)), Texts.queries(queries, out))
            }
        }
    }

    struct Answer: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Answer a query, offline too.",
            discussion: "Example: trialsync query answer 3fa8 'the source says 71.5' --user nurse-1")

        @Argument(help: "The id, or the start of it.") var id: String
        @Argument(help: "The answer.") var text: String
        @OptionGroup var options: StoreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await SiteStore.using(options) { store in
                let query = try await store.answerQuery(id, text: text)
                out.answer(query.json, Texts.query(query, out))
            }
        }
    }

    struct Ask: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask the centre something about a visit.",
            discussion:
                "Example: trialsync query ask PKU-007 BL 'is a phone visit enough?' --user nurse-1")

        @Argument(help: "PKU-007") var participant: String
        @Argument(help: "BL, UNS#2 for a repeat, or a log line.") var event: String
        @Argument(help: "The question.") var text: String
        @Option(help: "The item it is about.") var item: String?
        @OptionGroup var options: StoreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await SiteStore.using(options) { store in
                let query = try await store.askQuery(participant, event, item: item ?? "", text: text)
                out.answer(query.json, Texts.query(query, out))
            }
        }
    }
}
