/// The functions of a file with their length, from the line of the keyword to that of the closing brace.
struct FunctionScanner {
    struct Function: Hashable {
        let name: String
        let line: Int
        let lineCount: Int
    }

    private static let keywords: Set<String> = ["func", "init", "deinit", "subscript"]
    /// A declaration that begins before a body has opened ends a requirement that has none.
    private static let declarations: Set<String> = keywords.union([
        "var", "let", "static", "mutating", "nonmutating", "associatedtype", "typealias", "case",
    ])

    private let code: [UInt8]

    static func functions(in file: SourceFile) -> [Function] {
        let scanner = FunctionScanner(code: Array(file.code.joined(separator: "\n").utf8))
        return scanner.functions()
    }

    private func functions() -> [Function] {
        var found: [Function] = []
        var (index, line) = (0, 1)
        while index < code.count {
            let end = endOfWord(from: index)
            if end > index {
                let word = String(decoding: code[index..<end], as: UTF8.self)
                if Self.keywords.contains(word), !isNameOrCall(at: index), let close = endOfBody(from: end) {
                    let lineCount = code[index..<close].count(where: { $0 == UInt8(ascii: "\n") }) + 1
                    found.append(Function(name: name(after: end, or: word), line: line, lineCount: lineCount))
                }
                index = end
            } else {
                if code[index] == UInt8(ascii: "\n") { line += 1 }
                index += 1
            }
        }
        return found
    }

    private func endOfWord(from index: Int) -> Int {
        var end = index
        while end < code.count, code[end].isWordCharacter { end += 1 }
        return end
    }

    /// `.init(` calls an initialiser, and `` `init` `` is a name.
    private func isNameOrCall(at index: Int) -> Bool {
        index > 0 && (code[index - 1] == UInt8(ascii: ".") || code[index - 1] == UInt8(ascii: "`"))
    }

    private func name(after index: Int, or keyword: String) -> String {
        guard keyword == "func" else { return keyword }
        return String(decoding: code[index...].dropFirst().prefix { $0 != UInt8(ascii: "(") }, as: UTF8.self)
    }

    /// The place of the brace that closes the body; `nil` for a requirement, which has no body.
    private func endOfBody(from start: Int) -> Int? {
        var (index, brackets, braces) = (start, 0, 0)
        while index < code.count {
            let end = endOfWord(from: index)
            if end > index {
                let word = String(decoding: code[index..<end], as: UTF8.self)
                let isNext = Self.declarations.contains(word) && !isNameOrCall(at: index)
                if isNext, braces == 0, brackets == 0 { return nil }
                index = end
                continue
            }
            switch code[index] {
            case UInt8(ascii: "("), UInt8(ascii: "["): brackets += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): brackets -= 1
            case UInt8(ascii: "{") where brackets == 0 || braces > 0: braces += 1
            case UInt8(ascii: "}") where brackets == 0 || braces > 0:
                braces -= 1
                if braces <= 0 { return braces == 0 ? index : nil }
            default: break
            }
            index += 1
        }
        return nil
    }
}
