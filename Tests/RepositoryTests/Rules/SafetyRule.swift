/// What the compiler takes on trust has its reason beside it, and nothing that ships ends on an error.
enum SafetyRule {
    static func findings(in file: SourceFile) -> [Finding] {
        forcedTries(file) + uncheckedSendables(file)
    }

    private static func forcedTries(_ file: SourceFile) -> [Finding] {
        guard !file.path.hasPrefix("Tests/") else { return [] }
        return file.lines(containing: "try!").map { line in
            Finding(file.path, line, "try! ends the program: throw, or handle the error here")
        }
    }

    private static func uncheckedSendables(_ file: SourceFile) -> [Finding] {
        file.lines(containing: "@unchecked Sendable")
            .filter { !file.linesWithComment.contains($0) && !file.linesWithComment.contains($0 - 1) }
            .map {
                Finding(
                    file.path, $0, "@unchecked Sendable needs a sentence that says why, here or a line above")
            }
    }
}
