import Foundation
import Testing
import TrialModel

/// Tables of visits, as they are read before a store is asked.
@Suite(.tags(.unit)) struct ImportTableTests {
    private func table(_ text: String) throws -> ImportTable {
        try ImportTable(
            Data(text.utf8), study: try StudyDefinition.shipped(), participants: ["PKU-001", "PKU-002"])
    }

    @Test("A line gives the values of its cells; an empty one leaves the item alone")
    func lines() throws {
        let table = try table(
            """
            participant,event,VS.weight,SV.date
            PKU-001,BL,71.5,2026-03-02

            PKU-002,UNS#2,@notDone,
            PKU-001,UNS#2,,
            """)
        #expect(table.problems.isEmpty)
        #expect(table.lines.map(\.line) == [2, 4, 5])
        #expect(table.lines.map(\.participant) == ["PKU-001", "PKU-002", "PKU-001"])
        #expect(table.lines.map(\.sheet) == ["BL", "UNS#2", "UNS#2"])
        let first = table.lines[0].values
        #expect(first.keys.sorted() == ["SV.date", "VS.weight"])
        #expect(first["SV.date"] == .date(CalendarDate("2026-03-02")!))
        #expect(table.lines[1].values == ["VS.weight": .missing(.notDone)])
        #expect(table.lines[2].values.isEmpty)
    }

    @Test("Each line that cannot be saved is named with its item and what is wrong; the others are read")
    func problems() throws {
        let table = try table(
            """
            participant,event,VS.weight,NO.item,VS.weight
            PKU-001,BL,70,,
            PKU-009,BL,heavy,,
            PKU-001,W99,,,
            PKU-001,BL
            PKU-001,BL,70,,
            """)
        let found = table.problems.map { "\($0.line) \($0.item ?? "") \($0.code.rawValue)" }
        #expect(
            found == [
                "1 NO.item unknown-item", "1 VS.weight usage", "3  unknown-participant",
                "3 VS.weight wrong-type", "4  unknown-event", "5  malformed", "5  usage", "6  usage",
            ])
        #expect(table.lines.map(\.line) == [2, 6])
    }

    @Test("A log form in place of the event begins a line each time")
    func logLines() throws {
        let table = try table("participant,event,AE.term\nPKU-001,AE,flu\nPKU-001,AE,flu\n")
        #expect(table.problems.isEmpty && table.lines.count == 2)
        #expect(table.lines.allSatisfy { $0.sheet == "AE" && $0.values == ["AE.term": .text("flu")] })
    }

    @Test(
        "A file with another header is no such table",
        arguments: ["", "participant,event\n", "event,participant,VS.weight\n", "a,b,c\n"])
    func header(text: String) {
        let problem = #expect(throws: Problem.self) { try table(text) }
        #expect(problem?.code == .malformed)
    }
}
