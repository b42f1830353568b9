import Foundation
import Testing
import TrialModel

/// The pages of `docs/reference` are made from the code: `make docs` writes them, every other run compares.
@Suite struct DocumentationTests {
    private static func expectCurrent(
        _ name: String, _ lines: [String], at location: SourceLocation = #_sourceLocation
    ) throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../docs/reference/\(name)").standardized
        let text = lines.joined(separator: "\n") + "\n"
        if ProcessInfo.processInfo.environment["TRIALSYNC_DOCS"] == "write" {
            try FileManager.default.createDirectory(
                at: page.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: page, atomically: true, encoding: .utf8)
        }
        let found = try String(contentsOf: page, encoding: .utf8)
        #expect(found == text, "run `make docs`", sourceLocation: location)
    }

    @Test("The page of error codes is that of the catalogue")
    func errorsPageIsCurrent() throws {
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
        try Self.expectCurrent("errors.md", lines)
    }

    @Test("The page of roles is the table of rights")
    func rolesPageIsCurrent() throws {
        let roles = Role.ofPeople
        var lines = [
            "# Roles and rights", "",
            "Made from the table in `Sources/TrialModel/Changes/Action.swift` by `make docs`: do not edit.",
            "",
            "The laptop asks this table before a save, the centre when it takes an entry (against the rights",
            "of that moment) and before each command with a `--user`. Roles marked \u{2020} belong to the",
            "sites they were given, the others to the whole trial. What runs at the centre without a",
            "`--user` (sites, people, laptops, reports, exports) is done by whoever may read the server's",
            "directory.", "",
            "| | " + roles.map { $0.name + ($0.isBoundToSites ? " \u{2020}" : "") }.joined(separator: " | ")
                + " |",
            "|---|" + roles.map { _ in ":-:|" }.joined(),
        ]
        for action in Action.allCases {
            let cells = roles.map { $0.may(action) ? "yes" : "" }.joined(separator: " | ")
            lines.append("| \(action.meaning) | \(cells) |")
        }
        lines += [
            "",
            "Who decides a conflict of values can be narrowed by the study (`resolveBy` of the rule",
            "`conflictResolution`). A decision, lock, unlock, void, signature or release must carry the",
            "person's own signature.",
        ]
        try Self.expectCurrent("roles.md", lines)
    }

    @Test("Every code is kebab-case and says what it means and what to do", arguments: ProblemCode.allCases)
    func codesAreComplete(code: ProblemCode) {
        #expect(code.rawValue.allSatisfy { $0.isLowercase || $0 == "-" })
        #expect(!code.meaning.isEmpty && !code.remedy.isEmpty)
    }
}
