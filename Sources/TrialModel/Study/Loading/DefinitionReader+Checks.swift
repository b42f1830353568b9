extension DefinitionReader {
    /// Reads the edit checks that the definition lists: those within a record, and those across records.
    func checks(
        _ root: DefinitionNode, plan: [StudyEvent]
    ) -> (dateChecks: [any EditCheck], caseChecks: [any CaseCheck]) {
        var dateChecks: [any EditCheck] = []
        var caseChecks: [any CaseCheck] = []
        for node in root["checks"]?.elements() ?? [] {
            guard case .object = node.tree else {
                node.note("must be an object, not \(node.tree.kind)")
                continue
            }
            guard let place = node.required("check"), let name = place.text() else { continue }
            switch CheckID(rawValue: name) {
            case .dateOrder where node.tree["notAfter"] != nil:
                notInFuture(node).map { dateChecks.append($0) }
            case .dateOrder:
                guard let order = dateOrder(node) else { continue }
                if case .object? = node["earlier"]?.tree {
                    event(of: node["earlier"], order.earlier, plan).map {
                        caseChecks.append(DateOrderAcrossRecordsCheck(event: $0, order: order))
                    }
                } else {
                    dateChecks.append(order)
                }
            case .sequence: sequence(node, plan).map { caseChecks.append($0) }
            case .window: window(node, plan).map { caseChecks.append($0) }
            case .doseDeviation: doseDeviation(node).map { caseChecks.append($0) }
            default:
                place.note("\"\(name)\" is no check that is listed here; those are \(Self.listedChecks)")
            }
        }
        return (dateChecks, caseChecks)
    }

    private static let listedChecks =
        [CheckID.dateOrder, .sequence, .window, .doseDeviation].map(\.rawValue).joined(separator: ", ")

    /// How much a finding of the check weighs; minor unless the definition says otherwise.
    func severity(of node: DefinitionNode) -> Severity {
        guard let place = node["severity"], let name = place.text() else { return .minor }
        if let severity = Severity(rawValue: name) { return severity }
        place.note("must be minor or major, not \(place.tree.spelled)")
        return .minor
    }

    /// The event of an earlier date that is given once, as in `{"event": "SCR", "item": "DM.consentDate"}`.
    private func event(of node: DefinitionNode?, _ item: Item, _ plan: [StudyEvent]) -> String? {
        node?.allowKeys("event", "item")
        guard let place = node?.required("event"), let name = place.text() else { return nil }
        guard events.contains(name) else {
            place.note("there is no event \"\(name)\"")
            return nil
        }
        if let event = plan.first(where: { $0.oid == name }) {
            if event.repeating { place.note("event \"\(name)\" may occur more than once") }
            if !event.asks(for: item) {
                node?.note("\"\(item.oid)\" is not asked at event \"\(name)\"", at: "item")
            }
        }
        return name
    }

    private func sequence(_ node: DefinitionNode, _ plan: [StudyEvent]) -> SequenceCheck? {
        node.allowKeys("check", "date", "severity")
        let severity = self.severity(of: node)
        guard let date = node.required("date").flatMap({ self.date($0) }) else { return nil }
        return SequenceCheck(plan: plan.filter { !$0.repeating }.map(\.oid), date: date, severity: severity)
    }

    private func window(_ node: DefinitionNode, _ plan: [StudyEvent]) -> WindowCheck? {
        node.allowKeys("check", "date", "severity")
        let severity = self.severity(of: node)
        guard let date = node.required("date").flatMap({ self.date($0) }) else { return nil }
        return WindowCheck(plan: plan, date: date, severity: severity)
    }

    private func doseDeviation(_ node: DefinitionNode) -> DoseDeviationCheck? {
        node.allowKeys("check", "item", "planned", "date", "log", "severity")
        let severity = self.severity(of: node)
        let item = node.required("item").flatMap { itemNamed($0, .decimal) }
        let date = node.required("date").flatMap { self.date($0) }
        let explanation = node.required("log").flatMap { self.explanation($0, of: item) }
        guard let place = node.required("planned"), let planned = place.name() else { return nil }
        guard registers.contains(planned), items[planned] == nil else {
            place.note("there is no derived item \"\(planned)\"")
            return nil
        }
        guard let item, let date, let explanation else { return nil }
        return DoseDeviationCheck(
            item: item, planned: planned, date: date, explanation: explanation, severity: severity)
    }

    private func explanation(_ node: DefinitionNode, of item: Item?) -> DoseDeviationCheck.Explanation? {
        node.allowKeys("drug", "code", "dose", "start", "end", "reason", "explaining")
        let drug = node.required("drug").flatMap { itemNamed($0, .code) }
        let code = node.required("code").flatMap { codeNamed($0, of: drug) }
        let dose = node.required("dose").flatMap { itemNamed($0, .decimal) }
        let start = node.required("start").flatMap { itemNamed($0, .date) }
        let end = node.required("end").flatMap { itemNamed($0, .date) }
        let reason = node.required("reason").flatMap { itemNamed($0, .code) }
        let explaining = node.required("explaining")?.elements(atLeast: 1).compactMap {
            codeNamed($0, of: reason)
        }
        guard let drug, let code, let dose, let start, let end, let reason, let explaining else { return nil }
        if let item, dose.unit != item.unit { node.note("is not in the unit of \(item.oid)", at: "dose") }
        for (key, other) in [("dose", dose), ("start", start), ("end", end), ("reason", reason)]
        where other.form != drug.form {
            node.note("is not an item of the form \"\(drug.form)\"", at: key)
        }
        return DoseDeviationCheck.Explanation(
            drug: drug, code: code, dose: dose, start: start, end: end, reason: reason, explaining: explaining
        )
    }

    private func itemNamed(_ node: DefinitionNode, _ type: ItemType) -> Item? {
        guard let name = node.text() else { return nil }
        guard let item = items[name] else {
            node.note("there is no item \"\(name)\"")
            return nil
        }
        if item.type == type { return item }
        node.note("\"\(name)\" is of type \(item.type.rawValue), not \(type.rawValue)")
        return nil
    }

    private func codeNamed(_ node: DefinitionNode, of item: Item?) -> String? {
        guard let code = node.text(), let item else { return nil }
        if item.codeList?.contains(code) == true { return code }
        node.note("\"\(code)\" is no code of \(item.oid)")
        return nil
    }
}
