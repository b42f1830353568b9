import Foundation
import Testing
import TrialModel

/// CSV as spreadsheets write it (RFC 4180).
@Suite(.tags(.unit)) struct CSVReaderTests {
    private func cells(_ text: String) throws -> [[String]] {
        try CSVReader.rows(Data(text.utf8)).map(\.cells)
    }

    @Test(
        "Lines and cells are told apart",
        arguments: [
            ("", []), ("a", [["a"]]), ("a,b\n", [["a", "b"]]),
            ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]),
            ("a,b\nc,d", [["a", "b"], ["c", "d"]]), (",\n", [["", ""]]), ("\n", [[""]]),
            ("a,\n", [["a", ""]]),
            ("\u{FEFF}a,b\n", [["a", "b"]]), ("a\n\nb\n", [["a"], [""], ["b"]]), ("体重,é\n", [["体重", "é"]]),
        ] as [(String, [[String]])])
    func plain(text: String, expected: [[String]]) throws { #expect(try cells(text) == expected) }

    @Test(
        "Quotes hold commas, line ends and quotes",
        arguments: [
            (#""a,b",c"#, [["a,b", "c"]]), ("\"a\nb\",c\n", [["a\nb", "c"]]), (#""a""b""#, [["a\"b"]]),
            ("\"\",x\n", [["", "x"]]), (#""""""#, [["\""]]), (#"a"b,c"#, [["a\"b", "c"]]),
            ("\"a\r\nb\"\r\n", [["a\r\nb"]]),
        ])
    func quoted(text: String, expected: [[String]]) throws { #expect(try cells(text) == expected) }

    @Test("A row has the number of the line that it begins on")
    func numbers() throws {
        let rows = try CSVReader.rows(Data("h\n\"a\nb\nc\"\nd\r\n\r\ne".utf8))
        #expect(rows.map(\.line) == [1, 2, 5, 6, 7])
        #expect(rows.map(\.cells) == [["h"], ["a\nb\nc"], ["d"], [""], ["e"]])
    }

    @Test("A quote that stays open is refused with the line it opened on")
    func openQuote() {
        let problem = #expect(throws: Problem.self) { try CSVReader.rows(Data("h\na,b\n\"c,d\ne\n".utf8)) }
        #expect(problem?.code == .malformed)
        #expect(problem?.message.contains("line 3") == true)
    }

    @Test("Bytes that are not UTF-8 are refused with their line")
    func encoding() {
        let problem = #expect(throws: Problem.self) {
            try CSVReader.rows(Data("h\nok\n".utf8) + Data([0x63, 0xE9, 0x0A]))
        }
        #expect(problem?.code == .malformed)
        #expect(problem?.message.contains("line 3") == true)
    }

    @Test("A slice of a larger buffer is read from its own start")
    func slice() throws {
        let whole = Data("xxxa,b\n".utf8)
        #expect(try CSVReader.rows(whole[3...]).map(\.cells) == [["a", "b"]])
    }
}
