import Testing
import TrialModel

@Suite(.tags(.unit)) struct ValueDetailTests {
    private let stamp = EntryStamp(
        entry: "3fa8/1", author: "nurse-1", role: "dataEntry", device: "laptop-a", site: "PKU",
        at: "2026-03-02T09:00:00Z", receivedAt: nil, reason: "", studyVersion: 1, isSigned: false)

    private func converted() throws -> Value {
        .decimal(Quantity(try #require(ExactDecimal("9.05")), unit: "mmol/L", entered: "350 mg/dL"))
    }

    @Test("An item says its unit, why it is missing, and what was typed before it was converted")
    func items() throws {
        let item = ItemView(
            item: "LB.cholesterol", state: .agreed, value: try converted(), versions: [])
        let view = VisitView.sample(items: [
            item, ItemView(item: "VS.weight", state: .empty, value: .missing(.notDone), versions: []),
        ])
        let text = view.json.text
        #expect(
            text.contains(
                #""LB.cholesterol":{"value":9.05,"unit":"mmol/L","entered":"350 mg/dL","state":"agreed"}"#))
        #expect(text.contains(#""VS.weight":{"value":null,"missing":"notDone","state":"empty"}"#))
    }

    @Test("Versions in conflict say the same, so that a missing code and an emptied item can be told apart")
    func versions() throws {
        let version = VersionView(
            stamp: stamp,
            values: [
                ItemValue("LB.cholesterol", try converted()), ItemValue("LB.alt", .missing(.refused)),
                ItemValue("LB.date", .empty),
            ])
        let details =
            #""details":{"LB.cholesterol":{"unit":"mmol/L","entered":"350 mg/dL"},"#
            + #""LB.alt":{"missing":"refused"}}"#
        #expect(version.json.text.contains(details))
    }

    @Test("The audit trail says what was typed before it was converted, as a table and as JSON")
    func audit() throws {
        let entry = AuditEntry(
            stamp: stamp, change: "c", kind: "save", verdict: "applied", record: "r", participant: "PKU-001",
            place: "BL", conflict: nil, cites: [],
            changes: [.init(item: "LB.cholesterol", old: [try converted(), .empty], new: try converted())])
        let text = "9.05 mmol/L (entered as 350 mg/dL)"
        let cells = Dictionary(zip(AuditEntry.header, try #require(entry.rows.first))) { first, _ in first }
        #expect(cells["old"] == text + " | " && cells["new"] == text)
        let value = #"{"value":9.05,"unit":"mmol/L","entered":"350 mg/dL"}"#
        #expect(entry.json.text.contains(#""new":"# + value))
        #expect(entry.json.text.contains(#""old":["# + value + #",{"value":null}]"#))
    }

    @Test("The history says which missing code was replaced")
    func history() throws {
        let entry = HistoryView(
            stamp: stamp, kind: "save", verdict: "pending",
            changes: [.init(item: "VS.weight", old: [.missing(.notDone)], new: .missing(.unknown))])
        #expect(
            entry.json.text.contains(
                #""VS.weight":{"old":null,"oldMissing":["notDone"],"new":null,"missing":"unknown"}"#))
    }
}

extension VisitView {
    fileprivate static func sample(items: [ItemView]) -> VisitView {
        VisitView(
            header: Header(
                participant: "PKU-001", place: .visit(event: "BL", occurrence: nil),
                site: SiteCode("PKU") ?? .all, record: "r"),
            base: "", items: items, derived: [], checks: [], conflicts: [], locked: false, voided: false,
            pending: 0)
    }
}
