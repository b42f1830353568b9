import Crypto
import Foundation
import SyncClient
import TrialModel
import TrialPages

/// The form of a visit, of a log line, and of a new line.
extension SitePages {
    /// Which sheet a visit of a page is about.
    struct Sheet: Sendable {
        let entry: SiteStore.RosterEntry
        /// `BL`, `UNS#2`, `AE-3fa1c2d4`; a log form's OID for a new line.
        let name: String
        let isNewLine: Bool

        var path: String { SitePages.path(entry.id, name) }
    }

    func sheet(_ desk: Desk) async throws -> Sheet {
        let name = desk.visit.value("sheet")
        let isLog = desk.study.event(name) == nil && desk.study.form(name)?.isLog == true
        let entry = try await desk.store.participant(id: desk.visit.value("record"))
        return Sheet(entry: entry, name: name, isNewLine: isLog)
    }

    func view(_ sheet: Sheet, _ desk: Desk, withHistory: Bool = false) async throws -> VisitView {
        if sheet.isNewLine { return try await desk.store.blankLine(sheet.entry.name, sheet.name) }
        return try await desk.store.visit(sheet.entry.name, sheet.name, withHistory: withHistory)
    }

    /// The sheet, and what rules say of what is typed and is not saved.
    func preview(
        _ sheet: Sheet, _ desk: Desk, typed: TypedForm?, isForm: Bool = false
    ) async throws -> SiteStore.Preview {
        let (values, refused) = typed?.values(desk.study) ?? ([:], [:])
        // What cannot be read says nothing.
        let read = values.merging(refused.mapValues { _ in Value.empty }) { $1 }
        return try await desk.store.preview(sheet.entry.name, sheet.name, read, isForm: isForm)
    }

    func form(_ desk: Desk) async throws -> PageResponse {
        let sheet = try await sheet(desk)
        let draft = try await draft(desk, sheet)
        return try await formPage(desk, sheet, typed: draft?.typed, draftAt: draft?.at)
    }

    /// What was typed last and not saved, with the moment when it was kept.
    func draft(_ desk: Desk, _ sheet: Sheet) async throws -> (typed: TypedForm, at: Int64)? {
        let drafts = try await desk.store.drafts()
        guard let draft = drafts.first(where: { $0.participant == sheet.entry.id && $0.sheet == sheet.name })
        else { return nil }
        var typed = TypedForm(draft.fields)
        (typed.base, typed.form) = (draft.base, draft.form ?? newForm())
        typed.completeMoments(desk.study)
        return (typed, draft.keptMilliseconds)
    }

    /// Names what a page of the record shows of it: values, findings, signatures, locks and its history.
    private func version(_ view: VisitView, _ sheet: Sheet, _ desk: Desk) -> String {
        let findings = view.checks.map { "\($0.key) \($0.confirmed)" }
        let derived = view.derived.map { "\($0.item) \($0.value.plainText)" }
        let signatures = view.signatures.map { "\($0.user) \($0.at) \($0.isValid)" }
        let states = "\(view.locked) \(view.voided) \(sheet.entry.hasLeft) \(view.history?.count ?? 0)"
        var hash = SHA256()
        for text in [view.base, states] + findings + derived + signatures {
            hash.update(data: Data("\(text.utf8.count):\(text)".utf8))
        }
        return Hex.encode(Data(hash.finalize()).prefix(8))
    }

    func newForm() -> String { Hex.encode(randomBytes(8)) }

