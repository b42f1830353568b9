import ArgumentParser
import SyncServer
import TrialCommand
import TrialModel

struct ParticipantCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "participant", abstract: "Participants of all sites.",
        subcommands: [
            List.self, Renumber.self, Transfer.self, Duplicates.self, Merge.self, Dismiss.self,
        ])

    struct List: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "All participants.", discussion: "Example: trialsyncd participant list --site PKU")

        @Option(help: "Of one site only.") var site: String?
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let participants = try await centre.participants(site: site)
                out.answer(.array(participants.map(\.json)), Texts.participants(participants, out))
            }
        }
    }

    struct Renumber: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a participant another number.",
            discussion: """
                Example: trialsyncd participant renumber PKU-007~a1f3 PKU-107 --reason 'number given twice' \
                --user coord-1
                """)

        @Argument(help: "PKU-007, or PKU-007~a1f3 where two bear it.") var old: String
        @Argument(help: "A number of the same site that nobody bears.") var new: String
        @Option(help: "Why.") var reason: String
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await actor.acting(may: .release) { centre, person in
                let participant = try await centre.renumber(old, to: new, reason: reason, by: person)
                out.answer(participant.json, "\(old) is \(participant.participant) now")
            }
        }
    }

    struct Transfer: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Move a participant to another site: the old records are locked, the new site gets copies.",
            discussion:
                "Example: trialsyncd participant transfer PKU-007 --to SHA --reason 'moved' --user coord-1"
        )

        @Argument(help: "PKU-007") var participant: String
        @Option(help: "The site that the participant goes to.") var to: String
        @Option(help: "Why.") var reason: String
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await actor.acting(may: .release) { centre, person in
                let moved = try await centre.transfer(participant, to: to, reason: reason, by: person)
                out.answer(moved.json, "\(moved.participant) is at site \(moved.site) now")
            }
        }
    }

    struct Duplicates: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Pairs of participants who are likely one person.",
            discussion: "Example: trialsyncd participant duplicates")

        @Option(help: "Of one site only.") var site: String?
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                let pairs = try await centre.duplicates(site: site)
                out.answer(.array(pairs.map(\.json)), Texts.duplicates(pairs, out))
            }
        }
    }

    struct Merge: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "One person has two records: bring the one's data to the other.",
            discussion: """
                Example: trialsyncd participant merge PKU-008 --into PKU-007 --reason 'enrolled twice' \
                --user coord-1
                What differs becomes a conflict; nothing is lost.
                """)

        @Argument(help: "The number that is given up.") var participant: String
        @Option(help: "The number that stays.") var into: String
        @Option(help: "Why.") var reason: String
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await actor.acting(may: .release) { centre, person in
                let stays = try await centre.merge(participant, into: into, reason: reason, by: person)
                out.answer(stays.json, "\(participant) is part of \(stays.participant) now")
            }
        }
    }

    struct Dismiss: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Two likely duplicates are two people.",
            discussion: """
                Example: trialsyncd participant dismiss PKU-007 PKU-008 --reason 'twins' --user coord-1
                The answer is what is still listed of the site.
                """)

        @Argument(help: "PKU-007") var first: String
        @Argument(help: "PKU-008") var second: String
        @Option(help: "Why.") var reason: String
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await actor.acting(may: .confirm) { centre, person in
                let pairs = try await centre.dismiss(first, second, reason: reason, by: person)
                out.answer(.array(pairs.map(\.json)), Texts.duplicates(pairs, out))
            }
        }
    }
}

extension VisitCommands {
    struct Renumber: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give an unscheduled visit another number.",
            discussion: """
                Example: trialsyncd visit renumber PKU-007 'UNS#2~a1f3' 3 --reason 'number given twice' \
                --user coord-1
                """)

        @Argument(help: "PKU-007") var participant: String
        @Argument(help: "UNS#2, or UNS#2~a1f3 where two bear it.") var event: String
        @Argument(help: "A number that no visit of the event has.") var number: Int
        @Option(help: "Why.") var reason: String
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await actor.acting(may: .release) { centre, person in
                let visit = try await centre.renumber(
                    visit: event, of: participant, to: number, reason: reason, by: person)
                out.answer(visit.json(in: out.language), Texts.visit(visit, out))
            }
        }
    }
}
