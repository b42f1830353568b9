import Foundation
public import TrialModel

/// Where a command's answer goes: one JSON document, or short aligned text, coloured only on a terminal.
public struct CommandOutput: Sendable {
    public let isJSON: Bool
    /// The language of what findings say.
    public let language: Language
    private let isColoured: Bool
    private let hasProgress: Bool

    /// - Parameter language: what the person chose; what the environment says if `nil`.
    public init(isJSON: Bool, language: Language? = nil) {
        self.isJSON = isJSON
        self.language = language ?? Language(environment: ProcessInfo.processInfo.environment)
        let isPlain = ProcessInfo.processInfo.environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        isColoured = !isJSON && !isPlain && isatty(STDOUT_FILENO) == 1
        hasProgress = isatty(STDERR_FILENO) == 1
    }

    /// Prints the answer: the document with `--json`, else the text.
    public func answer(_ json: @autoclosure () -> JSON, _ text: @autoclosure () -> String) {
        let answer = isJSON ? json().text : TerminalText.safe(text())
        // A reader that has seen enough (`| head`) is no failure.
        try? FileHandle.standardOutput.write(contentsOf: Data(answer.utf8 + [10]))
    }

    /// Says something besides the answer, on stderr.
    public func remark(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(TerminalText.safe(text).utf8 + [10]))
    }

    /// Emphasis for what needs a person.
    public func attention(_ text: String) -> String { styled(text, TerminalText.attention) }
    public func heading(_ text: String) -> String { styled(text, TerminalText.heading) }

    private func styled(_ text: String, _ style: String) -> String {
        isColoured ? style + text + TerminalText.plain : text
    }

    /// Rows with aligned columns; nothing but the note if there are none.
    public func table(_ header: [String], _ rows: [[String]], none: String) -> String {
        guard !rows.isEmpty else { return none }
        // A line break in a cell would pass for a row.
        let rows = rows.map { $0.map(TerminalText.line) }
        var widths = header.map(\.count)
        for row in rows {
            for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.count) }
        }
        func line(_ cells: [String]) -> String {
            let padded = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            var text = padded.joined(separator: "  ")
            while text.last == " " { text.removeLast() }
            return text
        }
        return ([heading(line(header))] + rows.map(line)).joined(separator: "\n")
    }

    /// A bar on stderr while long work goes on, if that is a terminal.
    public func progress(_ done: Int, of total: Int, _ label: String) {
        guard hasProgress, total > 0 else { return }
        let filled = min(24, 24 * done / total)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
        try? FileHandle.standardError.write(
            contentsOf: Data("\r\u{1b}[K\(label) \(bar) \(done) of \(total)".utf8))
    }

    public func endProgress() {
        if hasProgress { try? FileHandle.standardError.write(contentsOf: Data("\r\u{1b}[K".utf8)) }
    }
}

/// Asks for a password.
public enum PasswordPrompt {
    /// `TRIALSYNC_PASSWORD`, or what is typed on the terminal without an echo.
    ///
    /// - Throws: `Problem(.passwordNeeded)` without either.
    public static func ask(_ user: String) throws(Problem) -> String {
        if let password = ProcessInfo.processInfo.environment["TRIALSYNC_PASSWORD"] { return password }
        guard isatty(STDIN_FILENO) == 1 else {
            throw Problem(.passwordNeeded, "the password of \(user) is needed")
        }
        return typed("Password of \(user): ")
    }

    /// A new password: the first line of standard input, or what is typed twice on the terminal.
    ///
    /// - Throws: `Problem(.passwordNeeded)`; `.usage` if the two are not the same.
    public static func askNew(_ user: String, fromInput: Bool) throws(Problem) -> String {
        if fromInput { return try readFromInput() }
        guard isatty(STDIN_FILENO) == 1 else {
            throw Problem(
                .passwordNeeded, "the new password of \(user) is needed",
                remedy: "run it on a terminal, or give --password-stdin")
        }
        let password = typed("New password for \(user): ")
        guard typed("The same again: ") == password else {
            throw Problem(.usage, "the two passwords are not the same", remedy: "try again")
        }
        return password
    }

    /// `TRIALSYNC_PASSPHRASE`, or what is typed on the terminal without an echo.
    ///
    /// - Parameter isNew: it is typed twice, since nobody can get at a backup with a typing error in it.
    /// - Throws: `Problem(.passwordNeeded)` without either; `.wrongPassphrase` if the two differ.
    public static func askPassphrase(new isNew: Bool) throws(Problem) -> String {
        if let passphrase = ProcessInfo.processInfo.environment["TRIALSYNC_PASSPHRASE"] { return passphrase }
        guard isatty(STDIN_FILENO) == 1 else {
            throw Problem(
                .passwordNeeded, "the passphrase of the backup is needed",
                remedy: "run it on a terminal, or set TRIALSYNC_PASSPHRASE")
        }
        let passphrase = typed("Passphrase of the backup: ")
        if isNew, typed("And again: ") != passphrase {
            throw Problem(.wrongPassphrase, "the two passphrases differ", remedy: "type the same one twice")
        }
        return passphrase
    }

    private static func typed(_ label: String) -> String {
        FileHandle.standardError.write(Data(label.utf8))
        var settings = termios()
        tcgetattr(STDIN_FILENO, &settings)
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
            FileHandle.standardError.write(Data("\n".utf8))
        }
        return readLine() ?? ""
    }

    /// The first line of standard input.
    public static func readFromInput() throws(Problem) -> String {
        guard let line = readLine(), !line.isEmpty else {
            throw Problem(
                .passwordNeeded, "no password came on standard input", remedy: "pipe one line to the command")
        }
        return line
    }
}
