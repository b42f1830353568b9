extension DefinitionReader {
    /// Reads a rule on the order of two dates.
    func dateOrder(_ node: DefinitionNode) -> DateOrderCheck? {
        node.allowKeys("check", "earlier", "later", "equal", "severity")
        let earlier = node.required("earlier").flatMap { date($0["item"] ?? $0) }
        let later = node.required("later").flatMap { date($0) }
        let equal = node["equal"]?.flag() ?? true
        let severity = self.severity(of: node)
        guard let earlier, let later else { return nil }
        if earlier.oid == later.oid, node["earlier"]?.tree.text != nil {
            node.note("is the same item as \"earlier\"", at: "later")
        }
        return DateOrderCheck(earlier: earlier, later: later, allowsEqual: equal, severity: severity)
    }

    /// `{"check": "date-order", "date": "SV.date", "notAfter": "entry"}`
    func notInFuture(_ node: DefinitionNode) -> NotInFutureCheck? {
        node.allowKeys("check", "date", "notAfter", "severity")
        let item = node.required("date").flatMap { date($0) }
        if node.required("notAfter")?.text() != "entry" { node.note("must be \"entry\"", at: "notAfter") }
        let severity = self.severity(of: node)
        return item.map { NotInFutureCheck(item: $0, severity: severity) }
    }

    func date(_ node: DefinitionNode) -> Item? {
        guard let name = node.text() else { return nil }
        guard let item = items[name] else {
            node.note("there is no item \"\(name)\"")
            return nil
        }
        guard item.type == .date || item.type == .dateTime else {
            node.note("\"\(name)\" is of type \(item.type.rawValue), not date or dateTime")
            return nil
        }
        return item
    }

    /// Reads the rules as they are written; what their parameters mean is for ``RuleBook`` to judge.
    func rules(_ root: DefinitionNode) -> [StudyRule] {
        var names = NameSpace("a rule")
        return root["rules"]?.elements().compactMap { node in
            node.allowKeys("oid", "rule", "label", "parameters")
            let label = node.required("label")?.localized()
            let kind = node.required("rule").flatMap { ruleKind($0) }
            let parameters = self.parameters(of: node)
            guard let place = node.required("oid"), let oid = place.name() else { return nil }
            names.claim(oid, at: place)
            guard let label, let kind else { return nil }
            return StudyRule(oid: oid, kind: kind, label: label, parameters: parameters)
        } ?? []
    }

    /// Reads the parameters of the rules into types; needs everything else of the document.
    func ruleBook(_ root: DefinitionNode, plan: [StudyEvent], forms: [Form]) -> RuleBook {
        guard root.tree["rules"]?.list != nil, let nodes = root["rules"]?.elements() else {
            return RuleBook()
        }
        let rules = nodes.compactMap { node in
            node.tree["rule"]?.text.flatMap(RuleKind.init).map { kind in
                let reader = RuleReader(
                    node, items: items, events: events, registers: registers, plan: plan, forms: forms)
                return (kind: kind, reader: reader)
            }
        }
        return RuleBook(reading: rules, events: plan)
    }

    private func ruleKind(_ node: DefinitionNode) -> RuleKind? {
        guard let name = node.text() else { return nil }
        if let kind = RuleKind(rawValue: name) { return kind }
        node.note(
            "\"\(name)\" is no rule; rules are \(RuleKind.allCases.map(\.rawValue).joined(separator: ", "))")
        return nil
    }

    private func parameters(of rule: DefinitionNode) -> [RuleParameter] {
        var names = NameSpace("a parameter of this rule")
        return rule.required("parameters")?.elements().compactMap { node in
            node.allowKeys("name", "value", "unit", "source", "status")
            let unit = node["unit"].flatMap { unitName($0) }
            let value = node.required("value")?.tree
            let provenance = self.provenance(of: node)
            guard let place = node.required("name"), let name = place.name() else { return nil }
            names.claim(name, at: place)
            guard let value, let provenance else { return nil }
            return RuleParameter(name: name, value: value, unit: unit, provenance: provenance)
        } ?? []
    }
}
