/// A Swift file as the rules see it: its lines, and the same lines without comments and string literals.
struct SourceFile: Sendable {
    /// Relative to the repository's root.
    let path: String
    let lines: [String]
    /// As `lines`, with spaces for comments and literals, so that a rule on code never reads prose.
    let code: [String]
    let literals: [StringLiteral]
    /// Counted from 1.
    let linesWithComment: Set<Int>

    init(path: String, text: String) {
        let scan = SwiftScanner.scan(text)
        self.path = path
        lines = Self.split(text)
        code = Self.split(String(decoding: scan.code, as: UTF8.self))
        literals = scan.literals
        linesWithComment = scan.linesWithComment
    }

    /// The second component of `Sources/ROOM/…`, for files below `Sources`.
    var room: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    /// `Type+Facet` of `…/Type+Facet.swift`.
    var stem: String {
        let name = path.split(separator: "/").last ?? ""
        return String(name.prefix { $0 != "." })
    }

    /// The lines (from 1) whose code holds `token` with no letter, digit or `_` directly before or after it.
    func lines(containing token: String) -> [Int] {
        code.indices.filter { code[$0].containsToken(token) }.map { $0 + 1 }
    }

    /// Without an empty line for the line break that ends the file.
    private static func split(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }
}

/// The text between the quotes of one literal, interpolations left out.
struct StringLiteral: Hashable, Sendable {
    /// Where it begins, counted from 1.
    let line: Int
    let text: String
}

extension StringProtocol {
    /// Whether `token` stands here as a word of its own; an end that is no word character needs no boundary.
    func containsToken(_ token: String) -> Bool {
        guard let first = token.utf8.first, let last = token.utf8.last else { return false }
        let (text, token) = (Array(utf8), Array(token.utf8))
        guard text.count >= token.count else { return false }
        return (0...text.count - token.count).contains { start in
            guard text[start] == first, text[start..<start + token.count].elementsEqual(token) else {
                return false
            }
            let end = start + token.count
            let opens = !first.isWordCharacter || start == 0 || !text[start - 1].isWordCharacter
            let closes = !last.isWordCharacter || end == text.count || !text[end].isWordCharacter
            return opens && closes
        }
    }

    /// The identifiers and keywords of the text, in order.
    var words: [String] {
        utf8.split { !$0.isWordCharacter }.map { String(decoding: $0, as: UTF8.self) }
    }
}

extension UInt8 {
    /// A letter, digit or `_`, or a byte of a character beyond ASCII.
    var isWordCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...: true
        default: false
        }
    }
}
