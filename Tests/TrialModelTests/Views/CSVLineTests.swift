import Testing
import TrialModel

@Suite("Lines of a table", .tags(.unit)) struct CSVLineTests {
    @Test(
        "A cell is quoted where RFC 4180 asks for it, and nowhere else",
        arguments: [
            ("plain", "plain"), ("", ""), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""),
            ("two\nlines", "\"two\nlines\""), ("谷浓度 é", "谷浓度 é"), ("8.10 kg", "8.10 kg"),
            (" led by a blank", " led by a blank"),
        ])
    func quoted(text: String, cell: String) { #expect(CSVLine.text([text, "z"]) == cell + ",z\r\n") }

    @Test(
        "No cell is a formula, and what was entered can be told from what was put before it",
        arguments: [
            ("=1+1", "'=1+1"), ("@lock", "'@lock"), ("+cmd", "'+cmd"), ("-2+3", "'-2+3"), ("'x", "''x"),
            ("\tx", "'\tx"), ("=HYPERLINK(\"a\",\"b\")", "\"'=HYPERLINK(\"\"a\"\",\"\"b\"\")\""),
            ("\u{FF1D}1", "'\u{FF1D}1"),
        ])
    func formula(text: String, cell: String) { #expect(CSVLine.text([text]) == cell + "\r\n") }

    @Test("A number keeps its sign", arguments: ["-5", "-8.10", "0"])
    func number(text: String) { #expect(CSVLine.text([text]) == text + "\r\n") }
}
