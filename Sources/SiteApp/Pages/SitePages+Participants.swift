import Foundation
import SyncClient
import TrialModel
import TrialPages

struct RosterModel: Sendable {
    struct Row: Sendable {
        let href: String
        let participant: String
        let state: String
    }

    let rows: [Row]
    let find: String
    /// What an empty list says.
    let nothing: String
    let shown: String
    let next: String?
    let previous: String?
    let numbersLeft: String
    let mayEnrol: Bool
    /// The number of this form: a second click enrols nobody.
    let form: String
}

struct CasebookModel: Sendable {
    struct Sheet: Sendable {
        let href: String
        let name: String
        let label: String
        let mark: String
        let state: String
        /// That there is a finding that weighs; `nil` if not.
        var finding: String?
        let window: String
        let date: String
    }

    struct Line: Sendable {
        let href: String
        let name: String
        let values: ShownLine
        let mark: String
        let state: String
    }

    struct Log: Sendable {
        let label: String
        let addHref: String
        let addLabel: String
        let lines: Listed<Line>?
    }

    struct Dose: Sendable {
        let label: String
        let steps: String
    }

    let visits: [Sheet]
    let unscheduled: Sheet?
    let logs: [Log]
    let doses: Listed<Dose>?
    /// Pictures, as HTML.
    let figures: [String]
    let note: String?
    /// All of it on one page, to be printed.
    let paperHref: String
}

extension SitePages {
    static let pageRows = 50
    /// No list is so long: a number of a URL is still one that can be counted on from.
    static let lastRow = 1_000_000_000

    /// Takes up what is looked for, and goes on to the one participant that fits, or to the list of those.
    func findParticipant(_ desk: Desk) async throws -> PageResponse {
        let search = beginSearch(desk)
        let found = try await desk.store.worklist().participants.filter { search.fits([$0.name]) }
        if found.count == 1, !search.isEmpty { return .redirect(to: Self.path(found[0].id)) }
        return .redirect(to: search.isEmpty ? "/participants" : "/participants?search=\(search.id)")
    }

    /// A page of the list; numbers never stand in a URL, so a page begins at a row.
    func participants(_ desk: Desk) async throws -> PageResponse {
        let (words, search) = (desk.words, search(of: desk))
        let everybody = try await desk.store.worklist().participants
        let all = everybody.filter { search.fits([$0.name]) }
        let start = min(max(0, Int(desk.visit.request.query["from"] ?? "") ?? 0), Self.lastRow)
        func link(_ row: Int) -> String { "/participants?from=\(row)\(search.link)" }
        let rows = all.dropFirst(start).prefix(Self.pageRows)
        let end = start + rows.count
        let model = RosterModel(
            rows: rows.map { entry in
                RosterModel.Row(
                    href: Self.path(entry.id), participant: entry.name,
                    state: words("status.\(entry.status)"))
            },
            find: search.text, nothing: words(everybody.isEmpty ? "noParticipants" : "nothingFound"),
            shown: rows.isEmpty
                ? "" : words("rowsShown", ["from": "\(start + 1)", "to": "\(end)", "all": "\(all.count)"]),
            next: end < all.count ? link(end) : nil,
            previous: start > 0 ? link(max(0, start - Self.pageRows)) : nil,
            numbersLeft: words("numbersLeft", n: try await desk.store.numbersLeft()),
            mayEnrol: desk.store.role.may(.save), form: newForm())
        return try await page(desk, .siteParticipants, title: words("participants"), model)
    }

    /// Enrols one person, once for a form, and only with the tick that says why that may be.
    func enrol(_ desk: Desk) async throws -> PageResponse {
        guard desk.form["consented"] == "Y" else {
            throw Problem(
                .usage, desk.words("consentFirst"), remedy: desk.words("sureRemedy"), in: desk.words.language)
        }
        let (form, cookie) = (desk.form["form"] ?? "", desk.visit.cookie)
        guard sessions.claim(form, [:], of: cookie) == .new else { return .redirect(to: "/participants") }
        do { return try await enrolOnce(desk) } catch {
            sessions.release(form, of: cookie)
            throw error
        }
    }

    private func enrolOnce(_ desk: Desk) async throws -> PageResponse {
        let view = try await desk.store.addParticipant(byForm: desk.form["form"] ?? "")
        let entry = try await desk.store.worklist().participants.first { $0.name == view.participant }
        let note = try await desk.store.enrolledOnTarget().map {
            desk.words("targetReached", ["n": String($0.enrolled), "target": String($0.target)])
        }
        let text = desk.words("enrolledAs", ["participant": view.participant])
        return done(
            desk, [text, note].compactMap(\.self).joined(separator: " "),
            at: entry.map { Self.path($0.id) } ?? "/participants")
    }

    // MARK: Casebook

