extension DefinitionReader {
    mutating func form(_ node: DefinitionNode) -> Form? {
        node.allowKeys("oid", "label", "log", "items", "groups", "derived", "source", "status")
        let label = node.required("label")?.localized()
        let provenance = self.provenance(of: node)
        let isLog = node["log"]?.flag() ?? false
        let oid = node.required("oid").flatMap { place -> String? in
            guard let oid = place.name() else { return nil }
            forms.claim(oid, at: place)
            return oid
        }
        // A form without a name or provenance is refused anyway; its items are still read for their own
        // problems.
        let context = FormContext(oid: oid, label: label, provenance: provenance ?? .toBeConfirmed)
        let groups = self.groups(node, in: context)
        let derived = node["derived"]?.elements().compactMap { derivedItem($0, in: context) } ?? []
        guard let oid, let label, let provenance else { return nil }
        return Form(
            oid: oid, label: label, isLog: isLog, groups: groups, derived: derived, provenance: provenance)
    }

    private mutating func groups(_ node: DefinitionNode, in form: FormContext) -> [ItemGroup] {
        switch (node["items"], node["groups"]) {
        case (let items?, nil):
            if let oid = form.oid, let place = node["oid"] { registers.claim(oid, at: place) }
            let items = items.elements(atLeast: 1).compactMap { item($0, in: form, register: nil) }
            guard let oid = form.oid, let label = form.label else { return [] }
            return [ItemGroup(oid: oid, label: label, isAtomic: false, items: items)]
        case (nil, let groups?):
            return groups.elements(atLeast: 1).compactMap { group($0, in: form) }
        case (nil, nil): node.note("has neither \"items\" nor \"groups\"")
        case (_?, _?): node.note("stands beside \"items\"; a form has one of them", at: "groups")
        }
        return []
    }

    private mutating func group(_ node: DefinitionNode, in form: FormContext) -> ItemGroup? {
        node.allowKeys("oid", "label", "atomic", "items")
        let label = node["label"].map { $0.localized() } ?? form.label
        let isAtomic = node["atomic"]?.flag() ?? false
        let oid = node.required("oid").flatMap { place -> String? in
            guard let oid = place.name() else { return nil }
            registers.claim(oid, at: place)
            return oid
        }
        let register = isAtomic ? oid : nil
        let items = node.required("items")?.elements(atLeast: 1).compactMap {
            item($0, in: form, register: register)
        }
        guard let oid, let label, let items else { return nil }
        return ItemGroup(oid: oid, label: label, isAtomic: isAtomic, items: items)
    }

    private mutating func derivedItem(_ node: DefinitionNode, in form: FormContext) -> DerivedItem? {
        node.allowKeys("oid", "label", "type", "unit")
        let label = node.required("label")?.localized()
        let type = itemType(node)
        let unit = node["unit"].flatMap { unitName($0) }
        guard let oid = itemName(node, in: form), let label, let type else { return nil }
        return DerivedItem(oid: oid, label: label, type: type, unit: unit)
    }

    /// The OID of an item: begins with its form's and a point, and is given once.
    mutating func itemName(_ node: DefinitionNode, in form: FormContext) -> String? {
        guard let place = node.required("oid"), let oid = place.name() else { return nil }
        registers.claim(oid, at: place)
        if let form = form.oid, !(oid.hasPrefix(form + ".") && oid.utf8.count > form.utf8.count + 1) {
            place.note("\"\(oid)\" must begin with its form's OID and a point, as in \"\(form).name\"")
        }
        return oid
    }

    /// Checks what names something that stands further down.
    func checkReferences(events: [StudyEvent], forms: [Form], in root: DefinitionNode) {
        let logs = Set(forms.filter(\.isLog).map(\.oid))
        for (node, form) in formReferences {
            if !self.forms.contains(form) {
                node.note("there is no form \"\(form)\"")
            } else if logs.contains(form) {
                node.note("\"\(form)\" is a log; logs belong to no event")
            }
        }
        let planned = Set(formReferences.map(\.form))
        for place in root["forms"]?.elements() ?? [] {
            guard let oid = place["oid"]?.tree.text, self.forms.contains(oid) else { continue }
            if !logs.contains(oid), !planned.contains(oid), place["log"]?.tree.flag != true {
                place.note("no event has the form \"\(oid)\", and it is no log")
            }
        }
        for condition in conditions { check(condition) }
        for item in forms.flatMap(\.items) { checkEvents(of: item, among: events) }
    }

    /// Notes events that an item names and that do not have its form.
    private func checkEvents(of item: Item, among events: [StudyEvent]) {
        let having = Set(events.filter { $0.formOIDs.contains(item.form) }.map(\.oid))
        func check(_ named: Set<String>?, _ key: String) {
            for name in (named ?? []).subtracting(having).sorted() {
                collector.note(
                    "event \"\(name)\" does not have the form \"\(item.form)\"", at: "\(item.path).\(key)")
            }
        }
        check(item.events, "events")
        if case .at(let named) = item.requirement { check(named, "required") }
    }

    private func check(_ condition: (node: DefinitionNode, form: String, item: String, equals: String)) {
        guard let item = items[condition.item], item.form == condition.form else {
            return condition.node.note("the form has no item \"\(condition.item)\"", at: "item")
        }
        do throws(Problem) {
            let value = try item.value(from: condition.equals)
            if condition.equals.isEmpty || !value.isTyped(as: condition.equals) {
                condition.node.note("must be written as it is stored", at: "equals")
            }
        } catch {
            condition.node.note(error.message, at: "equals")
        }
    }
}

/// What the items of a form need to know of it; fields that could not be read are `nil`.
struct FormContext {
    let oid: String?
    let label: LocalizedText?
    let provenance: Provenance
}
