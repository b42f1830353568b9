import ArgumentParser
import Foundation
import SyncServer
import TrialCommand
import TrialModel

struct StudyCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "study", abstract: "The study definition.",
        subcommands: [Show.self, Check.self, Publish.self])

    struct Show: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "The definition as JSON.", discussion: "Example: trialsyncd study show")

        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            try await Centre.using(options) { centre in
                Swift.print(String(decoding: try await centre.study().json, as: UTF8.self))
            }
        }
    }

    struct Check: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Every problem of a definition, by its path, and of an amendment what keeps it from "
                + "following the study that runs.",
            discussion: "Example: trialsyncd study check my-study.json")

        @Argument(help: "A definition in JSON.") var file: String
        @OptionGroup var options: CentreOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            let bytes = try StudyCommands.read(file)
            let check = Centre.StudyCheck(bytes, against: try await running())
            let problems = check.problems
            let json = problems.map {
                JSON.keyed(["path": .string($0.path), "message": .string($0.message)])
            }
            let lines = problems.map { "\($0.path): \($0.message)" }
            let none = check.comparedWith.map { "no problems; it can follow version \($0)" } ?? "no problems"
            out.answer(
                .keyed([
                    "problems": .array(json), "comparedWith": check.comparedWith.map { .int($0) } ?? .null,
                ]),
                problems.isEmpty ? none : lines.joined(separator: "\n"))
            if !problems.isEmpty { throw ExitStatus.failed }
        }

        /// The study that runs; `nil` where there is no centre, for whom a definition is checked by itself.
        private func running() async throws -> StudyDefinition? {
            guard options.directory.isInitialised else { return nil }
            return try await Centre.using(options) { try await $0.study() }
        }
    }

    struct Publish: TrialCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a definition the next version of the study: laptops get it at their next sync.",
            discussion:
                "Example: trialsyncd study publish my-study.json --reason 'amendment 2' --user coord-1")

        @Argument(help: "A definition in JSON.") var file: String
        @Option(help: "Why.") var reason = ""
        @Flag(help: "Only say whether it could be published.") var dryRun = false
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func execute(_ out: CommandOutput) async throws {
            let bytes = try StudyCommands.read(file)
            try await actor.acting(may: .administer) { centre, person in
                let before = try await centre.study()
                let study =
                    dryRun
                    ? try StudyDefinition(json: bytes).checked(replacing: before)
                    : try await centre.amend(bytes, reason: reason, by: person)
                out.answer(
                    .keyed([
                        "study": .string(study.oid), "version": .int(study.version),
                        "replaces": .int(before.version), "published": .bool(!dryRun),
                    ]),
                    "\(study.oid) version \(study.version) "
                        + (dryRun ? "can follow" : "follows") + " version \(before.version)")
            }
        }
    }

    private static func read(_ file: String) throws -> [UInt8] {
        guard let bytes = FileManager.default.contents(atPath: file) else {
            throw Problem(.fileUnreadable, "\(file) cannot be read")
        }
        return Array(bytes)
    }
}
