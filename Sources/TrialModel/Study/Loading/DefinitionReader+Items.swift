extension DefinitionReader {
    /// Reads an item; `register` is the atomic group it belongs to, if it does.
    mutating func item(_ node: DefinitionNode, in form: FormContext, register: String?) -> Item? {
        node.allowKeys(
            "oid", "label", "type", "unit", "factors", "range", "codeList", "required", "partial",
            "maxLength",
            "events", "source", "status")
        let label = node.required("label")?.localized()
        let type = itemType(node)
        let unit = node["unit"].flatMap { unitName($0) }
        let factors = self.factors(node, unit: unit)
        let range = node["range"].flatMap { self.range($0) }
        let codeList = self.codeList(of: node, type: type)
        let requirement = node["required"].map { self.requirement($0, in: form) } ?? .never
        let partial = node["partial"]?.flag() ?? false
        let maxLength = node["maxLength"]?.integer(in: 1...Item.hardTextLimit) ?? Item.defaultTextLimit
        let events = node["events"].map { eventNames($0) }
        let provenance = self.provenance(of: node, inherited: form.provenance)
        if let type { checkKeys(of: node, suit: type) }
        guard let oid = itemName(node, in: form), let formOID = form.oid, let label, let type, let provenance
        else {
            return nil
        }
        let item = Item(
            oid: oid, label: label, type: type, form: formOID, register: register ?? oid, unit: unit,
            factors: factors, range: range, codeList: codeList, requirement: requirement,
            allowsPartialDate: partial, maxLength: maxLength, events: events, provenance: provenance,
            order: items.count, path: node.path)
        items[oid] = item
        return item
    }

    func itemType(_ node: DefinitionNode) -> ItemType? {
        guard let place = node.required("type"), let name = place.text() else { return nil }
        if let type = ItemType(rawValue: name) { return type }
        let known = ItemType.allCases.map(\.rawValue).joined(separator: ", ")
        place.note("\"\(name)\" is no item type; types are \(known)")
        return nil
    }

    func unitName(_ node: DefinitionNode) -> String? {
        guard let name = node.text() else { return nil }
        if units[name] != nil { return name }
        node.note("there is no unit \"\(name)\" in \"units\"")
        return nil
    }

    /// Notes what an item of this type cannot have, so that no limit is written down that would never be
    /// applied.
    private func checkKeys(of node: DefinitionNode, suit type: ItemType) {
        let places: [(key: String, types: [ItemType])] = [
            ("unit", [.decimal]), ("factors", [.decimal]), ("range", [.integer, .decimal]),
            ("codeList", [.code, .integer]), ("partial", [.date]), ("maxLength", [.text]),
        ]
        for (key, types) in places where node[key] != nil && !types.contains(type) {
            let suited = types.map(\.rawValue).joined(separator: " or ")
            node.note("an item of type \(type.rawValue) has none; only \(suited) has", at: key)
        }
    }

    private func factors(_ node: DefinitionNode, unit: String?) -> [UnitFactor] {
        guard let list = node["factors"] else { return [] }
        if node["unit"] == nil { list.note("stand without a unit to convert to") }
        var spellings: Set<String> = unit.map { [Item.unitSpelling($0)] } ?? []
        return list.elements().compactMap { element in
            element.allowKeys("unit", "factor")
            let factor = element.required("factor").flatMap { place -> ExactDecimal? in
                guard let factor = place.decimal() else { return nil }
                if factor <= ExactDecimal(0) { place.note("must be more than 0, not \(factor)") }
                return factor
            }
            guard let place = element.required("unit"), let unit = unitName(place) else { return nil }
            if !spellings.insert(Item.unitSpelling(unit)).inserted {
                place.note("the item has the unit \"\(unit)\" already, perhaps in another case")
            }
            return factor.map { UnitFactor(unit: unit, factor: $0) }
        }
    }

    private func range(_ node: DefinitionNode) -> PlausibleRange? {
        node.allowKeys("min", "max")
        let min = node["min"]?.decimal()
        let max = node["max"]?.decimal()
        if case .object = node.tree, node["min"] == nil, node["max"] == nil {
            node.note("has neither min nor max")
        }
        if let min, let max, max < min { node.note("min \(min) is more than max \(max)") }
        return PlausibleRange(min: min, max: max)
    }

    private func codeList(of node: DefinitionNode, type: ItemType?) -> CodeList? {
        guard let place = node["codeList"] else {
            if type == .code { node.note("is missing; an item of type code needs one", at: "codeList") }
            return nil
        }
        guard let name = place.text() else { return nil }
        guard let list = codeLists[name] else {
            place.note("there is no code list \"\(name)\" in \"codeLists\"")
            return nil
        }
        if type == .integer, let odd = list.codes.first(where: { Int64($0.code).map(String.init) != $0.code })
        {
            place.note("the item is an integer and the code \"\(odd.code)\" of \"\(name)\" is not")
        }
        return list
    }

    private mutating func requirement(_ node: DefinitionNode, in form: FormContext) -> Requirement {
        switch node.tree {
        case .flag(let flag): return flag ? .always : .never
        case .list: return .at(eventNames(node))
        case .object:
            node.allowKeys("item", "equals")
            guard let item = node.required("item")?.name(), let value = node.required("equals")?.text(),
                let form = form.oid
            else { return .never }
            conditions.append((node, form, item, value))
            return .when(item: item, equals: value)
        default:
            node.note(
                "must be true, false, a list of events, or {\"item\", \"equals\"}, not \(node.tree.spelled)")
            return .never
        }
    }

    private func eventNames(_ node: DefinitionNode) -> Set<String> {
        Set(
            node.elements(atLeast: 1).compactMap { element in
                guard let name = element.name() else { return nil }
                if events.contains(name) { return name }
                element.note("there is no event \"\(name)\"")
                return nil
            })
    }
}
