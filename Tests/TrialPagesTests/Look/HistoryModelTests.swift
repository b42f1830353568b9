import Testing
import TrialModel
@testable import TrialPages

@Suite("The history as pages tell it")
struct HistoryModelTests {
    @Test("When copied messages were written is one time each, with its zone", arguments: Language.allCases)
    func written(language: Language) throws {
        func message(_ text: String, offset: Int64) -> [HistoryView.ItemChange] {
            [
                HistoryView.ItemChange(item: "@message", old: [], new: .text(text)),
                HistoryView.ItemChange(item: "@message.at", old: [], new: .integer(1_772_000_000_000)),
                HistoryView.ItemChange(item: "@message.offset", old: [], new: .integer(offset)),
            ]
        }
        let entry = HistoryView(
            stamp: EntryStamp(
                entry: "made-up/1", author: "nurse-1", role: "dataEntry", device: "ward-1", site: "PKU",
                at: "2026-11-29T02:42:00Z", receivedAt: nil, reason: "", studyVersion: 1, isSigned: true),
            kind: "release", verdict: "applied",
            changes: message("Which scale?", offset: 480) + message("The new one.", offset: 0))
        let words = Words(language)
        let changes = HistoryModel(entry, study: try .shipped(), words: words).changes
        #expect(changes.count == 4)
        #expect(changes[1].item == words("register.writtenAt"))
        #expect(changes[1].new == words.time("2026-02-25T14:13:20+08:00"))
        #expect(changes[3].new == words.time("2026-02-25T06:13:20Z"))
        #expect(!changes.contains { $0.new.contains("1772") || $0.item.contains("@message.") })
    }
}
