/// `docs/validation.md` names tests as `SuiteTests/function`: each of them is there.
enum ValidationRule {
    /// The names in a page, with their lines.
    static func names(in text: String) -> [(line: Int, suite: String, function: String)] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().flatMap { index, line in
            line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }
                .compactMap { span -> (line: Int, suite: String, function: String)? in
                    let parts = span.element.split(separator: "/", omittingEmptySubsequences: false)
                    guard parts.count == 2, parts[0].hasSuffix("Tests"),
                        parts.allSatisfy({ part in part.allSatisfy { $0.isLetter || $0.isNumber } })
                    else { return nil }
                    return (index + 1, String(parts[0]), String(parts[1]))
                }
        }
    }

    /// - Parameter tests: the texts of all files of tests.
    static func findings(in text: String, at page: String, tests: [String]) -> [Finding] {
        names(in: text).filter { name in
            !tests.contains { file in
                (file.contains("struct \(name.suite) ") || file.contains("extension \(name.suite) "))
                    && file.contains("func \(name.function)(")
            }
        }.map { Finding(page, $0.line, "there is no test \($0.suite)/\($0.function)") }
    }
}
