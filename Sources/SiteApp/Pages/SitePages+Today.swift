import SyncClient
import TrialModel
import TrialPages

/// What is to be done today.
struct TodayModel: Sendable {
    struct Row: Sendable {
        /// The sheet.
        let href: String
        let participant: String
        let casebookHref: String
        /// The sheet's name, in the words of the study.
        let what: String
        let mark: String
        let state: String
        let when: String
        /// Whether a finding on it is a major one.
        let isMajor: Bool
    }

    struct Figure: Sendable {
        let label: String
        let value: String
        let mark: String
        let href: String
    }

    let figures: [Figure]
    /// `nil` where there is nobody to be looked for.
    let search: SearchModel?
    /// What an empty list says.
    let nothingDue: String
    let nothingUnfinished: String
    let due: Listed<Row>?
    let unfinished: Listed<Row>?
    let drafts: Listed<Row>?
    let notes: [String]
    let hasParticipants: Bool
}

extension SitePages {
    /// Visits that become due within so many days are shown.
    private static let daysAhead = 14
    /// So many rows of a list are on the page at once: there are several lists.
    private static let todayRows = 20

    func today(_ desk: Desk) async throws -> PageResponse {
        let (words, store) = (desk.words, desk.store)
        let (day, worklist) = (try store.today(), try await store.worklist())
        let (everybody, search) = (worklist.duties ?? [], search(of: desk))
        let duties = everybody.filter { search.fits([$0.entry.name]) }
        let status = try await store.status(worklist)
        let due = part(of: due(duties, today: day), "due", desk)
        let model = TodayModel(
            figures: figures(status, worklist, words),
            search: everybody.isEmpty
                ? nil
                : SearchModel(list: "/", label: words("findNumber"), text: search.text, others: []),
            nothingDue: words(search.isEmpty ? "nobodyDue" : "nothingFound"),
            nothingUnfinished: words(search.isEmpty ? "nothingUnfinished" : "nothingFound"),
            due: Listed(due.elements.map { row($0.entry, $0.visit, day, desk) }, paging: due.paging),
            unfinished: await unfinished(duties, desk), drafts: try await drafts(duties, desk),
            notes: notes(status, store, words), hasParticipants: !everybody.isEmpty)
        return try await page(desk, .siteToday, title: words("today"), model)
    }

    /// The page of one list that a URL asks for; the other lists stay where they are.
    private func part<Element>(
        of all: [Element], _ list: String, _ desk: Desk
    ) -> (elements: [Element], paging: Paging?) {
        let query = desk.visit.request.query
        return Paging.page(all, from: query[list], rows: Self.todayRows, desk.words) { row in
            let others = ["drafts", "due", "unfinished"].filter { $0 != list }.compactMap { other in
                query[other].flatMap { Int($0) }.map { "&\(other)=\($0)" }
            }
            return "/?\(list)=\(row)\(others.joined())\(search(of: desk).link)#\(list)"
        }
    }

    private func drafts(
        _ duties: [SiteStore.Duties], _ desk: Desk
    ) async throws -> Listed<TodayModel.Row>? {
        let entries = Dictionary(duties.map { ($0.entry.id, $0.entry) }) { first, _ in first }
        let all = try await desk.store.drafts().compactMap { draft in
            entries[draft.participant].map { (draft: draft, entry: $0) }
        }
        let part = part(of: all, "drafts", desk)
        var rows: [TodayModel.Row] = []
        for (draft, entry) in part.elements {
            rows.append(
                TodayModel.Row(
                    href: Self.path(entry.id, draft.sheet), participant: entry.name,
                    casebookHref: Self.path(entry.id), what: await label(of: draft.sheet, entry, desk),
                    mark: "attention", state: desk.words("draft"),
                    when: desk.localTime(draft.keptMilliseconds), isMajor: false))
        }
        return Listed(rows, paging: part.paging)
    }

    /// `D14 Day 14`; of a log line what it is about (`Exposure · Study drug: Sirolimus`), for nobody knows
    /// lines by their ids.
    private func label(
        of sheet: String, _ entry: SiteStore.RosterEntry, _ desk: Desk
    ) async -> String {
        let language = desk.words.language
        let event = sheet.split(separator: "#").first.flatMap { desk.study.event(String($0)) }
        if let event { return "\(sheet) \(event.label[language])" }
        if let form = desk.study.form(sheet) {
            return desk.words("addLine", ["log": form.label[language]])
        }
        guard let form = sheet.split(separator: "-").first.flatMap({ desk.study.form(String($0)) }) else {
            return sheet
        }
        // A line that cannot be read is named all the same.
        guard let line = try? await desk.store.visit(entry.name, sheet) else { return sheet }
        let said = ShownLine(Array(values(of: line, desk).prefix(2)), desk.words).text(desk.words)
        return [form.label[language], said].filter { !$0.isEmpty }.joined(separator: " · ")
    }

