import TrialModel
import TrialPages
import TrialStore

/// A row of the list of visits that have not taken place.
struct OpenVisitRow: Sendable {
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

extension Console {
    /// A visit of a participant that has not taken place.
    private struct OpenVisit {
        let card: CaseCard
        let visit: ScheduledVisit
    }

    /// Which visits are late, in their window, due or missed, those that have waited longest first.
    func visits(_ visit: Visit) async throws -> PageResponse {
        let cards = try await seen(by: visit.visitor).staying
        let all = cards.flatMap { card in
            (card.standing?.openVisits ?? []).map { OpenVisit(card: card, visit: $0) }
        }
        let found = all.filter { open in
            let card = open.card.shown
            return visit.fits(
                site: card.site, kinds: [open.visit.status.rawValue],
                [card.participant, card.site.text, open.visit.event])
        }.sorted { Self.order($0) < Self.order($1) }
        let today = try centre.today
        let model = visit.list(
            visit.shown(found).map { row($0, today, visit) }, of: found.count, find: "findVisit",
            none: all.isEmpty ? "noVisitsOpen" : "nothingFound", sites: cards.map(\.shown.site),
            kinds: VisitStatus.open.map { ($0.rawValue, "visit.\($0.rawValue)") }, kindLabel: "status")
        return try await page(visit, .visits, title: visit.words("visitsToMake"), model)
    }

    private static func order(_ open: OpenVisit) -> (Int, Int, String) {
        let (place, day) = open.visit.urgency
        return (place, day, open.card.shown.participant)
    }

    private func row(_ open: OpenVisit, _ today: CalendarDate, _ visit: Visit) -> OpenVisitRow {
        let (words, scheduled) = (visit.words, open.visit)
        let window = [scheduled.from, scheduled.to].compactMap { $0.map { words.date($0.description) } }
        let path = "/participants/\(open.card.participant.id.hex)"
        return OpenVisitRow(
            href: "\(path)/\(urlEscaped(scheduled.event))", participantHref: path,
            participant: open.card.shown.participant, name: scheduled.event,
            label: scheduled.label(in: visit.study, words.language),
            site: open.card.shown.site.text,
            mark: scheduled.mark(today),
            standing: words.standing(of: scheduled, today), window: window.joined(separator: " – "))
    }
}
