/// What a rule of an endpoint may refer to.
struct EndpointContext {
    let totals: [InstrumentTotalRule]
    /// In the order of the study.
    let events: [StudyEvent]
    /// The endpoints that stand before it.
    var endpoints: [EndpointRule] = []

    init(totals: [InstrumentTotalRule], events: [StudyEvent]) {
        (self.totals, self.events) = (totals, events)
    }

    /// The rule that computes the total named here.
    func total(_ node: DefinitionNode, _ reader: RuleReader) -> InstrumentTotalRule? {
        guard let name = reader.registered(node) else { return nil }
        if let total = totals.first(where: { $0.total == name }) { return total }
        node.note("no rule \"\(RuleKind.instrumentTotal.rawValue)\" computes \"\(name)\"")
        return nil
    }

    /// An event that occurs once and has the form.
    func event(_ node: DefinitionNode, having form: String?, _ reader: RuleReader) -> String? {
        guard let name = reader.event(node) else { return nil }
        if let event = events.first(where: { $0.oid == name }) {
            if event.repeating { node.note("\"\(name)\" may occur more than once") }
            if let form, !event.formOIDs.contains(form) {
                node.note("event \"\(name)\" does not have the form \"\(form)\"")
            }
        }
        return name
    }

    /// The response that the rule named here defines.
    func response(_ node: DefinitionNode, of reader: RuleReader) -> ResponseRateRule? {
        guard let name = node.text() else { return nil }
        for case .response(let rule) in endpoints where rule.oid == name { return rule }
        node.note("no rule \"\(RuleKind.responseRate.rawValue)\" before this one is \"\(name)\"")
        return nil
    }

    /// The events of later assessments: after the given one in the order of the study, or repeating, which
    /// their dates decide.
    func laterEvents(
        _ node: DefinitionNode, than earlier: String?, having form: String?, _ reader: RuleReader
    ) -> [String] {
        let order = events.map(\.oid)
        let start = earlier.flatMap(order.firstIndex)
        var named = NameSpace("an event of this rule")
        let found = node.elements(atLeast: 1).compactMap { node -> (name: String, place: Int)? in
            guard let name = reader.event(node) else { return nil }
            named.claim(name, at: node)
            guard let place = order.firstIndex(of: name) else { return nil }
            if let form, !events[place].formOIDs.contains(form) {
                node.note("event \"\(name)\" does not have the form \"\(form)\"")
            }
            if let earlier, let start, place <= start, !events[place].repeating {
                node.note("\"\(name)\" does not come after \"\(earlier)\"")
            }
            return (name, place)
        }
        return found.sorted { $0.place < $1.place }.map(\.name)
    }
}
