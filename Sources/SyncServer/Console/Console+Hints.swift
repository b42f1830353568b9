import TrialModel
import TrialPages
import TrialStore

/// What the overview asks a person to look at.
extension Console {
    /// Serious adverse events, the newest report first.
    func seriousEvents(_ list: CaseList, _ words: Words) -> [OverviewModel.Event] {
        let found = list.staying.flatMap { card in
            card.seriousEvents(in: list.study, now: centre.now).map { (card: card, event: $0) }
        }
        return found.sorted { ($0.event.hoursSinceReceipt ?? 0) < ($1.event.hoursSinceReceipt ?? 0) }.map {
            card, event in
            OverviewModel.Event(
                participant: event.participant, site: event.site.text,
                term: words.value(event.term, of: nil), onset: words.value(event.onset, of: nil),
                sinceOnset: event.hoursSinceOnset.map { words("hours", n: $0) } ?? words("notKnown"),
                sinceReceipt: event.hoursSinceReceipt.map { words("hours", n: $0) } ?? words("notKnown"),
                line: event.line, href: Self.path(card.participant.id, event.line))
        }
    }

    /// Values outside the window that the study keeps them in, which nobody confirmed.
    func outside(_ list: CaseList, _ words: Words) -> [OverviewModel.Hint] {
        list.staying.flatMap { card in
            (card.standing?.outside ?? []).map { outside in
                let name = "\(card.shown.participant) \(outside.visit)"
                let link = OverviewModel.Link(
                    href: Self.path(card.participant.id, outside.visit), name: name)
                return OverviewModel.Hint(
                    site: card.shown.site.text, links: [link],
                    text: words.withUnits(outside.finding.text[words.language]))
            }
        }
    }

    /// Participants who are likely one person, and what both records say.
    func alike(_ list: CaseList, _ visit: Visit) -> [OverviewModel.Hint] {
        list.likelyPairs.map { pair in
            let said = pair.shown.items.map { value in
                let item = visit.study.item(value.item)
                let label = item?.label[visit.words.language] ?? value.item
                return "\(label): \(visit.words.value(value.value, of: item))"
            }
            return OverviewModel.Hint(
                site: pair.shown.site.text,
                links: zip(pair.ids, pair.shown.participants).map {
                    OverviewModel.Link(href: Self.path($0, ""), name: $1)
                }, text: said.joined(separator: ", "))
        }
    }

    /// Where a sheet of a participant is looked at; the participant without one.
    static func path(_ participant: EnrolmentID, _ sheet: String) -> String {
        "/participants/\(participant.hex)" + (sheet.isEmpty ? "" : "/\(urlEscaped(sheet))")
    }
}