    /// The form with what was typed, and what is to be said of it.
    ///
    /// - Parameter draftAt: when what was typed was kept, where the form is opened with it.
    func formPage(
        _ desk: Desk, _ sheet: Sheet, typed: TypedForm?, refused: [String: Problem] = [:],
        needsReason: Bool = false, draftAt: Int64? = nil, notice: Shell.Notice? = nil, status: Int = 200
    ) async throws -> PageResponse {
        let words = desk.words
        let preview = try await preview(sheet, desk, typed: typed, isForm: true)
        let (view, beside) = (preview.view, preview.beside)
        let base = typed?.base ?? view.base
        let late =
            typed == nil || sheet.isNewLine
            ? [] : try await desk.store.late(sheet.entry.name, sheet.name, since: base)
        let mayEdit =
            desk.store.role.may(.save) && !view.locked && !view.voided && !sheet.entry.hasLeft
        let builder = FormBuilder(
            study: desk.study, words: words, view: view, typed: typed, refused: refused, late: late,
            earlier: beside?.earlier ?? [:], mayEdit: mayEdit,
            mayConfirmWindow: desk.store.role.may(.confirmWindow),
            conflicts: try await conflicts(on: view, desk), preview: preview)
        let major = beside == nil ? [] : try await majorFindings(of: sheet.entry, desk)
        let isDraft = typed?.isDraft ?? false
        let kept = draftAt.map { words("draftKept", ["at": desk.localTime($0)]) }
        let model = FormModel(
            participant: sheet.entry.name, participantHref: Self.path(sheet.entry.id),
            tabs: beside.map { tabs($0.record, $0.schedule, major, desk, sheet) } ?? [],
            window: beside.flatMap { window($0.schedule, sheet, words) },
            states: states(view, builder, words),
            action: sheet.path, base: base, shown: view.base, version: version(view, sheet, desk),
            form: typed?.form ?? newForm(), page: newForm(),
            topFindings: builder.topFindings, topTyped: builder.typedTexts(at: nil),
            groups: builder.groups(),
            mayEdit: mayEdit,
            needsReason: needsReason || (typed?.replaces ?? false), isReasonRefused: needsReason,
            reason: typed?.reason ?? "",
            draft: draftAt.map { at in
                let n = Set(typed?.changed.keys.map(\.self) ?? []).union(typed?.aside.keys.map(\.self) ?? [])
                    .count
                return FormModel.Draft(
                    note: words("draftFrom", ["at": desk.localTime(at)]),
                    sure: words("dropSure", n: n, ["sheet": "\(sheet.entry.name) \(sheet.name)"]))
            },
            late: late.isEmpty ? [] : [words(late.allSatisfy(\.isBack) ? "backNote" : "lateNote")],
            draftState: isDraft ? kept ?? words("notSavedYet") : "",
            placeState: isDraft ? "" : placeState(view, words), signatures: signatures(view, words),
            signing: try await signing(view, sheet, isDraft: isDraft, desk),
            askAction: sheet.isNewLine ? nil : "\(sheet.path)/ask",
            askable: view.items.compactMap { item in
                desk.study.item(item.item).map {
                    FormModel.Option(value: $0.oid, label: $0.label[words.language], isChosen: false)
                }
            }, history: (view.history ?? []).reversed().map { history($0, desk) })
        var notice = notice
        if notice == nil, desk.visit.session.notice == nil, view.quarantined > 0 {
            notice = Shell.Notice(.attention, words("keptHere", n: view.quarantined))
        }
        if notice != nil, mayEdit {
            notice?.links =
                needsReason
                ? [Shell.Notice.Link(href: "#reason", label: words("reasonForChange"))]
                : builder.waysToRefused
        }
        return try await page(
            desk, .siteForm, title: title(sheet, desk), model, notice: notice, status: status)
    }

    private func title(_ sheet: Sheet, _ desk: Desk) -> String {
        let words = desk.words
        if sheet.isNewLine {
            let log = desk.study.form(sheet.name)?.label[words.language] ?? sheet.name
            return "\(sheet.entry.name) · \(words("addLine", ["log": log]))"
        }
        let event = sheet.name.split(separator: "#").first.map(String.init) ?? ""
        let label = desk.study.event(event).map { " " + $0.label[words.language] } ?? ""
        return "\(sheet.entry.name) · \(sheet.name)\(label)"
    }

    /// The visits of the participant, to go from one to the other.
    private func tabs(
        _ record: ParticipantCase, _ schedule: ParticipantSchedule, _ major: Set<String>, _ desk: Desk,
        _ sheet: Sheet
    ) -> [FormModel.Tab] {
        let open = Self.inConflict(record)
        return schedule.visits.map { visit in
            let isOpen = open.contains(visit.event)
            return FormModel.Tab(
                href: Self.path(sheet.entry.id, visit.event), name: visit.event,
                label: visit.label(in: desk.study, desk.words.language),
                mark: isOpen ? "conflict" : visit.mark(schedule.today),
                state: isOpen ? desk.words("inConflict") : desk.words.standing(of: visit, schedule.today),
                finding: major.contains(visit.event) ? desk.words("hasFinding") : nil,
                isCurrent: visit.event == sheet.name)
        }
    }

    /// What is out of the ordinary with the record, for the line at its top.
    private func states(_ view: VisitView, _ builder: FormBuilder, _ words: Words) -> [String] {
        let held = builder.conflicts.filter(\.isOfState)
        return [
            view.locked ? words("locked") : nil, view.voided ? words("void") : nil,
            held.contains { $0.kind == .editAfterLock } ? words("heldAfterLock") : nil,
            held.contains { $0.kind == .editVersusVoid } ? words("heldVersusVoid") : nil,
        ].compactMap(\.self)
    }

