extension RuleReader {
    /// An item of one of the types that an event asks for; one that it does not ask for is noted.
    func item(_ node: DefinitionNode, askedAt event: String?, _ type: ItemType) -> Item? {
        guard let item = item(node, type) else { return nil }
        if let event = plan.first(where: { $0.oid == event }), !event.asks(for: item) {
            node.note("\"\(item.oid)\" is not asked at event \"\(event.oid)\"")
        }
        return item
    }

    /// An event that occurs once; one that repeats is noted.
    func singleEvent(_ node: DefinitionNode) -> String? {
        guard let oid = event(node) else { return nil }
        if plan.contains(where: { $0.oid == oid && $0.repeating }) {
            node.note("event \"\(oid)\" may occur more than once")
        }
        return oid
    }

    /// The node of a parameter as a whole, with unit and source beside the value.
    func entry(of parameter: String) -> DefinitionNode? {
        guard rule.tree["parameters"]?.list != nil else { return nil }
        return rule["parameters"]?.elements().first { $0.tree["name"]?.text == parameter }
    }
}

extension StudyEvent {
    /// Whether the event has the item's form and the item is asked there.
    func asks(for item: Item) -> Bool { formOIDs.contains(item.form) && item.isAsked(at: oid) }
}
