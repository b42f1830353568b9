/// A JSON document as it was written: numbers keep their digits, objects keep the order of their keys.
///
/// Parameters of a study's rules are kept in this form until the rule that uses them reads them.
public enum JSONTree: Hashable, Sendable {
    case null
    case flag(Bool)
    /// The digits as they stand in the document, so that `8.10` stays `8.10`.
    case number(String)
    case text(String)
    case list([JSONTree])
    case object([Member])

    /// One key of an object and what stands there.
    public struct Member: Hashable, Sendable {
        /// The key, without escapes.
        public let key: String
        /// What stands there.
        public let value: JSONTree
    }

    /// What stands under a key; `nil` if this is no object or has no such key.
    public subscript(key: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// The text, if this is one.
    public var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    /// The flag, if this is one.
    public var flag: Bool? {
        guard case .flag(let flag) = self else { return nil }
        return flag
    }

    /// The exact decimal, if this is a number without an exponent.
    public var decimal: ExactDecimal? {
        guard case .number(let digits) = self else { return nil }
        return ExactDecimal(digits)
    }

    /// The whole number, if this is one.
    public var integer: Int? {
        guard case .number(let digits) = self else { return nil }
        return Int(digits)
    }

    /// The elements, if this is a list.
    public var list: [JSONTree]? {
        guard case .list(let elements) = self else { return nil }
        return elements
    }

    /// The texts, if this is a list of texts only.
    public var texts: [String]? {
        guard let list else { return nil }
        let texts = list.compactMap(\.text)
        return texts.count == list.count ? texts : nil
    }

    /// What stands there, for a message: `-5`, `"five"`, `a list`; a long text is cut.
    var spelled: String {
        switch self {
        case .flag(let flag): "\(flag)"
        case .number(let digits): digits.count > 40 ? digits.prefix(40) + "…" : digits
        case .text(let text): "\"\(text.count > 40 ? text.prefix(40) + "…" : text)\""
        case .null, .list, .object: kind
        }
    }

    /// What it is, for a message: `a number`.
    var kind: String {
        switch self {
        case .null: "null"
        case .flag: "true or false"
        case .number: "a number"
        case .text: "a text"
        case .list: "a list"
        case .object: "an object"
        }
    }
}
