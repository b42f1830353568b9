/// Tells code, comments and string literals apart: enough of Swift's grammar for the rules, and no more.
///
/// Knows nested comments, escapes, interpolation, raw and multi-line strings. Of regex literals it knows
/// `#/…/#`; a quote in a `/…/` blanks at most the rest of its line.
struct SwiftScanner {
    struct Result {
        /// As many bytes as the text, line breaks in place, comments and literals as spaces.
        var code: [UInt8]
        var literals: [StringLiteral] = []
        var linesWithComment: Set<Int> = []
    }

    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var result: Result

    static func scan(_ text: String) -> Result {
        var scanner = SwiftScanner(Array(text.utf8))
        scanner.scanCode(insideInterpolation: false)
        return scanner.result
    }

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
        result = Result(code: bytes.map { $0 == .newline ? $0 : .space })
    }

    private func has(_ text: StaticString, at offset: Int = 0) -> Bool {
        let start = index + offset
        guard start + text.utf8CodeUnitCount <= bytes.count else { return false }
        for position in 0..<text.utf8CodeUnitCount where bytes[start + position] != text.utf8Start[position] {
            return false
        }
        return true
    }

    private mutating func advance(_ count: Int = 1) {
        for _ in 0..<count where index < bytes.count {
            if bytes[index] == .newline { line += 1 }
            index += 1
        }
    }

    private mutating func scanCode(insideInterpolation: Bool) {
        var depth = 0
        while index < bytes.count {
            if has("//") {
                while index < bytes.count, bytes[index] != .newline { skipComment(1) }
            } else if has("/*") {
                scanBlockComment()
            } else if let pounds = poundsBeforeQuote() {
                scanString(pounds: pounds)
            } else if has("#/") {
                while index < bytes.count, bytes[index] != .newline, !has("/#", at: 1) { advance() }
                advance(3)
            } else {
                if bytes[index] == UInt8(ascii: "(") { depth += 1 }
                if bytes[index] == UInt8(ascii: ")") {
                    depth -= 1
                    if insideInterpolation, depth < 0 { return advance() }
                }
                result.code[index] = bytes[index]
                advance()
            }
        }
    }

    private mutating func skipComment(_ count: Int) {
        result.linesWithComment.insert(line)
        advance(count)
    }

    private mutating func scanBlockComment() {
        var depth = 0
        while index < bytes.count {
            if has("/*") {
                depth += 1
                skipComment(2)
            } else if has("*/") {
                depth -= 1
                skipComment(2)
                if depth == 0 { return }
            } else {
                skipComment(1)
            }
        }
    }

    /// The number of `#` before a quote, if a string literal begins here.
    private func poundsBeforeQuote() -> Int? {
        var count = 0
        while index + count < bytes.count, bytes[index + count] == .pound { count += 1 }
        return has("\"", at: count) ? count : nil
    }

    private func hasPounds(_ count: Int, at offset: Int) -> Bool {
        let start = index + offset
        return start + count <= bytes.count && bytes[start..<start + count].allSatisfy { $0 == .pound }
    }

    private mutating func scanString(pounds: Int) {
        let begin = line
        var text: [UInt8] = []
        let isMultiLine = has("\"\"\"", at: pounds)
        advance(pounds + (isMultiLine ? 3 : 1))
        while index < bytes.count {
            if has("\\"), hasPounds(pounds, at: 1) {
                if has("(", at: 1 + pounds) {
                    advance(2 + pounds)
                    scanCode(insideInterpolation: true)
                } else {
                    advance(2 + pounds)
                }
            } else if isMultiLine ? has("\"\"\"") : has("\""), hasPounds(pounds, at: isMultiLine ? 3 : 1) {
                advance(pounds + (isMultiLine ? 3 : 1))
                break
            } else if !isMultiLine, bytes[index] == .newline {
                break
            } else {
                text.append(bytes[index])
                advance()
            }
        }
        result.literals.append(StringLiteral(line: begin, text: String(decoding: text, as: UTF8.self)))
    }
}

extension UInt8 {
    fileprivate static let newline = UInt8(ascii: "\n")
    fileprivate static let space = UInt8(ascii: " ")
    fileprivate static let pound = UInt8(ascii: "#")
}
