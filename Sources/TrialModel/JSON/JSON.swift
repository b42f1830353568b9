/// A JSON document to be written: keys keep their order, numbers keep their digits (`8.10` stays `8.10`).
public enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    /// The digits as they are to stand.
    case number(String)
    case string(String)
    case array([JSON])
    case object([Member])

    /// One key of an object and its value.
    public struct Member: Hashable, Sendable {
        public let key: String
        public let value: JSON

        public init(_ key: String, _ value: JSON) { (self.key, self.value) = (key, value) }
    }

    public static func int(_ number: some BinaryInteger) -> JSON { .number(String(number)) }

    /// The string, or null.
    public static func optional(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }

    /// An object from pairs; those whose value is `nil` are left out.
    public static func keyed(_ pairs: KeyValuePairs<String, JSON?>) -> JSON {
        .object(pairs.compactMap { pair in pair.value.map { Member(pair.key, $0) } })
    }

    /// An object with more members after its own; those whose value is `nil` are left out.
    /// An object with more members behind its own.
    public func adding(_ pairs: KeyValuePairs<String, JSON?>) -> JSON {
        guard case .object(let members) = self, case .object(let more) = JSON.keyed(pairs) else {
            return self
        }
        return .object(members + more)
    }

    /// The document on one line.
    public var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let flag): text += flag ? "true" : "false"
        case .number(let digits): text += digits
        case .string(let string): Self.write(string, to: &text)
        case .array(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += "," }
                element.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                Self.write(member.key, to: &text)
                text += ":"
                member.value.write(to: &text)
            }
            text += "}"
        }
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            // The last two kinds would not trouble a parser, but the terminal on which it is printed.
            case ..<" ", "\u{2028}", "\u{2029}", "\u{7f}"..."\u{9f}", "\u{202A}"..."\u{202E}",
                "\u{2066}"..."\u{2069}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension Value {
    /// As commands.md gives values: numbers exactly, dates as ISO 8601, null for empty and for missing.
    public var json: JSON {
        switch self {
        case .empty, .missing: .null
        case .integer(let number): .int(number)
        case .decimal(let quantity): .number(quantity.number.description)
        case .text(let text), .code(let text): .string(text)
        case .yesNo(let answer): .bool(answer)
        case .date(let date): .string(date.description)
        case .dateTime(let moment): .string(moment.description)
        }
    }

    /// The unit of a quantity.
    public var unit: String? {
        guard case .decimal(let quantity) = self else { return nil }
        return quantity.unit
    }
}