    func casebook(_ desk: Desk) async throws -> PageResponse {
        let (words, store) = (desk.words, desk.store)
        let entry = try await store.participant(id: desk.visit.value("record"))
        let (record, schedule) = try await store.caseAndSchedule(entry.name)
        let open = Self.inConflict(record)
        let major = try await majorFindings(of: entry, desk)
        let lines = try await store.logLines(entry.name)
        let logs = desk.study.forms.filter(\.isLog).map { form in
            CasebookModel.Log(
                label: form.label[words.language], addHref: Self.path(entry.id, form.oid),
                addLabel: words("addLine", ["log": form.label[words.language]]),
                lines: Listed(lines.filter { $0.header.place.isLine(of: form) }.map { line($0, entry, desk) })
            )
        }
        let model = CasebookModel(
            visits: schedule.visits.map { visit in
                sheet(
                    visit, today: schedule.today, isOpen: open.contains(visit.event),
                    hasMajor: major.contains(visit.event), entry, desk)
            },
            unscheduled: unscheduled(schedule, entry, desk), logs: logs, doses: Listed(doses(schedule, desk)),
            figures: CasePictures(of: record, schedule, in: desk.study, words: words).figures,
            note: entry.hasLeft
                ? words("hasLeft") : schedule.reason.map { words.reason($0, in: desk.study) },
            paperHref: "/casebooks/\(entry.id)")
        return try await page(desk, .siteCasebook, title: entry.name, model)
    }

    /// The visits of a participant on which people do not agree, or on which an edit stands against a lock or
    /// a void.
    static func inConflict(_ record: ParticipantCase) -> Set<String> {
        Set(record.visits.filter { !$0.values.conflicts.isEmpty || $0.disputed != nil }.map(\.name))
    }

    private func sheet(
        _ visit: ScheduledVisit, today: CalendarDate, isOpen: Bool, hasMajor: Bool,
        _ entry: SiteStore.RosterEntry, _ desk: Desk
    ) -> CasebookModel.Sheet {
        let words = desk.words
        return CasebookModel.Sheet(
            href: Self.path(entry.id, visit.event), name: visit.event,
            label: visit.label(in: desk.study, words.language),
            mark: isOpen ? "conflict" : visit.mark(today),
            state: isOpen ? words("inConflict") : words.standing(of: visit, today),
            finding: hasMajor ? words("hasFinding") : nil,
            window: Self.window(visit, words),
            date: visit.date.map { words.date($0.description) } ?? "")
    }

    /// The next repeat of the event that repeats.
    private func unscheduled(
        _ schedule: ParticipantSchedule, _ entry: SiteStore.RosterEntry, _ desk: Desk
    ) -> CasebookModel.Sheet? {
        guard let event = desk.study.events.first(where: \.repeating) else { return nil }
        let taken = schedule.visits.compactMap { visit -> Int? in
            let parts = visit.event.split(whereSeparator: { $0 == "#" || $0 == "~" })
            return parts.count > 1 && parts[0] == event.oid ? Int(parts[1]) : nil
        }
        let name = "\(event.oid)#\((taken.max() ?? 0) + 1)"
        let label = event.label[desk.words.language]
        return CasebookModel.Sheet(
            href: Self.path(entry.id, name), name: name, label: desk.words("addVisit", ["visit": label]),
            mark: "none", state: "", window: "", date: "")
    }

    private func line(_ line: VisitView, _ entry: SiteStore.RosterEntry, _ desk: Desk) -> CasebookModel.Line {
        let words = desk.words
        let open = line.checks.count { !$0.confirmed }
        let state =
            line.voided
            ? words("void")
            : line.conflicts.isEmpty ? open > 0 ? words("findings", n: open) : "" : words("inConflict")
        return CasebookModel.Line(
            href: Self.path(entry.id, line.header.eventName), name: line.header.eventName,
            values: ShownLine(Array(values(of: line, desk).prefix(4)), words),
            mark: line.conflicts.isEmpty ? open > 0 ? "attention" : "none" : "conflict", state: state)
    }

    /// What a line says, in the order of its form.
    func values(of line: VisitView, _ desk: Desk) -> [ConfirmModel.LabelledValue] {
        line.items.filter { $0.state == .conflict || !($0.value ?? .empty).isEmpty }
            .map { ConfirmModel.LabelledValue($0, of: desk.study.item($0.item), desk.words) }
    }

    private func doses(_ schedule: ParticipantSchedule, _ desk: Desk) -> [CasebookModel.Dose] {
        let words = desk.words
        return schedule.drugs.compactMap { plan in
            guard let segments = plan.segments.value, !segments.isEmpty else { return nil }
            let label = desk.study.rule(plan.drug.rule)?.label[words.language] ?? plan.drug.rule
            let unit = plan.drug.unit.map { "\u{2009}\($0)" } ?? ""
            let steps = segments.map { segment in
                words("dayNumber", n: segment.fromDay) + words.colon + "\(segment.dose)\(unit)"
            }
            return CasebookModel.Dose(label: label, steps: steps.joined(separator: " → "))
        }
    }
}

extension VisitView.Header.Place {
    fileprivate func isLine(of form: Form) -> Bool {
        if case .line(form.oid, _) = self { true } else { false }
    }
}
