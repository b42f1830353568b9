extension Item {
    /// The value that a text of the command line, of a page or of a CSV cell stands for.
    ///
    /// Empty text empties the item; `@notDone` and its kin give a missing reason. Blanks around anything but
    /// a text are ignored.
    ///
    /// - Throws: ``ProblemCode/wrongType``, ``ProblemCode/unknownCode``, ``ProblemCode/unknownUnit`` or
    ///   ``ProblemCode/textTooLong``; the message names the item, what was typed and what is allowed.
    public func value(from text: String) throws(Problem) -> Value {
        if text.isEmpty { return .empty }
        if text.first == "@" { return .missing(try missingReason(text)) }
        if type == .text {
            if let problem = problem(withText: text) { throw problem }
            return .text(text)
        }
        let typed = text.withoutBlanksAround
        switch type {
        case .text: return .text(text)
        case .integer: return try integer(typed)
        case .decimal: return .decimal(try quantity(typed))
        case .code:
            guard let code = codeList?.code(typed: typed) else { throw refusal(.unknownCode, of: typed) }
            return .code(code.code)
        case .yesNo:
            guard let answer = ["y": true, "n": false][typed.lowercased()] else {
                throw refusal(.wrongType, of: typed)
            }
            return .yesNo(answer)
        case .date:
            guard let date = CalendarDate(typed), date.isFull || allowsPartialDate else {
                throw refusal(.wrongType, of: typed)
            }
            return .date(date)
        case .dateTime:
            guard let moment = OffsetDateTime(typed) else { throw refusal(.wrongType, of: typed) }
            return .dateTime(moment)
        }
    }

    private func missingReason(_ text: String) throws(Problem) -> MissingReason {
        let name = text.dropFirst().lowercased()
        if let reason = MissingReason.allCases.first(where: { $0.rawValue.lowercased() == name }) {
            return reason
        }
        let reasons = MissingReason.allCases.map { "@" + $0.rawValue }.joined(separator: ", ")
        throw Problem(
            .wrongType,
            "\(oid): \(text.quotedForMessage) begins with @ and is no missing reason; reasons are \(reasons)")
    }

    private func integer(_ typed: String) throws(Problem) -> Value {
        let digits = typed.hasPrefix("-") ? typed.dropFirst() : typed[...]
        guard (1...ExactDecimal.digitLimit).contains(digits.utf8.count), digits.utf8.allSatisfy(isDigit),
            let number = Int64(typed)
        else { throw refusal(.wrongType, of: typed) }
        if let codeList, !codeList.contains(String(number)) { throw refusal(.unknownCode, of: typed) }
        return .integer(number)
    }

    /// Reads a number and, if one follows, its unit; converts it exactly if the unit is not the item's own.
    private func quantity(_ typed: String) throws(Problem) -> Quantity {
        let numberText = typed.utf8.prefix { isDigit($0) || [.minus, .plus, .point, .comma].contains($0) }
        let unitText = String(typed.utf8.dropFirst(numberText.count)).map(\.withoutBlanksAround) ?? ""
        guard let number = ExactDecimal(String(numberText) ?? ""), !isExponent(unitText) else {
            throw refusal(.wrongType, of: typed)
        }
        guard !unitText.isEmpty else { return Quantity(number, unit: unit) }
        let spelling = Self.unitSpelling(unitText)
        if let unit, Self.unitSpelling(unit) == spelling { return Quantity(number, unit: unit) }
        guard let factor = factors.first(where: { Self.unitSpelling($0.unit) == spelling }) else {
            throw refusal(.unknownUnit, of: typed)
        }
        guard let converted = number.multiplied(by: factor.factor) else {
            throw refusal(.wrongType, of: typed)
        }
        let quantity = Quantity(converted, unit: unit, entered: typed)
        // The entered form is kept, and there is one that is not: of no sensible length, or with a tab in it.
        if let problem = problem(with: .decimal(quantity)) { throw problem }
        return quantity
    }

    /// Whether what follows the digits carries on the number instead of naming a unit: `e3`, or digits after
    /// a blank.
    private func isExponent(_ rest: String) -> Bool {
        guard let first = rest.utf8.first else { return false }
        if isDigit(first) { return true }
        guard first | 0x20 == UInt8(ascii: "e"), let next = rest.utf8.dropFirst().first else { return false }
        return isDigit(next) || next == .minus || next == .plus
    }

    /// One spelling for all the ways a unit is typed: case does not count, and both micro signs are a `u`.
    static func unitSpelling(_ unit: String) -> String {
        String(unit.lowercased().map { $0 == "\u{B5}" || $0 == "\u{3BC}" ? "u" : $0 })
    }
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

extension UInt8 {
    fileprivate static let minus = UInt8(ascii: "-")
    fileprivate static let plus = UInt8(ascii: "+")
    fileprivate static let point = UInt8(ascii: ".")
    fileprivate static let comma = UInt8(ascii: ",")
}

extension String {
    fileprivate var withoutBlanksAround: String {
        guard let start = firstIndex(where: { !$0.isWhitespace }),
            let end = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[start...end])
    }
}
