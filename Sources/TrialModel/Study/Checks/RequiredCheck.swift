/// A required item is empty. Items of one atomic group make one finding together.
///
/// A coded missing reason is an answer; so is a conflict, which is counted elsewhere.
public struct RequiredCheck: EditCheck {
    /// The check; it has no parameters, the items say when they are required.
    public init() {}

    /// One finding per register, in the order of the study.
    public func findings(in context: CheckContext) -> [Finding] {
        var registers: [String] = []
        var missing: [String: [Item]] = [:]
        for item in context.asked where isMissing(item, in: context) {
            if missing[item.register] == nil { registers.append(item.register) }
            missing[item.register, default: []].append(item)
        }
        return registers.compactMap { register in
            guard let items = missing[register], let first = items.first else { return nil }
            return Finding(
                check: .required, items: items.map(\.oid), text: text(register, items.count, first),
                severity: .minor,
                subject: register)
        }
    }

    private func isMissing(_ item: Item, in context: CheckContext) -> Bool {
        guard context.value(of: item.oid).isEmpty, !context.inConflict.contains(item.register) else {
            return false
        }
        switch item.requirement {
        case .never: return false
        case .always: return true
        case .at(let events): return context.event.map(events.contains) ?? false
        case .when(let other, let expected): return context.value(of: other).isTyped(as: expected)
        }
    }

    private func text(_ register: String, _ count: Int, _ first: Item) -> FindingText {
        count > 1 ? .requiredGroup(register, count: count, first: first) : .required(first)
    }
}
