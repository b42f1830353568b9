package import TrialModel

/// Keeps a ``CaseCard`` of each participant in memory, so that a page over a thousand of them need not read
/// fifty thousand records: only those are worked out anew of whom something has changed, whichever process
/// wrote it.
///
/// Memory: some kilobytes a participant.
package actor CaseIndex {
    private let store: SQLiteReplica
    private let keepsFindings: Bool
    /// So many participants are read at the same time.
    private static let atOnce = 4
    private var cards: [EnrolmentID: CaseCard] = [:]
    private var list: CaseList?
    private var mark = StoreMark()
    private var day: CalendarDate?
    private var generation = 0
    /// The last one to look; each waits for the one before, so that nothing is worked out twice.
    private var last: Task<CaseList, any Error>?

    /// - Parameter keepsFindings: whether the findings of each sheet are wanted, by those who mend them.
    package init(_ store: SQLiteReplica, keepsFindings: Bool = false) {
        (self.store, self.keepsFindings) = (store, keepsFindings)
    }

    /// Everything as it stands here now: what has a verdict, with what has none yet on top.
    ///
    /// - Complexity: one look at the sites and at what waits if nothing came, else O(records of those of
    ///   whom something did). The first time, on another day, and under another version of the study:
    ///   O(records).
    package func current(study: StudyDefinition, today: CalendarDate) async throws -> CaseList {
        let before = last
        let task = Task {
            _ = await before?.result
            return try await self.renewed(study, today)
        }
        last = task
        return try await task.value
    }

    private func renewed(_ study: StudyDefinition, _ today: CalendarDate) async throws -> CaseList {
        let book = CaseBook(store: store, study: study)
        // The mark is taken before anything is read: what comes meanwhile is read twice, never missed.
        guard let list, list.study.version == study.version, day == today else {
            return try await readAll(book, today, from: try await store.mark())
        }
        let (next, touched) = try await store.touched(since: mark)
        guard next != mark else { return list }
        guard let touched else { return try await readAll(book, today, from: next) }
        for id in touched { try await renew(id, book, today) }
        return try await keep(book, today, next)
    }

    private func readAll(
        _ book: CaseBook, _ today: CalendarDate, from next: StoreMark
    ) async throws -> CaseList {
        cards = [:]
        list = nil
        // Several at once: the rules of one are worked out while another's records are read.
        var left = try await book.participants()[...]
        cards = try await withThrowingTaskGroup(of: CaseCard.self) { group in
            var cards: [EnrolmentID: CaseCard] = [:]
            func begin() {
                guard let next = left.popFirst() else { return }
                group.addTask { try await self.card(of: next, book, today) }
            }
            for _ in 0..<Self.atOnce { begin() }
            while let card = try await group.next() {
                cards[card.participant.id] = card
                begin()
            }
            return cards
        }
        return try await keep(book, today, next)
    }

    private nonisolated func card(
        of participant: CaseBook.Participant, _ book: CaseBook, _ today: CalendarDate
    ) async throws -> CaseCard {
        try await book.card(of: participant, today: today, withFindings: keepsFindings)
    }

    /// Works out one participant anew, and whoever bears the same number or bore it until now: a name says
    /// whether there is another.
    private func renew(_ id: EnrolmentID, _ book: CaseBook, _ today: CalendarDate) async throws {
        var numbers = Set([cards[id]?.participant.view.state.number].compactMap(\.self))
        if let number = try await book.number(of: id) { numbers.insert(number) }
        var found: [CaseBook.Participant] = []
        for number in numbers { found += try await book.participants(number: number) }
        if !found.contains(where: { $0.id == id }) {
            found += try await book.participants().filter { $0.id == id }
        }
        // What waited here and was not applied may have been all there was.
        cards[id] = nil
        for participant in found
        where participant.id == id || cards[participant.id]?.participant.name != participant.name {
            cards[participant.id] = try await card(of: participant, book, today)
        }
    }

    private func keep(_ book: CaseBook, _ today: CalendarDate, _ next: StoreMark) async throws -> CaseList {
        let ordered = cardsInOrder()
        var conflicts = ordered.flatMap(\.conflicts)
        if ordered.contains(where: \.sharesNumber) { conflicts += try await book.duplicateNumbers(nil) }
        let renewed = CaseList(
            study: book.study, cards: ordered, conflicts: conflicts.inOrder,
            quarantine: try await store.quarantine(), generation: generation + 1,
            likelyPairs: CaseBook.likelyPairs(
                ordered.compactMap { card in
                    card.standing?.likeness.map { (card.participant, $0) }
                }))
        (list, mark, day, generation) = (renewed, next, today, renewed.generation)
        return renewed
    }

    /// The cards in the order of the numbers, which stands as long as nobody came or was renumbered.
    private func cardsInOrder() -> [CaseCard] {
        let before = list?.cards ?? []
        let same = before.compactMap { old in
            cards[old.participant.id].flatMap { $0.participant.name == old.participant.name ? $0 : nil }
        }
        if same.count == cards.count { return same }
        return cards.values.sorted {
            ($0.participant.name, $0.participant.id) < ($1.participant.name, $1.participant.id)
        }
    }
}
