import TrialModel
import TrialPages
import TrialStore

struct VisitsModel: Sendable {
    struct Row: Sendable {
        let href: String
        let participantHref: String
        let participant: String
        let name: String
        let label: String
        let site: String
        /// A class of the style sheet with its mark.
        let mark: String
        let standing: String
        let window: String
    }

    let rows: [Row]
    let isEmpty: Bool
    /// What an empty list says.
    let nothing: String
    let find: String
    let sites: [Choice]
    let kinds: [Choice]
    let paging: Paging
}

extension Console {
    /// The statuses of visits that ask for something, the most urgent first.
    private static let openStatuses: [VisitStatus] = [.late, .inWindow, .due, .missed]

    /// A visit of a participant that has not taken place.
    private struct OpenVisit {
        let card: CaseCard
        let visit: ScheduledVisit
    }

    /// Which visits are late, in their window, due or missed, those that have waited longest first.
    func visits(_ visit: Visit) async throws -> PageResponse {
        let words = visit.words
        let cards = try await seen(by: visit.visitor).staying
        let (site, kind) = (visit.filter("site"), visit.filter("kind"))
        let all = cards.flatMap { card in
            (card.standing?.openVisits ?? []).map { OpenVisit(card: card, visit: $0) }
        }
        let found = all.filter { open in
            (site.isEmpty || open.card.shown.site.text == site)
                && (kind.isEmpty || open.visit.status.rawValue == kind)
                && visit.finds([open.card.shown.participant, open.card.shown.site.text, open.visit.event])
        }.sorted { Self.order($0) < Self.order($1) }
        let rows = found.dropFirst(visit.start).prefix(Paging.rows).map { row($0, visit) }
        let model = VisitsModel(
            rows: rows, isEmpty: rows.isEmpty, nothing: words(all.isEmpty ? "noVisitsOpen" : "nothingFound"),
            find: visit.filter("find"),
            sites: choices(Set(cards.map(\.shown.site.text)).sorted(), chosen: site) { $0 },
            kinds: choices(Self.openStatuses.map(\.rawValue), chosen: kind) { words("visit.\($0)") },
            paging: visit.paging(rows.count, of: found.count))
        return try await page(visit, .visits, title: words("visitsToMake"), model)
    }

    private static func order(_ open: OpenVisit) -> (Int, Int, String) {
        (
            openStatuses.firstIndex(of: open.visit.status) ?? openStatuses.count,
            (open.visit.to ?? open.visit.due)?.dayNumber ?? .max, open.card.shown.participant
        )
    }

    private func row(_ open: OpenVisit, _ visit: Visit) -> VisitsModel.Row {
        let (words, scheduled) = (visit.words, open.visit)
        let window = [scheduled.from, scheduled.to].compactMap { $0.map { words.date($0.description) } }
        let path = "/participants/\(open.card.participant.id.hex)"
        return VisitsModel.Row(
            href: "\(path)/\(urlEscaped(scheduled.event))", participantHref: path,
            participant: open.card.shown.participant, name: scheduled.event,
            label: visit.study.event(scheduled.event)?.label[words.language] ?? "",
            site: open.card.shown.site.text,
            mark: scheduled.status == .late || scheduled.status == .missed ? "attention" : "none",
            standing: words("visit.\(scheduled.status.rawValue)"), window: window.joined(separator: " – "))
    }
}
