import TrialModel
import TrialPages
import TrialStore

/// A row of the list of serious adverse events.
struct SeriousRow: Sendable {
    let participant: String
    let site: String
    let term: ShownValue
    let onset: ShownValue
    let sinceOnset: String
    let sinceReceipt: String
    let line: String
    let href: String
}

/// Something that a person is to look at: where, and what.
struct HintsModel: Sendable {
    struct Row: Sendable {
        let site: String
        let links: [Link]
        let text: String
        /// To what can be done about it; `nil` for who may not.
        var act: Link?
    }

    struct Link: Sendable {
        let href: String
        let name: String
    }

    let list: SearchedList<Row>
    /// What such rows ask for.
    let meaning: String
    /// What the columns of the places and of the texts are called.
    let place: String
    let said: String
}

/// What the console asks a person to look at.
extension Console {
    // MARK: Serious adverse events

    /// A serious adverse event with the participant whose it is.
    struct SeriousCase: Sendable {
        let card: CaseCard
        let event: SeriousEvent
    }

    /// Serious adverse events, the newest report first.
    func seriousCases(_ list: CaseList) -> [SeriousCase] {
        let found = list.staying.flatMap { card in
            card.seriousEvents(in: list.study, now: centre.now).map { SeriousCase(card: card, event: $0) }
        }
        return found.sorted { ($0.event.hoursSinceReceipt ?? 0) < ($1.event.hoursSinceReceipt ?? 0) }
    }

    func row(_ found: SeriousCase, _ words: Words) -> SeriousRow {
        let event = found.event
        return SeriousRow(
            participant: event.participant, site: event.site.text,
            term: ShownValue(event.terms, of: nil, words), onset: ShownValue(event.onsets, of: nil, words),
            sinceOnset: event.hoursSinceOnset.map { words("hours", n: $0) } ?? words("notKnown"),
            sinceReceipt: event.hoursSinceReceipt.map { words("hours", n: $0) } ?? words("notKnown"),
            line: event.line, href: Self.path(found.card.participant.id, event.line))
    }

    /// All serious adverse events at the visitor's sites.
    func serious(_ visit: Visit) async throws -> PageResponse {
        let words = visit.words
        let all = seriousCases(try await seen(by: visit.visitor))
        let found = all.filter {
            visit.fits(
                site: $0.event.site, kinds: [],
                [$0.event.participant, $0.event.site.text]
                    + $0.event.terms.map { words.value($0, of: nil) })
        }
        let model = visit.list(
            visit.shown(found).map { row($0, words) }, of: found.count, find: "findSerious",
            none: all.isEmpty ? "noSeriousEvents" : "nothingFound", sites: all.map(\.event.site))
        return try await page(visit, .serious, title: words("seriousEvents"), model)
    }

    // MARK: Values outside their window

    /// Values outside the window that the study keeps them in, which nobody confirmed.
    func outside(_ visit: Visit) async throws -> PageResponse {
        let (words, cards) = (visit.words, try await seen(by: visit.visitor).staying)
        let all = cards.flatMap { card in
            (card.standing?.outside ?? []).map { (card: card, value: $0) }
        }
        let found = all.filter { entry in
            let shown = entry.card.shown
            return visit.fits(
                site: shown.site, kinds: [], [shown.participant, shown.site.text, entry.value.visit])
        }
        let rows = visit.shown(found).map { card, value in
            let link = HintsModel.Link(
                href: Self.path(card.participant.id, value.visit),
                name: "\(card.shown.participant) \(value.visit)")
            return HintsModel.Row(
                site: card.shown.site.text, links: [link],
                text: words.asPrinted(value.finding.text[words.language]))
        }
        let list = visit.list(
            rows, of: found.count, find: "findVisit", none: all.isEmpty ? "noOutside" : "nothingFound",
            sites: all.map { $0.card.shown.site })
        let model = HintsModel(
            list: list, meaning: words("outsideMeaning"), place: words("visit"), said: words("finding"))
        return try await page(visit, .hints, title: words("outsideWindow"), model)
    }

    // MARK: Likely pairs

    /// Participants who are likely one person, and what both records say.
    func pairs(_ visit: Visit) async throws -> PageResponse {
        let (words, all) = (visit.words, try await seen(by: visit.visitor).likelyPairs)
        let found = all.filter {
            visit.fits(site: $0.shown.site, kinds: [], $0.shown.participants + [$0.shown.site.text])
        }
        let rows = visit.shown(found).map { pair in
            let said = pair.shown.items.map { value in
                let item = visit.study.item(value.item)
                let label = item?.label[words.language] ?? value.item
                return label + words.colon + words.value(value.value, of: item)
            }
            return HintsModel.Row(
                site: pair.shown.site.text,
                links: zip(pair.ids, pair.shown.participants).map {
                    HintsModel.Link(href: Self.path($0, ""), name: $1)
                }, text: said.joined(separator: words.comma), act: way(to: pair, visit))
        }
        let list = visit.list(
            rows, of: found.count, find: "findParticipant", none: all.isEmpty ? "noAlike" : "nothingFound",
            sites: all.map(\.shown.site))
        let model = HintsModel(
            list: list, meaning: words("alikeMeaning"), place: words("participants"), said: words("bothSay"))
        return try await page(visit, .hints, title: words("likelyPairs"), model)
    }

    /// Where a sheet of a participant is looked at; the participant without one.
    static func path(_ participant: EnrolmentID, _ sheet: String) -> String {
        "/participants/\(participant.hex)" + (sheet.isEmpty ? "" : "/\(urlEscaped(sheet))")
    }
}
