import Testing

@Suite("Telling code from comments and texts")
struct ScannerTests {
    @Test(
        "Comments and string literals are blanked, and what is interpolated is code",
        arguments: [
            ("a // b", "a     "),
            ("a /* b /* c */ d */ e", "a                   e"),
            (#"a("b")"#, "a(   )"),
            (#"a("b\"c") + d"#, "a(      ) + d"),
            (#"a("b\(c("d"))e")"#, "a(    c(   )   )"),
            (##"a(#"b"c"#) + d"##, "a(       ) + d"),
            (##"a(#"b\#(c)"#)"##, "a(      c   )"),
            ("a(\"\"\"\n  b \"c\" // d\n  \"\"\") + e", "a(   \n            \n     ) + e"),
            (#"a(#/b"c/#) + d"#, "a(       ) + d"),
            ("a(\"http://b\") // c", "a(          )     "),
        ])
    func commentsAndTextsAreBlanked(text: String, code: String) {
        let file = SourceFile(path: "A.swift", text: text)
        #expect(file.code.joined(separator: "\n") == code)
    }

    @Test("Literals keep the line they begin in, and comments the lines they stand in")
    func linesAreKept() {
        let file = SourceFile(
            path: "A.swift", text: "/* a\n*/ let b = \"c\"\nlet d = \"\"\"\n    e\n    \"\"\"\n// f\n")
        #expect(file.literals.map(\.line) == [2, 3])
        #expect(file.literals.first?.text == "c")
        #expect(file.linesWithComment == [1, 2, 6])
        #expect(file.lines.count == 6)
    }
}
