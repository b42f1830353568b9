import SyncClient
import TrialModel
import TrialPages

/// Saving a form, and everything before it: checks while typing, drafts, confirmations.
extension SitePages {
    /// One deliberate save of what differs from what the form was opened with, on exactly that base.
    func save(_ desk: Desk) async throws -> PageResponse {
        let sheet = try await sheet(desk)
        var typed = TypedForm(desk.form.all)
        typed.completeMoments(desk.study)
        let act = desk.form["act"] ?? "save"
        if act == "drop" { return try await discard(desk, sheet, typed) }
        if act.hasPrefix("zeros:") {
            setZeros(&typed, group: String(act.dropFirst(6)), desk.study)
            try await keepDraft(desk.visit, in: desk.store, typed)
            return try await formPage(desk, sheet, typed: typed)
        }
        if act.hasPrefix("confirm:") { return try await confirm(desk, sheet, String(act.dropFirst(8))) }
        // Enter, without a script: in the field of a reason why something is correct it says just that.
        if act == "enter", let why = desk.form.named("why.").first(where: { !$0.value.isEmpty }) {
            return try await confirm(desk, sheet, why.name)
        }
        if let answer = try savedBefore(desk, sheet, typed) { return answer }
        do { return try await saveOnce(desk, sheet, typed) } catch {
            sessions.release(typed.form, of: desk.visit.cookie)
            throw error
        }
    }

    /// The answer to a form that was sent twice: it is saved once. A new line that was altered since is not
    /// saved as another line.
    private func savedBefore(
        _ desk: Desk, _ sheet: Sheet, _ typed: TypedForm
    ) throws(Problem) -> PageResponse? {
        switch sessions.claim(typed.form, typed.changed, of: desk.visit.cookie) {
        case .new: return nil
        case .same: return .redirect(to: sheet.isNewLine ? Self.path(sheet.entry.id) : sheet.path)
        case .other:
            guard sheet.isNewLine else { return nil }
            throw Self.lineSavedBefore(desk.words)
        }
    }

    private static func lineSavedBefore(_ words: Words) -> Problem {
        Problem(.usage, words("lineSavedBefore"), remedy: words("lineSavedBeforeRemedy"), in: words.language)
    }

    private func saveOnce(_ desk: Desk, _ sheet: Sheet, _ typed: TypedForm) async throws -> PageResponse {
        let (values, refused) = typed.values(desk.study)
        guard refused.isEmpty else {
            let problem = Problem(
                .wrongType, desk.words("notTaken", n: refused.count), remedy: desk.words("notTakenRemedy"),
                in: desk.words.language)
            sessions.release(typed.form, of: desk.visit.cookie)
            let notice = try await keepingDraft(desk, Shell.Notice(problem, desk.words))
            return try await formPage(
                desk, sheet, typed: typed, refused: refused, notice: notice, status: 422)
        }
        // Before this program was started again, perhaps.
        if sheet.isNewLine,
            try await desk.store.isLineSaved(sheet.entry.name, sheet.name, form: typed.form)
        {
            throw Self.lineSavedBefore(desk.words)
        }
        let before = sheet.isNewLine ? [] : try await view(sheet, desk).conflicts
        do {
            let isSaved = try await desk.store.saveForm(
                sheet.entry.name, sheet.name, values, base: sheet.isNewLine ? nil : typed.base,
                reason: typed.reason, form: typed.form)
            try await dropDraft(typed, sheet, desk)
            return try await saved(isSaved, desk, sheet, before)
        } catch let problem as Problem where problem.code != .screenLocked {
            // The form comes back filled in, and what is typed is safe.
            sessions.release(typed.form, of: desk.visit.cookie)
            let refusal =
                problem.code == .reasonNeeded
                ? Shell.Notice(
                    .problem, desk.words("reasonNeeded"), remedy: desk.words("reasonNeededRemedy"))
                : Shell.Notice(problem, desk.words)
            return try await formPage(
                desk, sheet, typed: typed, needsReason: problem.code == .reasonNeeded,
                notice: try await keepingDraft(desk, refusal), status: problem.code.pageStatus)
        }
    }

    /// Keeps the draft of a form that comes back with a notice; says so instead if it cannot be kept.
    private func keepingDraft(_ desk: Desk, _ notice: Shell.Notice) async throws -> Shell.Notice {
        do { try await keepDraft(desk.visit, in: desk.store) } catch let problem as Problem
            where problem.code == .draftsFull
        { return Shell.Notice(problem, desk.words) }
        return notice
    }

