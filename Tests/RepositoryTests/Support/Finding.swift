import Testing

/// One place that breaks a rule of the house.
struct Finding: Hashable, CustomStringConvertible {
    /// Relative to the repository's root.
    let path: String
    /// Counted from 1; 1 where the rule is about the whole file.
    let line: Int
    let message: String

    init(_ path: String, _ line: Int, _ message: String) {
        (self.path, self.line, self.message) = (path, line, message)
    }

    /// `path:line: message`, the form that editors and terminals make a link of.
    var description: String { "\(path):\(line): \(message)" }
}

/// Records one issue a finding, so that the report names every place and not only the first.
func expectNone(_ findings: [Finding], sourceLocation: SourceLocation = #_sourceLocation) {
    for finding in findings {
        Issue.record("\(finding)", sourceLocation: sourceLocation)
    }
}