    /// The sheets of a participant with findings that weigh and that nobody has mended or confirmed. What is
    /// only empty never weighs: it is said elsewhere.
    func majorFindings(of entry: SiteStore.RosterEntry, _ desk: Desk) async throws -> Set<String> {
        let duties = try await desk.store.worklist().duties ?? []
        let own = duties.first { $0.entry.id == entry.id }?.unfinished ?? []
        return Set(own.filter(\.isMajor).map(\.sheet))
    }

    /// When the visit is to take place, or took place; `nil` where the study does not say.
    private func window(
        _ schedule: ParticipantSchedule, _ sheet: Sheet, _ words: Words
    ) -> FormModel.Window? {
        guard let visit = schedule.visits.first(where: { $0.event == sheet.name }) else { return nil }
        func date(_ date: CalendarDate?) -> String { date.map { words.date($0.description) } ?? "" }
        let window = Self.window(visit, words)
        let text: String
        switch visit.status {
        case .notPlanned: return nil
        case .due where window.isEmpty:
            guard visit.due != nil else { return nil }
            text = words("windowDue", ["due": date(visit.due)])
        case .due: text = words("windowDueWithin", ["due": date(visit.due), "window": window])
        case .inWindow: text = words("windowOpen", ["window": window])
        case .late:
            text = words("windowLate", ["due": date(visit.due), "since": date(visit.to?.adding(days: 1))])
        case .missed: text = words("windowMissed", ["window": window])
        case .done where visit.isInFuture(schedule.today):
            text = words("windowInFuture", ["date": date(visit.date)])
        case .done:
            guard !window.isEmpty, visit.date != nil else { return nil }
            text = words("windowDone", ["date": date(visit.date), "window": window])
        }
        return FormModel.Window(mark: visit.mark(schedule.today), text: text)
    }

    /// The conflicts on a sheet.
    private func conflicts(on view: VisitView, _ desk: Desk) async throws -> [ConflictView] {
        guard !view.conflicts.isEmpty else { return [] }
        return try await desk.store.worklist().conflicts.filter { view.conflicts.contains($0.id) }
    }

    /// Where what is shown has come to: here, or at the centre.
    func placeState(_ view: VisitView, _ words: Words) -> String {
        if view.pending > 0 { return words("savedHere", n: view.pending) }
        if view.quarantined > 0 { return words("keptHere", n: view.quarantined) }
        return view.items.allSatisfy { $0.state == .empty } ? words("nothingSaved") : words("allAtCentre")
    }

    private func signatures(_ view: VisitView, _ words: Words) -> [String] {
        view.signatures.map { signature in
            words(
                signature.isValid ? "signedBy" : "signedByVoid",
                ["user": signature.user, "meaning": signature.meaning, "at": words.time(signature.at)])
        }
    }

    private func signing(
        _ view: VisitView, _ sheet: Sheet, isDraft: Bool, _ desk: Desk
    ) async throws -> FormModel.Signing? {
        guard desk.store.role.may(.sign), !sheet.isNewLine, !view.voided else { return nil }
        let why = !view.conflicts.isEmpty ? "cannotSign" : isDraft ? "signAfterSaving" : nil
        let isRefused = desk.visit.route == .sign
        return FormModel.Signing(
            action: "\(sheet.path)/sign", canSign: why == nil, why: desk.words(why ?? "signIt"),
            open: try await stillOpen(on: view, sheet, desk), isRefused: isRefused,
            meaning: isRefused ? desk.form["meaning"] ?? "" : "")
    }

    /// What whoever signs is to know: the findings and queries that are open on the sheet.
    private func stillOpen(on view: VisitView, _ sheet: Sheet, _ desk: Desk) async throws -> [String] {
        let words = desk.words
        let standing = view.checks.filter { !$0.confirmed }
        let missing = standing.filter { $0.check == .required }.reduce(0) { $0 + $1.items.count }
        let findings = standing.filter { $0.check != .required }.map {
            words.asPrinted($0.text[words.language])
        }
        let queries = try await desk.store.worklist().openQueries.filter { query in
            query.status == .open && query.thread.event == sheet.name
                && query.participant == sheet.entry.name
        }
        let empty = missing > 0 ? [words("itemsMissing", n: missing)] : []
        let said = findings + empty + (queries.isEmpty ? [] : [words("stateQueries", n: queries.count)])
        return said.map { words("openHere", ["what": $0]) }
    }

    func history(_ entry: HistoryView, _ desk: Desk) -> HistoryModel {
        HistoryModel(entry, study: desk.study, words: desk.words)
    }
}
