/// A value is not of its item's type, unit or code list.
///
/// Nothing of the kind can be entered, but a value may have been saved under another version of the study.
public struct ValueCheck: EditCheck {
    /// The check; it has no parameters, the items say what they take.
    public init() {}

    /// One finding per item: `code-list` for an unknown code, `type` for everything else.
    public func findings(in context: CheckContext) -> [Finding] {
        context.answered.compactMap { item in
            let value = context.value(of: item.oid)
            guard let problem = item.problem(with: value) else { return nil }
            return Finding(
                check: problem.code == .unknownCode ? .codeList : .type, items: [item.oid],
                text: .notTaken(item, given: value.described, problem: problem.message),
                severity: .major, values: [ItemValue(item.oid, value)])
        }
    }
}
