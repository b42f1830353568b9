/// Lines of a table as RFC 4180 has them, made safe for programs that take a cell for a formula.
///
/// A cell that begins with `=`, `+`, `-`, `@`, a tab or a line break, and is no number, gets an apostrophe
/// before it; so does one that begins with an apostrophe. So no cell is a formula, and whoever takes one
/// leading apostrophe off each cell that has one has what was entered.
public enum CSVLine {
    /// The line with its CR LF.
    public static func text(_ cells: [String]) -> String {
        cells.map(cell).joined(separator: ",") + "\r\n"
    }

    static func cell(_ text: String) -> String {
        let safe = isFormula(text) ? "'" + text : text
        guard safe.unicodeScalars.contains(where: { [",", "\"", "\r", "\n"].contains($0) }) else {
            return safe
        }
        return "\"" + safe.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
            + "\""
    }

    private static func isFormula(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first else { return false }
        switch first {
        case "'", "=", "@", "\t", "\r", "\n", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}": return true
        case "+", "-": return ExactDecimal(text) == nil
        default: return false
        }
    }
}
