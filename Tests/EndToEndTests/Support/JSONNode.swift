import Foundation

/// JSON as a program printed it.
enum JSONNode: Hashable, Sendable, Decodable {
    case null
    case bool(Bool)
    case number(Decimal)
    case string(String)
    case array([JSONNode])
    case object([String: JSONNode])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Decimal.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONNode].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONNode].self))
        }
    }

    /// What stands under a key; `null` if nothing does.
    subscript(_ keys: String...) -> JSONNode {
        keys.reduce(self) { node, key in
            guard case .object(let members) = node else { return .null }
            return members[key] ?? .null
        }
    }

    subscript(_ index: Int) -> JSONNode {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return .null }
        return elements[index]
    }

    var keys: Set<String> {
        guard case .object(let members) = self else { return [] }
        return Set(members.keys)
    }

    var list: [JSONNode] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }

    var text: String {
        guard case .string(let text) = self else { return "" }
        return text
    }

    /// Not a number if it is no number.
    var double: Double {
        guard case .number(let number) = self else { return .nan }
        return NSDecimalNumber(decimal: number).doubleValue
    }

    /// -1 if it is no number.
    var int: Int {
        guard case .number(let number) = self else { return -1 }
        return NSDecimalNumber(decimal: number).intValue
    }
}

extension JSONNode: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral
{
    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int) { self = .number(Decimal(value)) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(floatLiteral value: Double) { self = .number(Decimal(string: "\(value)") ?? Decimal(value)) }
}
