import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

/// A row of the list of participants.
struct ParticipantRow: Sendable {
    let href: String
    let participant: String
    let site: String
    let enrolled: String
    let status: String
    let visits: String
}

struct ParticipantModel: Sendable {
    struct Visit: Sendable {
        let href: String
        let name: String
        let label: String
        /// What people do not agree on, else how the visit stands in the schedule; then void, locked, signed.
        let marks: [Mark]
        let due: String
        let date: String
    }

    struct Line: Sendable {
        let href: String
        let name: String
        let form: String
        let values: ShownLine
        let marks: [Mark]
    }

    let site: String
    let printHref: String
    let visits: [Visit]
    let lines: [Line]
    let hasLines: Bool
    let figures: [String]
    /// To another number, or to another site; none for who may not decide that.
    let ways: [HintsModel.Link]
    let hasWays: Bool
    /// What is out of the ordinary: that the records went elsewhere, why something cannot be planned.
    let notes: [String]
}

extension Console {
    func participants(_ visit: Visit) async throws -> PageResponse {
        let words = visit.words
        let all = try await seen(by: visit.visitor).cards
        let found = all.filter {
            visit.fits(site: $0.shown.site, kinds: [], [$0.shown.participant, $0.shown.site.text])
        }
        let rows = visit.shown(found).map { card in
            ParticipantRow(
                href: "/participants/\(card.participant.id.hex)", participant: card.shown.participant,
                site: card.shown.site.text, enrolled: words.date(card.shown.enrolled),
                status: words("status.\(card.shown.status)"),
                visits: card.shown.visits.joined(separator: words.listComma))
        }
        let model = visit.list(
            rows, of: found.count, find: "findParticipant",
            none: all.isEmpty ? "noParticipants" : "nothingFound", sites: all.map(\.shown.site))
        return try await page(visit, .participants, title: words("participants"), model)
    }

    /// The participant that a path names, if the visitor sees the site.
    func participant(
        in book: CaseBook, _ visit: Visit, named name: String = "record"
    ) async throws -> CaseBook.Participant {
        guard let id = EnrolmentID(hex: visit.value(name)) else { throw Problem.unknownPage }
        let participant = try await book.participant(id)
        guard visit.visitor.sees(participant.site) else { throw Problem.unknownPage }
        return participant
    }

    func participant(_ visit: Visit) async throws -> PageResponse {
        let (words, book) = (visit.words, try await centre.book())
        let participant = try await participant(in: book, visit)
        let record = try await book.participantCase(of: participant)
        let schedule = ParticipantSchedule(of: record, in: visit.study, today: try centre.today)
        let path = "/participants/\(participant.id.hex)"
        var views: [String: VisitView] = [:]
        var kinds: [String: [ConflictKind]] = [:]
        var lines: [ParticipantModel.Line] = []
        for (sheet, view) in try await book.views(of: participant) {
            let open = sheet.view.state.conflicts.map(\.kind)
            if case .visit = sheet.place {
                (views[sheet.name], kinds[sheet.name]) = (view, open)
            } else {
                lines.append(line(sheet, view, open, path, visit))
            }
        }
        let ways = ways(of: participant, visit)
        let model = ParticipantModel(
            site: participant.site.text, printHref: "/casebooks/\(participant.id.hex)",
            visits: schedule.visits.map {
                row($0, today: schedule.today, views[$0.event], kinds[$0.event] ?? [], path, visit)
            }, lines: lines,
            hasLines: !lines.isEmpty,
            figures: CasePictures(of: record, schedule, in: visit.study, words: words).figures,
            ways: ways, hasWays: !ways.isEmpty,
            notes: [
                participant.departure.map { words("departed", ["to": $0.destination]) },
                schedule.reason.map { words("noPlan", ["reason": words.reason($0, in: visit.study)]) },
            ].compactMap(\.self))
        return try await page(visit, .participant, title: participant.name, model)
    }

    private func line(
        _ sheet: CaseBook.Sheet, _ view: VisitView, _ kinds: [ConflictKind], _ path: String, _ visit: Visit
    ) -> ParticipantModel.Line {
        let words = visit.words
        let values = view.items.filter { $0.state != .empty }.map {
            ConfirmModel.LabelledValue($0, of: visit.study.item($0.item), words)
        }
        return ParticipantModel.Line(
            href: "\(path)/\(urlEscaped(sheet.name))", name: sheet.name,
            form: visit.study.form(sheet.key.name)?.label[words.language] ?? sheet.key.name,
            values: ShownLine(values, words), marks: marks(of: kinds, words) + marks(of: view, words))
    }

    private func row(
        _ scheduled: ScheduledVisit, today: CalendarDate, _ view: VisitView?, _ kinds: [ConflictKind],
        _ path: String, _ visit: Visit
    ) -> ParticipantModel.Visit {
        let words = visit.words
        let open = marks(of: kinds, words)
        // The centre and a site may be in different zones: what is today for one of them is not to come.
        let latest = today.adding(days: 1) ?? today
        let status = Mark(scheduled.mark(latest), words.standing(of: scheduled, latest))
        let window = [scheduled.from, scheduled.to].compactMap { $0.map { words.date($0.description) } }
        return ParticipantModel.Visit(
            href: "\(path)/\(urlEscaped(scheduled.event))", name: scheduled.event,
            label: scheduled.label(in: visit.study, words.language),
            marks: (open.isEmpty ? [status] : open) + (view.map { marks(of: $0, words) } ?? []),
            due: window.joined(separator: " – "),
            date: scheduled.date.map { words.date($0.description) } ?? "")
    }
}
