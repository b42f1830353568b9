public import TrialModel

/// A finding of `verify`.
public struct VerifyProblem: Hashable, Sendable {
    public let code: ProblemCode
    /// Journal and place, or the record.
    public let place: String
    public let message: String
}

/// What a walk over a whole store found.
public struct VerifyReport: Hashable, Sendable {
    public var journals = 0
    public var entries = 0
    public var records = 0
    public var problems: [VerifyProblem] = []

    /// As commands.md gives it.
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
        ])
    }

    /// A line for the whole, and one for each problem.
    public var text: String {
        let lines = problems.map { "\($0.place): \($0.code.rawValue): \($0.message)" }
        let head = "\(journals) journals, \(entries) entries, \(records) records, \(problems.count) problems"
        return ([head] + lines).joined(separator: "\n")
    }
}