    private func saved(
        _ isSaved: Bool, _ desk: Desk, _ sheet: Sheet, _ before: [ConflictID]
    ) async throws -> PageResponse {
        if sheet.isNewLine {
            return done(
                desk, desk.words(isSaved ? "saved" : "nothingChanged"), at: Self.path(sheet.entry.id))
        }
        let view = try await view(sheet, desk)
        guard view.conflicts.allSatisfy(before.contains) else {
            let remedy = desk.words("savedBesideRemedy", ["roles": desk.words.resolvers(in: desk.study)])
            sessions.change(desk.visit.cookie) {
                $0.notice = Shell.Notice(.attention, desk.words("savedBeside"), remedy: remedy)
            }
            return .redirect(to: sheet.path)
        }
        guard isSaved else { return done(desk, desk.words("nothingChanged"), at: sheet.path) }
        let notice = savedNotice(view, desk)
        sessions.change(desk.visit.cookie) { $0.notice = notice }
        return .redirect(to: sheet.path)
    }

    /// That it is saved, and which values of the sheet someone should look at.
    private func savedNotice(_ view: VisitView, _ desk: Desk) -> Shell.Notice {
        let builder = FormBuilder(
            study: desk.study, words: desk.words, view: view, typed: nil, refused: [:], late: [],
            earlier: [:], mayEdit: true)
        let empty = Set(view.items.filter { $0.state == .empty }.map(\.item))
        var ways: [Shell.Notice.Link] = []
        for finding in view.checks where !finding.confirmed && finding.check != .required {
            if let item = view.place(of: finding), empty.contains(item) { continue }
            guard let way = builder.way(to: finding), !ways.contains(way) else { continue }
            ways.append(way)
        }
        guard !ways.isEmpty else { return Shell.Notice(.done, desk.words("saved")) }
        var notice = Shell.Notice(
            .attention, "\(desk.words("saved")) \(desk.words("toLookAt", n: ways.count))")
        notice.links = ways
        return notice
    }

    /// Zero for every score of an instrument that is unanswered: only when a person says so.
    private func setZeros(_ typed: inout TypedForm, group: String, _ study: StudyDefinition) {
        guard let rule = study.ruleBook.totals.first(where: { $0.group == group }) else { return }
        for domain in rule.domains where (typed.typed[domain.score.oid] ?? "").isEmpty {
            typed.typed[domain.score.oid] = "0"
        }
    }

    /// Confirms a finding as correct; what else was typed stays as a draft.
    private func confirm(_ desk: Desk, _ sheet: Sheet, _ check: String) async throws -> PageResponse {
        if TypedForm(desk.form.all).isDraft { try await keepDraft(desk.visit, in: desk.store) }
        _ = try await desk.store.confirm(
            sheet.entry.name, sheet.name, check: check, reason: desk.form["why.\(check)"] ?? "",
            base: desk.form["shown"])
        return done(desk, desk.words("confirmed"), at: sheet.path)
    }

    // MARK: Drafts

    /// Keeps what stands in a form, sealed in the store; behind the locked screen too.
    func keepDraft(_ visit: Visit, in store: SiteStore, _ typed: TypedForm? = nil) async throws {
        try await keepDraft(
            typed ?? TypedForm(visit.request.form.all), of: visit.value("record"), visit.value("sheet"),
            in: store)
    }

    func keepDraft(
        _ typed: TypedForm, of participant: String, _ sheet: String, in store: SiteStore
    ) async throws {
        var fields = ["reason": typed.reason]
        for (item, text) in typed.typed { fields["item.\(item)"] = text }
        for (item, text) in typed.was { fields["was.\(item)"] = text }
        for (item, typed) in typed.aside {
            (fields["item.\(item)"], fields["was.\(item)"]) = (typed.text, typed.was)
        }
        try await store.keep(
            KeptDraft(
                participant: participant, sheet: sheet, base: typed.base, fields: fields,
                keptMilliseconds: store.moment.milliseconds, form: typed.form, page: typed.page,
                keys: typed.keys))
    }

    /// Lets the draft of a form that was saved go, but for what was set aside.
    private func dropDraft(_ typed: TypedForm, _ sheet: Sheet, _ desk: Desk) async throws {
        sessions.change(desk.visit.cookie) {
            $0.savedForms = ($0.savedForms + [(typed.form, typed.keys)]).suffix(SiteSessions.savedFormLimit)
        }
        try await desk.store.dropDraft(sheet.entry.id, sheet.name, form: typed.form)
        guard !typed.aside.isEmpty, !sheet.isNewLine else { return }
        var rest = TypedForm([])
        (rest.aside, rest.form, rest.base) = (typed.aside, typed.form, try await view(sheet, desk).base)
        try await keepDraft(desk.visit, in: desk.store, rest)
    }

    /// Discards what was typed and never saved, when a person says that this is meant.
    private func discard(_ desk: Desk, _ sheet: Sheet, _ typed: TypedForm) async throws -> PageResponse {
        guard desk.form["sure"] == "Y" else {
            throw Problem(
                .usage, desk.words("sureFirst"), remedy: desk.words("sureRemedy"), in: desk.words.language)
        }
        try await desk.store.dropDraft(sheet.entry.id, sheet.name, form: typed.form)
        return done(desk, desk.words("draftDropped"), at: sheet.path)
    }

