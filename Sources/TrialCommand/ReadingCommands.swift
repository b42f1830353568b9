public import ArgumentParser
public import TrialModel

/// What both programs show of a replica, in study terms.
public protocol CaseReader: Sendable {
    func visit(_ participant: String, _ sheet: String, withHistory: Bool) async throws -> VisitView
    func line(_ participant: String, _ name: String, withHistory: Bool) async throws -> VisitView
    func lines(_ participant: String, _ form: String) async throws -> [VisitView]
    func conflict(_ id: String) async throws -> ConflictView
}

/// The options that say which replica a command reads.
public protocol CasePlace: ParsableArguments, Sendable {
    /// `trialsync`, for examples.
    static var program: String { get }
    /// What an example needs besides.
    static var exampleOptions: String { get }
    /// Runs a body on the opened replica and closes it whatever happens.
    func reading<Result: Sendable>(_ body: (any CaseReader) async throws -> Result) async throws -> Result
}

extension CasePlace {
    static func example(_ command: String) -> String { "Example: \(program) \(command)\(exampleOptions)" }
}

/// `visit show`
public struct ShowVisit<Place: CasePlace>: TrialCommand {
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "show", abstract: "One merged visit, with what is not yet at the centre.",
            discussion: Place.example("visit show PKU-007 BL --history"))
    }

    @Argument(help: "PKU-007") var participant: String
    @Argument(help: "BL, or UNS#2 for a repeat.") var event: String
    @Flag(help: "Every save on it, with old and new values.") var history = false
    @OptionGroup var place: Place
    @OptionGroup public var output: OutputOptions

    public init() {}

    public func execute(_ out: CommandOutput) async throws {
        let visit = try await place.reading {
            try await $0.visit(participant, event, withHistory: history)
        }
        out.answer(visit.json(in: out.language), Texts.visit(visit, out))
    }
}

/// `log show`
public struct ShowLine<Place: CasePlace>: TrialCommand {
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "show", abstract: "One line of a log form, with what is not yet at the centre.",
            discussion: Place.example("log show PKU-007 AE-3fa1 --history"))
    }

    @Argument(help: "PKU-007") var participant: String
    @Argument(help: "The line, as log list names it.") var line: String
    @Flag(help: "Every save on it, with old and new values.") var history = false
    @OptionGroup var place: Place
    @OptionGroup public var output: OutputOptions

    public init() {}

    public func execute(_ out: CommandOutput) async throws {
        let shown = try await place.reading { try await $0.line(participant, line, withHistory: history) }
        out.answer(shown.json(in: out.language), Texts.visit(shown, out))
    }
}

/// `log list`
public struct ListLines<Place: CasePlace>: TrialCommand {
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "list", abstract: "The lines of a log form.",
            discussion: Place.example("log list PKU-007 AE"))
    }

    @Argument(help: "PKU-007") var participant: String
    @Argument(help: "The log form: AE, CM, EX.") var form: String
    @OptionGroup var place: Place
    @OptionGroup public var output: OutputOptions

    public init() {}

    public func execute(_ out: CommandOutput) async throws {
        let lines = try await place.reading { try await $0.lines(participant, form) }
        out.answer(.array(lines.map { $0.json(in: out.language) }), Texts.lines(lines, out))
    }
}

/// `conflict show`
public struct ShowConflict<Place: CasePlace>: TrialCommand {
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "show", abstract: "A conflict with all its values.",
            discussion: Place.example("conflict show 3fa8"))
    }

    @Argument(help: "The id, or the start of it.") var id: String
    @OptionGroup var place: Place
    @OptionGroup public var output: OutputOptions

    public init() {}

    public func execute(_ out: CommandOutput) async throws {
        let conflict = try await place.reading { try await $0.conflict(id) }
        out.answer(conflict.json, Texts.conflict(conflict, out))
    }
}
