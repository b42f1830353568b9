/// Reads the parameters of one rule into types, and notes by its path what is wrong with one.
///
/// A reader that finds something wrong notes it and returns `nil`, so that loading goes on.
struct RuleReader {
    let rule: DefinitionNode
    /// The parameters by name, at the place of their value.
    private let parameters: [String: DefinitionNode]
    let itemsByOID: [String: Item]
    private let events: NameSpace
    private let registers: NameSpace
    /// The events and forms of the study, as far as they could be read.
    let plan: [StudyEvent]
    let forms: [Form]

    init(
        _ rule: DefinitionNode, items: [String: Item], events: NameSpace, registers: NameSpace,
        plan: [StudyEvent], forms: [Form]
    ) {
        (self.rule, self.plan, self.forms) = (rule, plan, forms)
        var parameters: [String: DefinitionNode] = [:]
        if let list = rule.tree["parameters"]?.list, let node = rule["parameters"] {
            for (index, element) in node.elements().enumerated() where index < list.count {
                if let name = element.tree["name"]?.text { parameters[name] = element["value"] }
            }
        }
        (self.parameters, itemsByOID, self.events, self.registers) = (parameters, items, events, registers)
    }

    /// Notes every parameter that this rule does not have.
    func allow(_ names: String...) { allow(names) }

    /// Notes every parameter that this rule does not have.
    func allow(_ names: [String]) {
        for name in parameters.keys.sorted() where !names.contains(name) {
            parameters[name]?.note(
                "this rule has no parameter \"\(name)\"; it has \(names.joined(separator: ", "))")
        }
    }

    /// The value of a parameter; its absence is noted.
    func required(_ name: String) -> DefinitionNode? {
        if let node = parameters[name] { return node }
        rule.note("has no parameter \"\(name)\"", at: "parameters")
        return nil
    }

    /// The value of a parameter that may be left out.
    func optional(_ name: String) -> DefinitionNode? { parameters[name] }

    /// The OID of the rule, as written.
    var oid: String? { rule.tree["oid"]?.text }

    /// Takes a rule that a study has once; a second one is noted.
    func only<Rule>(_ place: inout Rule?, _ rule: Rule?) {
        if place != nil { self.rule.note("the study has a rule of this kind already", at: "rule") }
        place = place ?? rule
    }

    // MARK: Values

    /// A number greater than zero.
    func positive(_ name: String) -> ExactDecimal? { required(name).flatMap { positive($0) } }

    /// A number greater than zero.
    func positive(_ node: DefinitionNode) -> ExactDecimal? {
        guard let number = node.decimal() else { return nil }
        guard number > ExactDecimal(0) else {
            node.note("must be more than 0, not \(number)")
            return nil
        }
        return number
    }

    /// An item of one of the types.
    func item(_ node: DefinitionNode, _ types: ItemType...) -> Item? { item(node, types) }

    /// An item of one of the types.
    func item(_ node: DefinitionNode, _ types: [ItemType]) -> Item? {
        guard let name = node.text() else { return nil }
        guard let item = itemsByOID[name] else {
            node.note("there is no item \"\(name)\"")
            return nil
        }
        guard types.isEmpty || types.contains(item.type) else {
            let allowed = types.map(\.rawValue).joined(separator: " or ")
            node.note("\"\(name)\" is of type \(item.type.rawValue), not \(allowed)")
            return nil
        }
        return item
    }

    /// The OID of an event of the study.
    func event(_ node: DefinitionNode) -> String? {
        guard let name = node.text() else { return nil }
        guard events.contains(name) else {
            node.note("there is no event \"\(name)\"")
            return nil
        }
        return name
    }

    /// One of the words that the parameter allows.
    func word<Word: RawRepresentable & CaseIterable>(_ node: DefinitionNode) -> Word?
    where Word.RawValue == String {
        guard let text = node.text() else { return nil }
        if let word = Word(rawValue: text) { return word }
        node.note("\"\(text)\" must be \(Word.allCases.map(\.rawValue).joined(separator: " or "))")
        return nil
    }

    /// The OID of a derived item, an item or an item group.
    func registered(_ node: DefinitionNode) -> String? {
        guard let name = node.text() else { return nil }
        guard registers.contains(name) else {
            node.note("there is no item, derived item or item group \"\(name)\"")
            return nil
        }
        return name
    }
}