    // MARK: Checks while typing

    /// What there is to say of a form as it stands, for the script of the page; the draft is kept with it.
    func check(_ desk: Desk) async throws -> PageResponse {
        let (sheet, words) = (try await sheet(desk), desk.words)
        var typed = TypedForm(desk.form.all)
        let asTyped = typed.typed
        typed.completeMoments(desk.study)
        var isKept = true
        if typed.isDraft {
            do { try await keepDraft(desk.visit, in: desk.store) } catch let problem as Problem
                where problem.code == .draftsFull
            { isKept = false }
        }
        // A save of this very form may have come between: then this is no draft any more.
        let isSaved = sessions.isSaved(typed.form, keys: typed.keys, of: desk.visit.cookie)
        if !typed.isDraft || isSaved {
            try await desk.store.dropDraft(sheet.entry.id, sheet.name, form: typed.form)
        }
        let preview = try await preview(sheet, desk, typed: typed)
        let view = preview.view
        let late =
            sheet.isNewLine ? [] : try await desk.store.late(sheet.entry.name, sheet.name, since: typed.base)
        let builder = FormBuilder(
            study: desk.study, words: words, view: view, typed: typed, refused: [:], late: late,
            earlier: [:], mayEdit: true, preview: preview)
        var fields: [String: [JSON.Member]] = [:]
        for (item, problem) in typed.values(desk.study).refused {
            let text = FormBuilder.sentence(problem, desk.study.item(item), asTyped[item] ?? "", words)
            fields[item, default: []].append(.init("error", .string(text)))
        }
        for item in view.items.map(\.item) {
            let texts = builder.typedTexts(at: item)
            if !texts.isEmpty { fields[item, default: []].append(.init("findings", Self.texts(texts))) }
        }
        for (item, text) in typed.typed where text != asTyped[item] {
            let said = text.contains("T") ? words.time(text) : words.date(text)
            fields[item, default: []].append(
                .init("understood", .string(words("understood", ["time": said]))))
        }
        for item in Set(late.map(\.item)) {
            let texts = builder.lateTexts { $0 == item }
            if !texts.isEmpty { fields[item, default: []].append(.init("late", Self.texts(texts))) }
        }
        let totals = desk.study.ruleBook.totals.map { rule in
            let total = rule.total(of: RecordValues(agreed: typed.readable(desk.study))).known
            return JSON.Member(rule.group, .string(total.map { String($0) } ?? words("notKnown")))
        }
        let at = desk.localTime(desk.store.moment.milliseconds)
        return .json(
            JSON.keyed([
                "fields": .object(fields.sorted { $0.key < $1.key }.map { .init($0.key, .object($0.value)) }),
                "top": Self.texts(builder.typedTexts(at: nil)), "totals": .object(totals),
                "doses": .object(builder.lineDoses),
                "reason": .bool(typed.replaces),
                "draft": .string(
                    !typed.isDraft ? "" : isKept ? words("draftKept", ["at": at]) : words("draftsFull")),
                "isKept": .bool(isKept), "states": .string(closedSince(view, sheet, words)),
                "isDraft": .bool(typed.isDraft),
                "place": .string(typed.isDraft ? "" : placeState(view, words)),
            ]).text)
    }

    /// Why nothing can be saved any more in a form that is open.
    private func closedSince(_ view: VisitView, _ sheet: Sheet, _ words: Words) -> String {
        if view.voided { return words("voidedSince") }
        if view.locked { return words("lockedSince") }
        return sheet.entry.hasLeft ? words("hasLeft") : ""
    }

    private static func texts(_ texts: [String]) -> JSON { .array(texts.map(JSON.string)) }

    // MARK: Signing and asking

    func sign(_ desk: Desk) async throws -> PageResponse {
        let sheet = try await sheet(desk)
        do {
            _ = try await desk.store.sign(
                sheet.entry.name, sheet.name, meaning: desk.form["meaning"] ?? "",
                password: desk.form["password"] ?? "", base: desk.form["shown"])
            return done(desk, desk.words("signed"), at: sheet.path)
        } catch let problem as Problem where problem.code != .screenLocked {
            let refusal = Shell.Notice(Self.ofPasswordAlone(problem, desk.words), desk.words)
            return try await formPage(
                desk, sheet, typed: try await draft(desk, sheet)?.typed, notice: refusal,
                status: problem.code.pageStatus)
        }
    }

    func ask(_ desk: Desk) async throws -> PageResponse {
        let sheet = try await sheet(desk)
        let query = try await desk.store.askQuery(
            sheet.entry.name, sheet.name, item: desk.form["item"] ?? "", text: desk.form["text"] ?? "")
        return done(desk, desk.words("queryAsked"), at: "/queries/\(query.id)")
    }
}
