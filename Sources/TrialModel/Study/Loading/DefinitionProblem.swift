/// One thing that is wrong in a study definition, and where.
public struct DefinitionProblem: Hashable, Sendable {
    /// The place, as in `forms[3].items[1].codeList`; empty if the document as a whole is meant.
    public let path: String
    /// What is wrong there and what is allowed: one line.
    public let message: String

    /// - Parameters:
    ///   - path: The place in the document.
    ///   - message: What is wrong there.
    public init(path: String, message: String) { (self.path, self.message) = (path, message) }
}

extension DefinitionProblem: CustomStringConvertible {
    /// `PATH: MESSAGE`, or the message alone.
    public var description: String { path.isEmpty ? message : path + ": " + message }
}

/// Gathers the problems of one load, so that all are named at once.
final class ProblemCollector {
    /// More are not listed: a document this wrong is of another kind.
    static let limit = 1_000

    private(set) var problems: [DefinitionProblem] = []

    func note(_ message: String, at path: String) {
        if problems.count < Self.limit { problems.append(DefinitionProblem(path: path, message: message)) }
    }
}
