import Testing
@testable import TrialCommand

@Suite("What reaches a terminal")
struct TerminalTextTests {
    @Test(
        "Text that somebody else wrote cannot control the terminal",
        arguments: [
            "\u{1b}[2J", "\u{1b}]0;title\u{7}", "\u{9b}31m", "\r", "\u{8}", "\0", "\u{7f}", "\u{202E}abc",
            "\u{2066}x\u{2069}", "\u{1b}", "a\u{1b}[33", "\u{2028}",
        ])
    func hostile(text: String) {
        let safe = TerminalText.safe("before " + text + " after")
        #expect(safe.hasPrefix("before ") && safe.hasSuffix(" after") && safe.contains("\u{FFFD}"))
        for scalar in safe.unicodeScalars {
            #expect(scalar.properties.generalCategory != .control)
            #expect(!("\u{202A}"..."\u{202E}").contains(scalar))
        }
        #expect(!TerminalText.line(text).unicodeScalars.contains("\u{1b}"))
    }

    @Test("Our own emphasis, line breaks and every language's letters stay as they are")
    func ours() {
        let text = TerminalText.attention + "北京 Zoë\nשלום" + TerminalText.plain
        #expect(TerminalText.safe(text) == text)
        #expect(TerminalText.line("one\ntwo") == "one two")
    }
}
