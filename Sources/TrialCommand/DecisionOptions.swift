public import ArgumentParser

/// How a conflict is decided on the command line.
public struct DecisionOptions: ParsableArguments, Sendable {
    @Option(help: "The entry whose value stands: JOURNAL/N, or a short form that is unambiguous.")
    public var take: String?

    @Option(parsing: .upToNextOption, help: "Other values: ITEM=VALUE, once for each item.")
    public var set: [String] = []

    @Option(help: "Why.")
    public var reason: String

    public init() {}

    public func validate() throws {
        if (take == nil) == set.isEmpty {
            throw ValidationError("give either --take ENTRY or --set ITEM=VALUE")
        }
    }
}
