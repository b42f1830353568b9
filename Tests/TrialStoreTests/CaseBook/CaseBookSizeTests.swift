import Foundation
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// A participant with many repeats of one visit: what one save costs does not grow with them, and what has to
/// look at all of them reads each a fixed number of times.
///
/// `TRIALSYNC_SIZE=6` makes it 300 repeats against 3,000.
@Suite(.tags(.store), .timeLimit(.minutes(10))) struct CaseBookSizeTests {
    private static let factor =
        ProcessInfo.processInfo.environment["TRIALSYNC_SIZE"].flatMap { Int($0) } ?? 1
    private static let today = CalendarDate("2026-06-01")
    let fixture: CaseBookFixture

    init() async throws { fixture = try await CaseBookFixture() }

    /// What was read for each thing that people and pages do.
    private struct Costs {
        var save = 0
        var preview = 0
        var look = 0
        var all = 0
        var card = 0
    }

    /// A desk whose book reads from a store that counts.
    private func counting(_ desk: CaseBookFixture.Desk) -> (CaseBookFixture.Desk, CountingStore) {
        let store = CountingStore(desk.store)
        let book = CaseBook(store: store, study: fixture.study)
        return (
            CaseBookFixture.Desk(
                store: desk.store, book: book, author: desk.author, key: desk.key, site: desk.site,
                random: desk.random), store
        )
    }

    /// Saves repeats of the unscheduled visit, each with a date and a weight.
    private func saveRepeats(_ numbers: ClosedRange<Int>, at desk: CaseBookFixture.Desk) async throws {
        let participant = try await desk.book.participant("PKU-001")
        var changes: [Change] = []
        for number in numbers {
            let id = RecordID(prefixOf: [1, UInt8(number >> 8), UInt8(number & 0xFF)])
            let sheet = try await desk.book.visit(participant, "UNS#\(number)") { id }
            let values = try desk.book.values([
                "SV.date=2026-03-\(number % 20 + 10)", "VS.weight=\(50 + number % 40)",
            ])
            let change = try await desk.book.saving(
                values, on: sheet, base: nil, reason: "", by: desk.author)
            changes.append(try #require(change))
        }
        _ = try await desk.store.save(changes, site: desk.site, signedWith: desk.key)
    }

    private func costs(_ desk: CaseBookFixture.Desk, _ store: CountingStore) async throws -> Costs {
        let participant = try await desk.book.participant("PKU-001")
        let today = try #require(Self.today)
        var costs = Costs()
        costs.save = try await store.during {
            let saved = try await desk.save(["VS.weight=95"], at: "UNS#3", reason: "weighed again")
            #expect(saved != nil)
        }
        // So that the next one finds what this one found.
        try await desk.save(["VS.weight=53"], at: "UNS#3", reason: "typing error")
        costs.preview = try await store.during {
            let values = try desk.book.values(["VS.weight=300"])
            let preview = try await desk.book.preview(
                of: try await desk.visit("UNS#3"), saving: values, at: desk.author.now)
            #expect(!preview.findings.isEmpty)
        }
        costs.look = try await store.during {
            let view = try await desk.view("UNS#3", withHistory: true)
            #expect(view.history?.isEmpty == false)
        }
        costs.all = try await store.during {
            let views = try await desk.book.views(of: participant)
            #expect(views.count > 3)
        }
        costs.card = try await store.during {
            let card = try await desk.book.card(of: participant, today: today, withFindings: true)
            #expect(card.shown.visits.count > 3)
        }
        return costs
    }

    @Test("With ten times the repeats a save reads the same, and what looks at all reads ten times as much")
    func repeats() async throws {
        let (few, times) = (50 * Self.factor, 10)
        let (desk, store) = counting(try await fixture.desk("wang"))
        try await desk.enrol("PKU-001")
        try await saveRepeats(1...few, at: desk)
        let small = try await costs(desk, store)
        try await saveRepeats((few + 1)...(few * times), at: desk)
        let large = try await costs(desk, store)
        print("\(few) repeats: \(small); \(few * times): \(large)")
        #expect(large.save == small.save)
        for cost in [\Costs.preview, \.look, \.all, \.card] {
            #expect(large[keyPath: cost] <= times * small[keyPath: cost], "\(small) became \(large)")
        }
    }
}
