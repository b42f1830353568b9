extension InstrumentTotalRule {
    /// The most domains, the highest score and the largest factor: beyond any instrument, and far from
    /// overflow.
    private static let limit = 1_000

    init?(reading reader: RuleReader, besides others: [InstrumentTotalRule]) {
        reader.allow(
            "group", "total", "domains", "scale", "urgentFactor", "unansweredUrgent", "unansweredScore",
            "damageCounts")
        let group = reader.required("group").flatMap { reader.registered($0) }
        let total = reader.required("total").flatMap { Self.derived($0, reader) }
        if let total, let other = others.first(where: { $0.total == total }) {
            reader.optional("total")?.note("\"\(total)\" is computed by \"\(other.oid)\" already")
        }
        let scale = reader.required("scale").map { Self.scale($0) } ?? []
        let domains = reader.required("domains").map { node in
            Self.domains(node, of: group, scale: scale, reader)
        }
        let factor = reader.required("urgentFactor")?.integer(in: 1...Self.limit)
        let unanswered: UnansweredUrgent? = reader.required("unansweredUrgent").flatMap { reader.word($0) }
        let score: UnansweredScore? = reader.required("unansweredScore").flatMap { reader.word($0) }
        if let node = reader.required("damageCounts"), node.flag() == true {
            node.note("must be false: damage is recorded, not summed")
        }
        guard let oid = reader.rule.tree["oid"]?.text, let group, let total, let factor, let unanswered,
            score != nil, let domains, let form = domains.first?.score.form, !scale.isEmpty
        else { return nil }
        (self.oid, self.total, self.group, self.form, self.domains) = (oid, total, group, form, domains)
        (self.scale, urgentFactor, unansweredUrgent) = (Set(scale), factor, unanswered)
    }

    private static func derived(_ node: DefinitionNode, _ reader: RuleReader) -> String? {
        guard let name = reader.registered(node) else { return nil }
        guard reader.itemsByOID[name] == nil else {
            node.note("\"\(name)\" is entered; a total is a derived item")
            return nil
        }
        return name
    }

    private static func scale(_ node: DefinitionNode) -> [Int] {
        node.elements(atLeast: 1).prefix(limit).compactMap { $0.integer(in: 0...limit) }
    }

    private static func domains(
        _ node: DefinitionNode, of group: String?, scale: [Int], _ reader: RuleReader
    ) -> [Domain] {
        let nodes = node.elements(atLeast: 1)
        if nodes.count > limit { node.note("has \(nodes.count) domains; at most \(limit) are allowed") }
        var names = NameSpace("a domain of this instrument")
        return nodes.prefix(limit).compactMap { node in
            guard let name = node.name() else { return nil }
            names.claim(name, at: node)
            guard let group else { return nil }
            let score = item("\(group).\(name)", of: .integer, in: group, node, reader)
            let urgent = item("\(group).\(name).urgent", of: .yesNo, in: group, node, reader)
            guard let score, let urgent else { return nil }
            for code in score.codeList?.codes ?? [] where Int(code.code).map(scale.contains) != true {
                node.note("\"\(score.oid)\" takes \(code.code), which is not on the scale")
            }
            return Domain(name: name, score: score, urgent: urgent)
        }
    }

    /// The item of a domain. All are of one atomic group, so that a conflict is one between whole
    /// instruments.
    private static func item(
        _ oid: String, of type: ItemType, in group: String, _ node: DefinitionNode, _ reader: RuleReader
    ) -> Item? {
        guard let item = reader.itemsByOID[oid] else {
            node.note("there is no item \"\(oid)\"")
            return nil
        }
        if item.type != type {
            node.note("\"\(oid)\" is of type \(item.type.rawValue), not \(type.rawValue)")
        }
        if item.register != group {
            node.note("\"\(oid)\" is not in an atomic item group \"\(group)\"")
        }
        return item
    }
}
