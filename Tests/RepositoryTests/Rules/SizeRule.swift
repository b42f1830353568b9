/// Limits that keep a file readable in one sitting and a function on one screen.
enum SizeRule {
    static let fileLimitLines = 400
    static let functionLimitLines = 70
    static let lineLimitCharacters = 110

    static func findings(in file: SourceFile) -> [Finding] {
        files(file) + lines(file) + functions(file)
    }

    private static func files(_ file: SourceFile) -> [Finding] {
        guard file.lines.count > fileLimitLines else { return [] }
        return [
            Finding(
                file.path, 1,
                "\(file.lines.count) lines; the limit is \(fileLimitLines): make a Type+Facet.swift")
        ]
    }

    private static func lines(_ file: SourceFile) -> [Finding] {
        file.lines.enumerated().compactMap { index, line in
            guard line.utf8.count > lineLimitCharacters, line.count > lineLimitCharacters else { return nil }
            return Finding(
                file.path, index + 1, "\(line.count) characters; the limit is \(lineLimitCharacters)")
        }
    }

    private static func functions(_ file: SourceFile) -> [Finding] {
        FunctionScanner.functions(in: file).filter { $0.lineCount > functionLimitLines }.map { function in
            let size = "\(function.name) has \(function.lineCount) lines"
            return Finding(
                file.path, function.line, "\(size); the limit is \(functionLimitLines): give its steps names")
        }
    }
}
