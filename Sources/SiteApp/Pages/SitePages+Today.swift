import SyncClient
import TrialModel
import TrialPages

/// What is to be done today.
struct TodayModel: Sendable {
    struct Row: Sendable {
        let href: String
        let participant: String
        let what: String
        let mark: String
        let state: String
        let when: String
    }

    struct Figure: Sendable {
        let label: String
        let value: String
        let mark: String
        let href: String
    }

    let figures: [Figure]
    let due: Listed<Row>?
    let unfinished: Listed<Row>?
    let drafts: Listed<Row>?
    let notes: [String]
    let hasParticipants: Bool
}

extension SitePages {
    /// Visits that become due within so many days are shown.
    private static let daysAhead = 14

    func today(_ desk: Desk) async throws -> PageResponse {
        let (words, store) = (desk.words, desk.store)
        let status = try await store.status()
        let duties = try await desk.sync.duties()
        let counts = try await desk.sync.counts(try await store.standing())
        let names = Dictionary(duties.map { ($0.entry.id, $0.entry.name) }) { first, _ in first }
        let drafts = try await store.drafts().compactMap { draft -> TodayModel.Row? in
            guard let name = names[draft.participant] else { return nil }
            return TodayModel.Row(
                href: Self.path(draft.participant, draft.sheet), participant: name, what: draft.sheet,
                mark: "attention", state: words("draft"), when: words.localTime(draft.keptMilliseconds))
        }
        let model = TodayModel(
            figures: figures(status, counts, words), due: Listed(duties.flatMap { due($0, desk) }),
            unfinished: Listed(duties.flatMap { unfinished($0, desk) }), drafts: Listed(drafts),
            notes: notes(status, store, words), hasParticipants: !duties.isEmpty)
        return try await page(desk, .siteToday, title: words("today"), model)
    }

    /// The same counts as the menu's.
    private func figures(
        _ status: SiteStatus, _ counts: (conflicts: Int, queries: Int), _ words: Words
    ) -> [TodayModel.Figure] {
        [
            TodayModel.Figure(
                label: words("waitsToBeSent"), value: String(status.waiting),
                mark: status.waiting > 0 ? "attention" : "", href: "/logbook"),
            TodayModel.Figure(
                label: words("conflictsToSettle"), value: String(counts.conflicts),
                mark: counts.conflicts > 0 ? "conflict" : "", href: "/conflicts"),
            TodayModel.Figure(
                label: words("queriesToAnswer"), value: String(counts.queries),
                mark: counts.queries > 0 ? "attention" : "", href: "/queries"),
        ]
    }

    private func due(_ duties: SiteStore.Duties, _ desk: Desk) -> [TodayModel.Row] {
        let words = desk.words
        let today = desk.store.moment.localDate
        return duties.visits.compactMap { visit in
            switch visit.status {
            case .inWindow, .late, .missed: break
            case .due:
                guard let today, let from = visit.from, let days = from.days(since: today),
                    days <= Self.daysAhead
                else { return nil }
            case .notPlanned, .done: return nil
            }
            let label = desk.study.event(visit.event)?.label[words.language] ?? ""
            return TodayModel.Row(
                href: Self.path(duties.entry.id, visit.event), participant: duties.entry.name,
                what: "\(visit.event) \(label)", mark: visit.status == .due ? "none" : "attention",
                state: words("visit.\(visit.status.rawValue)"), when: Self.window(visit, words))
        }
    }

    static func window(_ visit: ScheduledVisit, _ words: Words) -> String {
        guard let from = visit.from, let to = visit.to else { return "" }
        return from == to
            ? words.date(from.description) : "\(words.date(from.description)) – \(words.date(to.description))"
    }

    private func unfinished(_ duties: SiteStore.Duties, _ desk: Desk) -> [TodayModel.Row] {
        duties.unfinished.map { sheet, findings in
            let isMajor = findings.contains { $0.severity == .major }
            return TodayModel.Row(
                href: Self.path(duties.entry.id, sheet), participant: duties.entry.name, what: sheet,
                mark: "attention", state: desk.words("findings", n: findings.count),
                when: isMajor ? desk.words("major") : "")
        }
    }

    /// What is out of the ordinary on this laptop.
    private func notes(_ status: SiteStatus, _ store: SiteStore, _ words: Words) -> [String] {
        var notes: [String] = []
        if status.quarantined > 0 { notes.append(words("siteQuarantined", n: status.quarantined)) }
        if store.isCopied { notes.append(words("siteCopied")) }
        if let offset = status.clockOffsetSeconds, abs(offset) > ClockTolerance.seconds {
            notes.append(words("clockOff", n: abs(offset)))
        }
        if let back = status.clockBackSeconds { notes.append(words("clockBack", n: back)) }
        if status.historyLeft > 0 { notes.append(words("historyLeft", n: status.historyLeft)) }
        if status.numbersLeft < 5 { notes.append(words("numbersLeft", n: status.numbersLeft)) }
        return notes
    }

    /// The path of a sheet, or of a participant.
    static func path(_ participant: String, _ sheet: String = "") -> String {
        "/participants/\(participant)" + (sheet.isEmpty ? "" : "/\(urlEscaped(sheet))")
    }
}
