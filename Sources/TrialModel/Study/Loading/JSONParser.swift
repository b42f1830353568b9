/// Where and why bytes are not a JSON document.
struct JSONFault: Error, Hashable, Sendable {
    /// Counted from 1.
    let line: Int
    /// In bytes, counted from 1.
    let column: Int
    let message: String
}

/// Reads RFC 8259 JSON into a ``JSONTree``: exact numbers, keys in order, and a limit on nesting.
///
/// Our own, because a study's decimals must stay exact and a data manager needs line and column of a slip.
struct JSONParser {
    /// How deep lists and objects may nest.
    static let depthLimit = 32

    private let bytes: [UInt8]
    private var index: Int

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
        index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0  // the byte order mark that some editors write
    }

    /// - Complexity: O(*n*) in the number of bytes.
    static func parse(_ bytes: [UInt8]) throws(JSONFault) -> JSONTree {
        var parser = JSONParser(bytes)
        let tree = try parser.value(depth: 0)
        parser.skipBlanks()
        guard parser.index == bytes.count else {
            throw parser.fault("something follows the end of the document")
        }
        return tree
    }

    private mutating func value(depth: Int) throws(JSONFault) -> JSONTree {
        guard depth <= Self.depthLimit else {
            throw fault("lists and objects nest deeper than \(Self.depthLimit)")
        }
        skipBlanks()
        guard let first = peek else { throw fault("the document ends where a value should stand") }
        switch first {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try list(depth: depth)
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        case UInt8(ascii: "t"): return try word("true", .flag(true))
        case UInt8(ascii: "f"): return try word("false", .flag(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw fault("a value should stand here")
        }
    }

    private mutating func object(depth: Int) throws(JSONFault) -> JSONTree {
        index += 1
        var members: [JSONTree.Member] = []
        skipBlanks()
        if take("}") { return .object([]) }
        while true {
            skipBlanks()
            guard peek == UInt8(ascii: "\"") else { throw fault("a key in double quotes should stand here") }
            let key = try text()
            skipBlanks()
            guard take(":") else { throw fault("a colon should stand after the key \"\(key)\"") }
            members.append(.init(key: key, value: try value(depth: depth + 1)))
            skipBlanks()
            if take(",") { continue }
            if take("}") { return .object(members) }
            throw fault("a comma or } should stand here")
        }
    }

    private mutating func list(depth: Int) throws(JSONFault) -> JSONTree {
        index += 1
        var elements: [JSONTree] = []
        skipBlanks()
        if take("]") { return .list([]) }
        while true {
            elements.append(try value(depth: depth + 1))
            skipBlanks()
            if take(",") { continue }
            if take("]") { return .list(elements) }
            throw fault("a comma or ] should stand here")
        }
    }

    private mutating func word(_ word: String, _ tree: JSONTree) throws(JSONFault) -> JSONTree {
        guard bytes[index...].starts(with: word.utf8) else { throw fault("a value should stand here") }
        index += word.utf8.count
        return tree
    }

    private mutating func number() throws(JSONFault) -> String {
        let start = index
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func digits() throws(JSONFault) {
        let start = index
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
        guard index > start else { throw fault("a digit should stand here") }
    }

    private mutating func text() throws(JSONFault) -> String {
        let start = index
        index += 1
        var content: [UInt8] = []
        while let byte = peek {
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else {
                    index = start
                    throw fault("the text is not UTF-8")
                }
                return text
            case UInt8(ascii: "\\"): content += Array(String(try escape()).utf8)
            case 0..<0x20: throw fault("a text may not hold a control character; write \\n or \\t")
            default: content.append(byte)
            }
        }
        index = start
        throw fault("the text has no closing quote")
    }

    private mutating func escape() throws(JSONFault) -> Unicode.Scalar {
        let byte = peek
        index += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try codePoint()
        default: throw fault("this escape is not one of JSON's")
        }
    }

    private mutating func codePoint() throws(JSONFault) -> Unicode.Scalar {
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first), take("\\"), take("u") else {
            throw fault("half of a surrogate pair stands alone")
        }
        let second = try codeUnit()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        else { throw fault("half of a surrogate pair stands alone") }
        return scalar
    }

    private mutating func codeUnit() throws(JSONFault) -> UInt32 {
        guard index + 4 <= bytes.count,
            let pair = Hex.decode(String(decoding: bytes[index..<index + 4], as: UTF8.self))
        else { throw fault("four hexadecimal digits should follow \\u") }
        index += 4
        return UInt32(pair[0]) << 8 | UInt32(pair[1])
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func skipBlanks() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private func fault(_ message: String) -> JSONFault {
        let before = bytes[..<min(index, bytes.count)]
        let line = before.count { $0 == 0x0A } + 1
        let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return JSONFault(line: line, column: before.count - start + 1, message: message)
    }
}
