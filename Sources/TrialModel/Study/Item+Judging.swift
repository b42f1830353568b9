extension Item {
    /// The longest entered form that is kept beside a converted value, in Unicode scalars.
    static let enteredLimit = 200

    /// Why the value cannot stand here; `nil` if it can. What is implausible can: that is a finding.
    ///
    /// Judged is what ``value(from:)`` guarantees: type, code list, unit, length of text.
    public func problem(with value: Value) -> Problem? {
        switch (value, type) {
        case (.empty, _), (.missing, _), (.yesNo, .yesNo), (.dateTime, .dateTime): nil
        case (.integer(let number), .integer):
            if let codeList, !codeList.contains(String(number)) {
                refusal(.unknownCode, of: String(number))
            } else if number.magnitude >= 1_000_000_000_000_000_000 {
                refusal(.wrongType, of: String(number))
            } else {
                nil
            }
        case (.decimal(let quantity), .decimal): problem(with: quantity)
        case (.code(let code), .code):
            codeList?.contains(code) == true ? nil : refusal(.unknownCode, of: code)
        case (.text(let text), .text): problem(withText: text)
        case (.date(let date), .date):
            date.isFull || allowsPartialDate ? nil : refusal(.wrongType, of: date.description)
        default: refusal(.wrongType, of: value.described)
        }
    }

    private func problem(with quantity: Quantity) -> Problem? {
        if quantity.unit != unit { return refusal(.unknownUnit, of: Value.decimal(quantity).described) }
        guard let entered = quantity.entered else { return nil }
        if entered.unicodeScalars.count > Self.enteredLimit
            || entered.unicodeScalars.contains(where: \.isControl)
        {
            return refusal(.wrongType, of: entered)
        }
        return nil
    }

    func problem(withText text: String) -> Problem? {
        let length = text.unicodeScalars.count
        if length > maxLength {
            return Problem(
                .textTooLong,
                "\(oid): \(text.quotedForMessage) has \(length) characters; allowed are \(maxLength)"
            )
        }
        let hasControl = text.unicodeScalars.contains { $0.isControl && $0 != "\n" && $0 != "\t" }
        return hasControl ? refusal(.wrongType, of: text) : nil
    }

    /// The problem of a value that is refused: names the item, what was given and what is allowed.
    func refusal(_ code: ProblemCode, of given: String) -> Problem {
        Problem(code, "\(oid): \(given.quotedForMessage) is not taken; allowed is \(allowed)")
    }

    /// What may be entered, for a message.
    public var allowed: String {
        switch type {
        case .integer: codeList.map { "one of " + $0.listed } ?? "a whole number"
        case .decimal:
            unit.map {
                "a number such as 12.5 (a point, no exponent) in "
                    + ([$0] + factors.map(\.unit)).joined(separator: ", ")
            }
                ?? "a number such as 12.5 (a point, no exponent)"
        case .text:
            "a text of at most \(maxLength) characters, without control characters but newline and tab"
        case .code: "one of " + (codeList?.listed ?? "no code")
        case .yesNo: "Y or N"
        case .date:
            allowsPartialDate
                ? "a date such as 2026-03-02, 2026-03 or 2026" : "a full date such as 2026-03-02"
        case .dateTime: "date, time and offset such as 2026-03-02T09:12+08:00"
        }
    }
}

extension CodeList {
    /// The codes for a message, shortened if there are many.
    fileprivate var listed: String {
        codes.prefix(30).map(\.code).joined(separator: ", ") + (codes.count > 30 ? ", and more" : "")
    }
}

extension Value {
    /// The value as a person would type it, for a message.
    var described: String {
        switch self {
        case .empty: ""
        case .missing(let reason): "@" + reason.rawValue
        case .integer(let number): String(number)
        case .decimal(let quantity): quantity.number.description + (quantity.unit.map { " " + $0 } ?? "")
        case .text(let text), .code(let text): text
        case .yesNo(let answer): answer ? "Y" : "N"
        case .date(let date): date.description
        case .dateTime(let moment): moment.description
        }
    }

    /// Whether this is what the text stands for, in the spelling that is stored.
    func isTyped(as text: String) -> Bool { described == text }
}

extension String {
    /// In quotes, on one line and of bounded length, as a message repeats what a person typed.
    var quotedForMessage: String {
        let limit = 60
        let line = unicodeScalars.prefix(limit).map { $0.isControl ? "\u{FFFD}" : String($0) }.joined()
        return "\"" + line + (unicodeScalars.count > limit ? "…\"" : "\"")
    }
}

extension Unicode.Scalar {
    /// Whether this is a control character (general category Cc), newline and tab included.
    var isControl: Bool { properties.generalCategory == .control }
}
