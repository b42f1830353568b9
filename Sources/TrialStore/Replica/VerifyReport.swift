import FoundationEssentials
public import TrialModel

/// A finding of `verify`.
public struct VerifyProblem: Hashable, Sendable {
    public let code: ProblemCode
    /// Journal and place, or the record.
    public let place: String
    public let message: String

    package init(_ code: ProblemCode, _ place: String, _ message: String) {
        (self.code, self.place, self.message) = (code, place, message)
    }
}

/// What a walk over a whole store found.
public struct VerifyReport: Hashable, Sendable {
    public var journals = 0
    public var entries = 0
    public var records = 0
    /// Entries of a first sync that are still to come: then records are checked against their live entries.
    public var historyLeft = 0
    /// Records that a sync had to repair, since the store was made.
    public var repaired = 0
    /// Rows that `verify --repair` wrote anew from the entries, since the store was made.
    public var mended = 0
    /// When it last did; `nil` if it never had to.
    public var mendedAt: String?
    public var problems: [VerifyProblem] = []
    /// What was acknowledged as lost on this laptop: who did it, when and why.
    public var acknowledged: [String] = []
    /// The records and sites that a repair wrote anew; `nil` if none was asked for.
    public var rebuilt: [String]?
    /// Whether all that the walk over the store found is mended by writing rows anew from the entries.
    public internal(set) var canRebuild = false
    /// Look-up values of records whose rows a repair then writes anew.
    var wrongRows: [Data] = []

    static func place(ofRecord lookup: Data) -> String { "record " + Hex.encode(lookup.prefix(4)) }

    /// As commands.md gives it; with `rebuilt` after a repair.
    public var json: JSON {
        .keyed([
            "journals": .int(journals), "entries": .int(entries), "records": .int(records),
            "problems": .array(
                problems.map { problem in
                    .keyed([
                        "code": .string(problem.code.rawValue), "where": .string(problem.place),
                        "message": .string(problem.message),
                    ])
                }),
            "rebuilt": rebuilt.map { places in JSON.array(places.map { JSON.string($0) }) },
        ])
    }

    /// A line for the whole, and one for each problem.
    public var text: String {
        let lines = problems.map { "\($0.place): \($0.code.rawValue): \($0.message)" }
        let head = "\(journals) journals, \(entries) entries, \(records) records, \(problems.count) problems"
        var notes: [String] = []
        if historyLeft > 0 {
            notes.append(
                historyLeft == 1
                    ? "1 entry of the history is still to come"
                    : "\(historyLeft) entries of the history are still to come")
        }
        if repaired > 0 {
            notes.append("\(repaired) \(repaired == 1 ? "record was" : "records were") repaired by a sync")
        }
        if let mendedAt {
            let rows = mended == 1 ? "row was" : "rows were"
            notes.append("\(mended) \(rows) mended from the entries, last at \(mendedAt)")
        }
        notes += acknowledged.map { "acknowledged as lost: \($0)" }
        if let rebuilt {
            let mended = rebuilt.map { "\($0): mended from the entries" }
            notes += mended.isEmpty ? ["nothing was mended"] : mended
        }
        return ([head] + notes + lines).joined(separator: "\n")
    }
}
