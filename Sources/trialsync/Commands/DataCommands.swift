import ArgumentParser
import Foundation
import SyncClient
import TrialCommand
import TrialModel

struct ParticipantCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "participant", abstract: "Enrol and list participants.",
        subcommands: [Add.self, List.self, Duplicates.self])

    struct Add: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enrol a participant with the next of this laptop's numbers, offline too.",
            discussion: "Example: trialsync participant add DM.sex=F DM.birthYear=1961 --user nurse-1")

        @Argument(help: "ITEM=VALUE, saved at the first visit that asks for it.") var values: [String] = []
        @OptionGroup var options: StoreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await SiteStore.using(options) { store in
                let participant = try await store.addParticipant(values)
                let note = try await store.noteOnTarget().map { "\n" + out.attention($0) } ?? ""
                out.answer(
                    participant.json, "enrolled \(participant.participant) at \(participant.site)\(note)")
            }
        }
    }

    struct List: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "The participants of this site.",
            discussion: "Example: trialsync participant list --user nurse-1")

        @OptionGroup var options: StoreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await SiteStore.using(options) { store in
                let participants = try await store.participants()
                out.answer(.array(participants.map(\.json)), Texts.participants(participants, out))
            }
        }
    }
}

extension ParticipantCommands {
    struct Duplicates: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Pairs of participants who are likely one person; a coordinator merges or dismisses them.",
            discussion: "Example: trialsync participant duplicates --user nurse-1")

        @OptionGroup var options: StoreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await SiteStore.using(options) { store in
                let pairs = try await store.duplicates()
                out.answer(.array(pairs.map(\.json)), Texts.duplicates(pairs, out))
            }
        }
    }
}

struct VisitCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "visit", abstract: "Enter, look at and sign visits.",
        subcommands: [Edit.self, ShowVisit<StoreOptions>.self, Sign.self, Confirm.self])

    struct Edit: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "One save on one visit: on the disk when the command ends.",
            discussion: """
                Example: trialsync visit edit PKU-007 BL VS.weight=71.5 --user nurse-1
                ITEM= empties; ITEM=@notDone, @unknown, @refused or @notApplicable says why not.
                """)

        @Argument(help: "PKU-007") var participant: String
        @Argument(help: "BL, or UNS#2 for a repeat.") var event: String
        @Argument(help: "ITEM=VALUE ...") var values: [String]
        @Option(help: "Why: needed where a value is replaced.") var reason = ""
        @Option(help: "The `base` of an earlier visit show: replaces what was shown then.") var base: String?
        @OptionGroup var options: StoreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await SiteStore.using(options) { store in
                let edit = try await store.edit(participant, event, values, reason: reason, base: base)
                out.answer(
                    edit.json(in: out.language),
                    Texts.edit(replaced: edit.replaced, isSaved: edit.isSaved, edit.visit, out))
            }
        }
    }
}

struct Import: TrialCommand {
    static let configuration = CommandConfiguration(
        abstract: "Save many visits from CSV: one save a line, all or nothing.",
        discussion:
            "Example: trialsync import visits.csv --user nurse-1   (header participant,event,ITEM,ITEM,...)")

    @Argument(help: "A CSV file in UTF-8.") var file: String
    @Option(help: "Why: needed where values are replaced.") var reason = ""
    @OptionGroup var options: StoreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        guard (attributes?[.size] as? Int ?? 0) <= SiteStore.importLimitBytes else {
            throw Problem(.bodyTooLarge, "\(file) is larger than an import takes", remedy: "split it")
        }
        guard let bytes = FileManager.default.contents(atPath: file) else {
            throw Problem(.fileUnreadable, "\(file) cannot be read")
        }
        try await SiteStore.using(options) { store in
            let result = try await store.importVisits(csv: bytes, reason: reason)
            guard result.problems.isEmpty else { return try refuse(result, out) }
            out.answer(
                .keyed(["saved": .int(result.saved), "problems": .array([])]),
                Texts.count(result.saved, "save"))
        }
    }

    /// More are no help to a person: the first show what is wrong with the file.
    private static let shownProblems = 50

    private func refuse(_ result: ImportResult, _ out: CommandOutput) throws {
        let problem = Problem(.importProblems, "\(Texts.count(result.problems.count, "problem")) in \(file)")
        let problems = result.problems.map { problem in
            JSON.keyed([
                "line": .int(problem.line), "item": .optional(problem.item),
                "message": .string(problem.message),
                "code": .string(problem.code.rawValue),
            ])
        }
        var lines = result.problems.prefix(Self.shownProblems).map {
            "line \($0.line)\($0.item.map { " \($0)" } ?? ""): \($0.message)"
        }
        let left = result.problems.count - lines.count
        if left > 0 { lines.append("and \(left) more: --json names them all") }
        out.answer(
            .keyed(["saved": .int(0), "problems": .array(problems), "error": problem.json]),
            lines.joined(separator: "\n"))
        FileHandle.standardError.write(Data("error: \(problem)\n".utf8))
        throw ExitStatus.failed
    }
}

struct Conflicts: TrialCommand {
    static let configuration = CommandConfiguration(
        abstract: "The open conflicts of this site.",
        discussion: "Example: trialsync conflicts --user nurse-1")

    @OptionGroup var options: StoreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        try await SiteStore.using(options) { store in
            let conflicts = try await store.conflicts()
            out.answer(.array(conflicts.map(\.json)), Texts.conflicts(conflicts, out))
        }
    }
}

struct ConflictCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conflict", abstract: "Look at a conflict, or decide it.",
        subcommands: [ShowConflict<StoreOptions>.self, Resolve.self])

    struct Resolve: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decide a conflict of this site: an investigator's right.",
            discussion:
                "Example: trialsync conflict resolve 3fa8 --take 09ab/4 --reason 're-weighed' --user dr-lin")

        @Argument(help: "The id, or the start of it.") var id: String
        @OptionGroup var decision: DecisionOptions
        @OptionGroup var options: StoreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await SiteStore.using(options) { store in
                let conflict = try await store.resolve(
                    id, take: decision.take, set: decision.set, reason: decision.reason)
                out.answer(conflict.json, Texts.conflict(conflict, out))
            }
        }
    }
}