    /// The same counts as the menu's.
    private func figures(
        _ status: SiteStatus, _ worklist: SiteStore.Worklist, _ words: Words
    ) -> [TodayModel.Figure] {
        [
            TodayModel.Figure(
                label: words("waitsToBeSent"), value: String(status.waiting),
                mark: status.waiting > 0 ? "attention" : "", href: "/logbook"),
            TodayModel.Figure(
                label: words("conflictsToSettle"), value: String(worklist.conflicts.count),
                mark: !worklist.conflicts.isEmpty ? "conflict" : "", href: "/conflicts"),
            TodayModel.Figure(
                label: words("queriesToAnswer"), value: String(worklist.toAnswer),
                mark: worklist.toAnswer > 0 ? "attention" : "", href: "/queries"),
        ]
    }

    private typealias DueVisit = (entry: SiteStore.RosterEntry, visit: ScheduledVisit)

    /// The visits that are to take place now or soon, or should have, late ones first; before them those with
    /// a date that is still to come, for it cannot be right.
    private func due(_ duties: [SiteStore.Duties], today: CalendarDate) -> [DueVisit] {
        let found: [DueVisit] = duties.flatMap { duties in
            duties.visits.filter { visit in
                switch visit.status {
                case .inWindow, .late, .missed: return true
                case .due:
                    guard let days = visit.from?.days(since: today) else { return false }
                    return days <= Self.daysAhead
                case .done: return visit.isInFuture(today)
                case .notPlanned: return false
                }
            }.map { (duties.entry, $0) }
        }
        let wrong = found.filter { $0.visit.isInFuture(today) }
        let open = found.filter { !$0.visit.isInFuture(today) }
        return wrong + open.sorted { Self.order($0) < Self.order($1) }
    }

    private static func order(_ due: DueVisit) -> (Int, Int, String) {
        let (place, day) = due.visit.urgency
        return (place, day, due.entry.name)
    }

    private func row(
        _ entry: SiteStore.RosterEntry, _ visit: ScheduledVisit, _ today: CalendarDate, _ desk: Desk
    ) -> TodayModel.Row {
        let words = desk.words
        let label = visit.label(in: desk.study, words.language)
        let date = visit.isInFuture(today) ? visit.date.map { words.date($0.description) } : nil
        return TodayModel.Row(
            href: Self.path(entry.id, visit.event), participant: entry.name,
            casebookHref: Self.path(entry.id), what: "\(visit.event) \(label)",
            mark: visit.mark(today), state: words.standing(of: visit, today),
            when: date ?? Self.window(visit, words),
            isMajor: false)
    }

    static func window(_ visit: ScheduledVisit, _ words: Words) -> String {
        guard let from = visit.from, let to = visit.to else { return "" }
        return from == to
            ? words.date(from.description) : "\(words.date(from.description)) – \(words.date(to.description))"
    }

    /// Sheets with findings, those with major ones first.
    private func unfinished(
        _ duties: [SiteStore.Duties], _ desk: Desk
    ) async -> Listed<TodayModel.Row>? {
        // By their places: of tens of thousands one page is shown.
        var (major, minor): ([(Int, Int)], [(Int, Int)]) = ([], [])
        for (index, duties) in duties.enumerated() {
            for place in duties.unfinished.indices {
                if duties.unfinished[place].isMajor {
                    major.append((index, place))
                } else {
                    minor.append((index, place))
                }
            }
        }
        let part = part(of: major + minor, "unfinished", desk)
        var rows: [TodayModel.Row] = []
        for (index, place) in part.elements {
            let (entry, sheet) = (duties[index].entry, duties[index].unfinished[place])
            rows.append(
                TodayModel.Row(
                    href: Self.path(entry.id, sheet.sheet), participant: entry.name,
                    casebookHref: Self.path(entry.id), what: await label(of: sheet.sheet, entry, desk),
                    mark: "attention", state: said(sheet.findings, desk.words), when: "",
                    isMajor: sheet.isMajor))
        }
        return Listed(rows, paging: part.paging)
    }

    /// What is to be filled in, and what else was found.
    private func said(_ findings: [Finding], _ words: Words) -> String {
        let missing = findings.filter { $0.check == .required }.reduce(0) { $0 + $1.items.count }
        let others = findings.count { $0.check != .required }
        return [
            missing > 0 ? words("itemsMissing", n: missing) : nil,
            others > 0 ? words("findings", n: others) : nil,
        ].compactMap(\.self).joined(separator: " · ")
    }

    /// What is out of the ordinary on this laptop.
    private func notes(_ status: SiteStatus, _ store: SiteStore, _ words: Words) -> [String] {
        var notes: [String] = []
        if status.quarantined > 0 { notes.append(words("siteQuarantined", n: status.quarantined)) }
        if status.missingCount > 0 { notes.append(words("siteMissing", n: status.missingCount)) }
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
