/// Nothing above the store knows SQL: statements stand in string literals of TrialStore alone.
enum SQLRule {
    /// The words a statement is known by, in their order; SQL is written in capitals here.
    private static let statements: [[String]] = [
        ["SELECT", "FROM"], ["INSERT", "INTO"], ["UPDATE", "SET"], ["DELETE", "FROM"], ["CREATE", "TABLE"],
    ]

    static func findings(in file: SourceFile) -> [Finding] {
        guard let room = file.room, room != "TrialStore" else { return [] }
        return file.literals.compactMap { literal in
            guard let statement = statements.first(where: { isStatement($0, in: literal.text) }) else {
                return nil
            }
            let name = statement.joined(separator: " … ")
            return Finding(
                file.path, literal.line, "SQL (\(name)) belongs to TrialStore; ask the store by its protocol")
        }
    }

    private static func isStatement(_ statement: [String], in text: String) -> Bool {
        guard text.contains(statement[0]) else { return false }
        var rest = text.words[...]
        return statement.allSatisfy { word in
            guard let place = rest.firstIndex(of: word) else { return false }
            rest = rest[(place + 1)...]
            return true
        }
    }
}
