import Foundation
import Testing
import TrialModel

/// `docs/reference/errors.md` is made from the catalogue: `make docs` writes it, every other run compares it.
@Suite struct DocumentationTests {
    private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../docs/reference/errors.md").standardized

    private static var expected: String {
        var lines = [
            "# Error codes", "",
            "Made from the catalogue in `Sources/TrialModel/Problems` by `make docs`: do not edit.", "",
            "An error is one line on stderr, `error: CODE: what happened; what to do`.",
            "A code keeps its meaning for ever.",
            "Exit codes: 2 for `usage`, 3 for `server-unreachable`, 1 for every other.", "",
            "| code | what it means | what to do |", "|---|---|---|",
        ]
        for code in ProblemCode.allCases.sorted(by: { $0.rawValue < $1.rawValue }) {
            lines.append("| `\(code.rawValue)` | \(code.meaning) | \(code.remedy) |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    @Test("The page of error codes is that of the catalogue")
    func errorsPageIsCurrent() throws {
        if ProcessInfo.processInfo.environment["TRIALSYNC_DOCS"] == "write" {
            try FileManager.default.createDirectory(
                at: Self.page.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Self.expected.write(to: Self.page, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: Self.page, encoding: .utf8) == Self.expected, "run `make docs`")
    }

    @Test("Every code is kebab-case and says what it means and what to do", arguments: ProblemCode.allCases)
    func codesAreComplete(code: ProblemCode) {
        #expect(code.rawValue.allSatisfy { $0.isLowercase || $0 == "-" })
        #expect(!code.meaning.isEmpty && !code.remedy.isEmpty)
    }
}
