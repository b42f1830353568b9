import ArgumentParser
import SyncServer
import TrialCommand
import TrialModel

struct QueryCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Data queries: ask a site, answer it, close.",
        subcommands: [List.self, Raise.self, Answer.self, Close.self, Reopen.self])

    struct List: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Queries that are open or answered.",
            discussion: "Example: trialsyncd query list --site PKU")

        @Option(help: "Of one site only.") var site: String?
        @Flag(help: "Closed ones too.") var all = false
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let queries = try await centre.queries(site: site, all: all)
                out.answer(.array(queries.map(\.json)), Texts.queries(queries, out))
            }
        }
    }

    struct Raise: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask a site about an item.",
            discussion: """
                Example: trialsyncd query raise PKU-007 BL VS.weight 'see the source' --user monitor-1
                """)

        @Argument(help: "PKU-007") var participant: String
        @Argument(help: "BL, UNS#2 for a repeat, or a log line.") var event: String
        @Argument(help: "The item; '' for the whole visit.") var item: String
        @Argument(help: "The question.") var text: String
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await actor.acting(may: .query) { centre, person in
                let query = try await centre.raiseQuery(
                    participant, event, item: item, text: text, by: person)
                out.answer(query.json, Texts.query(query, out))
            }
        }
    }

    struct Answer: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Answer a query that a site asked.",
            discussion: "Example: trialsyncd query answer 3fa8 'a phone visit is enough' --user monitor-1")

        @Argument(help: "The id, or the start of it.") var id: String
        @Argument(help: "The answer.") var text: String
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await actor.acting(may: .query) { centre, person in
                let query = try await centre.answerQuery(id, text: text, by: person)
                out.answer(query.json, Texts.query(query, out))
            }
        }
    }

    struct Close: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Close a query.", discussion: "Example: trialsyncd query close 3fa8 --user monitor-1")

        @Argument(help: "The id, or the start of it.") var id: String
        @Option(help: "Why.") var reason = ""
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await actor.acting(may: .query) { centre, person in
                let query = try await centre.closeQuery(id, reason: reason, by: person)
                out.answer(query.json, Texts.query(query, out))
            }
        }
    }

    struct Reopen: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open a query again, with what is asked.",
            discussion: "Example: trialsyncd query reopen 3fa8 'this is the same value' --user monitor-1")

        @Argument(help: "The id, or the start of it.") var id: String
        @Argument(help: "What is asked.") var text: String
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await actor.acting(may: .query) { centre, person in
                let query = try await centre.reopenQuery(id, text: text, by: person)
                out.answer(query.json, Texts.query(query, out))
            }
        }
    }
}
