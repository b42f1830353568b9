extension RuleReader {
    /// Doses are less than this many, and have at most six digits after the point: then sums and differences
    /// of doses always have few enough digits to be exact.
    static let doseLimit: Int32 = 1_000_000
    private static let doseScaleLimit = 6

    /// The unit of a parameter.
    func unit(of name: String) -> String? { parameter(name)?.tree["unit"]?.text }

    /// Notes a parameter that is not in the unit that it must be in; `nil` stands for no unit.
    func require(unit: String?, of name: String) {
        guard let place = parameter(name), self.unit(of: name) != unit else { return }
        place.note(unit.map { "must be \"\($0)\"" } ?? "must be left out", at: "unit")
    }

    /// An amount of a drug in the unit.
    func amount(_ name: String, unit: String?) -> ExactDecimal? {
        require(unit: unit, of: name)
        return required(name).flatMap { amount($0) }
    }

    /// A number greater than zero, of few enough digits to be added and subtracted exactly.
    func amount(_ node: DefinitionNode) -> ExactDecimal? {
        guard let number = positive(node) else { return nil }
        guard number < ExactDecimal(Self.doseLimit), number.normalized.scale <= Self.doseScaleLimit else {
            node.note(
                "must be less than \(Self.doseLimit), and have at most \(Self.doseScaleLimit) "
                    + "digits after the point, not \(number)"
            )
            return nil
        }
        return number.normalized
    }

    /// A decimal that a form of the study derives, in the unit.
    func derived(_ node: DefinitionNode, unit: String?) -> String? {
        guard let name = node.text() else { return nil }
        guard let item = forms.flatMap(\.derived).first(where: { $0.oid == name }) else {
            node.note("there is no derived item \"\(name)\"")
            return nil
        }
        if item.type != .decimal || item.unit != unit {
            node.note("\"\(name)\" is not a decimal in \(unit ?? "no unit")")
        }
        return name
    }

    /// An item that takes decimals in the unit.
    func quantity(_ node: DefinitionNode, unit: String?) -> Item? {
        guard let item = item(node, .decimal) else { return nil }
        if item.unit != unit {
            node.note("\"\(item.oid)\" is in \(item.unit ?? "no unit"), not in \(unit ?? "no unit")")
        }
        return item
    }

    /// One code of an item's code list.
    func code(_ node: DefinitionNode, of item: Item) -> String? {
        guard let code = node.text() else { return nil }
        guard item.codeList?.contains(code) == true else {
            node.note("\"\(code)\" is no code of \(item.oid)")
            return nil
        }
        return code
    }

    private func parameter(_ name: String) -> DefinitionNode? {
        guard rule.tree["parameters"]?.list != nil else { return nil }
        return rule["parameters"]?.elements().first { $0.tree["name"]?.text == name }
    }
}
