import ArgumentParser
import SyncClient
import TrialCommand
import TrialModel

struct LogCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Adverse events, medication, doses taken: line by line.",
        subcommands: [Add.self, Edit.self, ListLines<StoreOptions>.self, ShowLine<StoreOptions>.self])

    struct Add: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin a line of a log form.",
            discussion: """
                Example: trialsync log add PKU-007 AE AE.term=pneumonia AE.start=2026-03 AE.serious=Y \
                --user nurse-1
                """)

        @Argument(help: "PKU-007") var participant: String
        @Argument(help: "The log form: AE, CM, EX.") var form: String
        @Argument(help: "ITEM=VALUE ...") var values: [String]
        @OptionGroup var options: StoreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await SiteStore.using(options) { store in
                let line = try await store.addLine(participant, form, values)
                out.answer(line.json(in: out.language), Texts.visit(line, out))
            }
        }
    }

    struct Edit: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Correct or complete a line: one save.",
            discussion: """
                Example: trialsync log edit PKU-007 AE-3fa1 AE.end=2026-04-02 --reason 'has ended' \
                --user nurse-1
                """)

        @Argument(help: "PKU-007") var participant: String
        @Argument(help: "The line, as log list names it.") var line: String
        @Argument(help: "ITEM=VALUE ...") var values: [String]
        @Option(help: "Why: needed where a value is replaced.") var reason = ""
        @Option(help: "The `base` of an earlier log show: replaces what was shown then.") var base: String?
        @OptionGroup var options: StoreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await SiteStore.using(options) { store in
                let name = try await store.line(participant, line).header.eventName
                let edit = try await store.edit(participant, name, values, reason: reason, base: base)
                out.answer(
                    edit.json(in: out.language),
                    Texts.edit(replaced: edit.replaced, isSaved: edit.isSaved, edit.visit, out))
            }
        }
    }
}
