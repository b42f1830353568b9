import Testing
import TrialModel
@testable import TrialPages

@Suite("Escaping")
struct PageTextTests {
    @Test(
        "Nothing gets out of text or of an attribute, whatever combines with it",
        arguments: [
            "<script>", "\" onfocus=alert(1) x=\"", "\"\u{301} onfocus=alert(1)", "<\u{338}img src=x>",
            "'\u{20E3}", "&\u{200D}lt;", "\u{1F1E6}\"", "a\u{0}b", "]]>", "{{#evil}}",
        ])
    func hostile(text: String) {
        let escaped = PageText().escapeText(text)
        #expect(!escaped.unicodeScalars.contains { "<>\"'\0".unicodeScalars.contains($0) })
    }

    @Test("Random scalars never leave a mark of HTML behind, and plain text stays what it is")
    func random() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            var text = ""
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                let value =
                    Bool.random(using: &random)
                    ? UInt32.random(in: 0x20...0x7E, using: &random)
                    : UInt32.random(in: 0x300...0x36F, using: &random)
                if let scalar = UnicodeScalar(value) { text.unicodeScalars.append(scalar) }
            }
            let escaped = PageText().escapeText(text)
            #expect(!escaped.unicodeScalars.contains { "<>\"'".unicodeScalars.contains($0) }, "\(text)")
        }
        #expect(PageText().escapeText("重 71.5\u{2009}kg\n") == "重 71.5\u{2009}kg\n")
    }

    @Test("A hostile label in a page stays text: in the title, in a field and in a picture")
    func inPages() {
        let label = "\"\u{301}><script>alert(1)</script>"
        var shell = Shell(title: label, place: label, words: Words(.en), path: "/")
        shell.notice = Shell.Notice(.problem, label, remedy: label)
        shell.entries = [Shell.Entry(href: "/", label: label, count: 1, isCurrent: true)]
        let picture = LinePicture(
            title: label, xLabel: label, yLabel: label,
            series: [.init(label, .line, [.init(x: 0, y: 1, place: label, text: label)])])
        let html = PageRenderer().page(.login, Login(user: label, back: label), in: shell)
        for text in [html, picture.figure(Words(.en)) ?? ""] {
            #expect(!text.contains("<script>alert"))
            #expect(!text.unicodeScalars.elementsEqual("".unicodeScalars))
            #expect(!text.unicodeScalars.split(separator: "\u{301}").dropLast().contains { $0.last == "\"" })
        }
    }

    private struct Login: Sendable {
        let user: String
        let back: String
    }
}
