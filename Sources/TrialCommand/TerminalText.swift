/// Text that cannot move the cursor of the terminal that it is printed on.
///
/// A name or value may have been written by anybody's program: escape sequences in it would rewrite what a
/// person reads, or what the terminal is called.
enum TerminalText {
    static let attention = "\u{1b}[33m"
    static let heading = "\u{1b}[1m"
    static let plain = "\u{1b}[0m"

    /// Control characters and those that turn the direction of writing are replaced by `\u{FFFD}`; line
    /// breaks stay, and so do our own three sequences.
    static func safe(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        let parts = text.split(separator: "\u{1b}", omittingEmptySubsequences: false)
        var safe = replaced(parts[0])
        for part in parts.dropFirst() {
            let isOurs = [attention, heading, plain].contains { part.hasPrefix($0.dropFirst()) }
            safe += (isOurs ? "\u{1b}" : "\u{FFFD}") + replaced(part)
        }
        return safe
    }

    /// The same on one line.
    static func line(_ text: String) -> String {
        String(replaced(text[...]).map { $0.isNewline ? " " : $0 })
    }

    private static func replaced(_ text: Substring) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { scalars.append(isUnsafe(scalar) ? "\u{FFFD}" : scalar) }
        return String(scalars)
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\n": false
        case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}", "\u{2028}", "\u{2029}": true
        default: scalar.properties.generalCategory == .control
        }
    }
}
