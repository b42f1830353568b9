/// The fields of a submitted form or of a query, `application/x-www-form-urlencoded`.
package struct FormFields: Hashable, Sendable {
    /// How many fields are read; what comes behind is refused.
    static let limit = 2_000

    private(set) package var all: [(name: String, value: String)]

    package init(_ all: [(name: String, value: String)] = []) { self.all = all }

    /// - Returns: `nil` for what is no such text: a broken escape, no UTF-8, or too many fields.
    package init?(encoded text: some Sequence<UInt8>) {
        var all: [(name: String, value: String)] = []
        for part in Array(text).split(separator: UInt8(ascii: "&")) {
            guard all.count < Self.limit else { return nil }
            let halves = part.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(halves[0]),
                let value = halves.count > 1 ? Self.decode(halves[1]) : ""
            else { return nil }
            all.append((name, value))
        }
        self.all = all
    }

    /// The first field of that name.
    package subscript(name: String) -> String? { all.first { $0.name == name }?.value }

    /// All fields of that name, in order: ticks.
    package func values(_ name: String) -> [String] { all.filter { $0.name == name }.map(\.value) }

    /// The fields whose names begin so, without that beginning: `item.VS.weight` by `item.`.
    package func named(_ prefix: String) -> [(name: String, value: String)] {
        all.filter { $0.name.hasPrefix(prefix) }.map { (String($0.name.dropFirst(prefix.count)), $0.value) }
    }

    private static func decode(_ bytes: some Collection<UInt8>) -> String? {
        var decoded: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): decoded.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit)
                else { return nil }
                decoded.append(high << 4 | low)
            default: decoded.append(byte)
            }
        }
        return String(validating: withPlainLineBreaks(decoded), as: UTF8.self)
    }

    /// Browsers send each line break as CR LF, and a text keeps it as LF: a CR would be refused.
    private static func withPlainLineBreaks(_ bytes: [UInt8]) -> [UInt8] {
        var plain: [UInt8] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n"), plain.last == UInt8(ascii: "\r") { plain.removeLast() }
            plain.append(byte)
        }
        return plain
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) }
    }

    package static func == (left: FormFields, right: FormFields) -> Bool {
        left.all.elementsEqual(right.all) { $0.name == $1.name && $0.value == $1.value }
    }

    package func hash(into hasher: inout Hasher) {
        for field in all {
            hasher.combine(field.name)
            hasher.combine(field.value)
        }
    }
}

/// Text for a place in a URL: everything but letters, digits and `-._~` by its bytes.
package func urlEscaped(_ text: String) -> String {
    var escaped = ""
    for byte in text.utf8 {
        let character = Character(UnicodeScalar(byte))
        if byte < 0x80, character.isLetter || character.isNumber || "-._~".contains(character) {
            escaped.append(character)
        } else {
            let hex = String(byte, radix: 16, uppercase: true)
            escaped += "%" + (hex.count == 1 ? "0" : "") + hex
        }
    }
    return escaped
}
