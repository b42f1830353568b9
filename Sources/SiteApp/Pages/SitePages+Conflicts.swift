import SyncClient
import TrialModel
import TrialPages

struct ConflictListModel: Sendable {
    struct Row: Sendable {
        let href: String
        let participant: String
        let visit: String
        let item: String
        let kind: String
        /// The values that stand against each other, each with who entered it.
        let versions: [ShownValue.Version]
    }

    let list: Listed<Row>?
    let search: SearchModel?
    /// What an empty list says.
    let nothing: String
}

extension SitePages {
    func conflicts(_ desk: Desk) async throws -> PageResponse {
        let (words, search) = (desk.words, search(of: desk))
        let all = try await desk.store.worklist().conflicts
        let found = search.isEmpty ? all : all.filter { search.fits(texts(of: $0, desk)) }
        let part = Paging.page(
            found, from: desk.visit.request.query["from"], rows: Self.pageRows, words
        ) { "/conflicts?from=\($0)\(search.link)" }
        let rows = part.elements.map { conflict in
            let page = ConflictPage(conflict, study: desk.study, words: desk.words)
            return ConflictListModel.Row(
                href: "/conflicts/\(conflict.id.hex)", participant: conflict.visit.participant,
                visit: conflict.visit.eventName, item: page.name,
                kind: desk.words("conflict.\(conflict.kind.rawValue)"),
                versions: conflict.versions.map {
                    ShownValue.Version(text: page.text(of: $0), who: page.makers(of: $0, \.author))
                })
        }
        let field = SearchModel(
            list: "/conflicts", label: words("findConflict"), text: search.text, others: [])
        return try await page(
            desk, .siteConflicts, title: words("conflicts"),
            ConflictListModel(
                list: Listed(rows, paging: part.paging), search: all.isEmpty ? nil : field,
                nothing: words(all.isEmpty ? "noConflicts" : "nothingFound")))
    }

    /// What a conflict can be found by.
    private func texts(of conflict: ConflictView, _ desk: Desk) -> [String] {
        let page = ConflictPage(conflict, study: desk.study, words: desk.words)
        let kind = desk.words("conflict.\(conflict.kind.rawValue)")
        return [page.place, page.name, kind] + conflict.versions.map(\.stamp.author)
    }

    /// - Parameter notice: why a form of it comes back.
    func conflict(_ desk: Desk, notice: Shell.Notice? = nil) async throws -> PageResponse {
        let (words, store) = (desk.words, desk.store)
        let (shown, entry) = try await store.conflictAndParticipant(desk.visit.value("id"))
        let conflict = ConflictPage(shown, study: desk.study, words: words)
        let isOpen = shown.resolution == nil
        let isValue = shown.kind == .concurrentEdit
        let sheet = shown.visit.eventName
        let path = entry.map { Self.path($0.id, sheet) } ?? "/participants"
        var setting = ConflictPage.Setting(now: store.moment.milliseconds)
        (setting.visitHref, setting.askAction) = (path, "\(path)/ask")
        if isOpen, shown.kind != .duplicateNumber {
            for told in try await store.foretell(shown.id.hex) {
                setting.effects[told.entry] = effects(told, conflict)
            }
            if isValue { setting.before = try await store.before(shown.id.hex) }
        }
        if !sheet.isEmpty {
            let name = entry?.name ?? shown.visit.participant
            let view = try await store.visit(name, sheet, withHistory: true)
            setting.history = (view.history ?? []).reversed().map { history($0, desk) }
            setting.view = view
        }
        let mayResolve = isOpen ? try await store.mayDecide(shown.id.hex) : false
        (setting.canTake, setting.mayResolve) = (mayResolve, mayResolve)
        if isOpen, !mayResolve, shown.kind != .duplicateNumber {
            setting.note = conflict.whoResolves(isLocked: setting.view?.locked == true)
        }
        setting.asksCentre = QuerySide(of: store.role) == .site
        setting.canAsk = isOpen && entry != nil && !sheet.isEmpty
        setting.form = desk.form
        return try await page(
            desk, .conflict, title: "\(conflict.name) · \(conflict.place)", conflict.model(setting),
            notice: notice, status: notice == nil ? 200 : ProblemCode.usage.pageStatus)
    }

    private func effects(_ told: SiteStore.Foretold, _ conflict: ConflictPage) -> [ConflictPage.Effect] {
        conflict.effects(
            derived: told.derived, plans: told.plans, plansBefore: told.plansBefore,
            findings: told.findings, voided: told.voidedSignatures)
            + conflict.stateEffects(
                taking: told.values, isLocked: told.isLocked, kept: told.keptSignatures)
    }

    /// Decides a conflict, after the page that says what the decision does.
    func resolve(_ desk: Desk) async throws -> PageResponse {
        let (words, store, id) = (desk.words, desk.store, desk.visit.value("id"))
        let reason = desk.form["reason"] ?? ""
        if desk.form[ConfirmModel.undoneField] != nil { return try await self.conflict(desk) }
        let known = ConflictPage(
            try await store.conflictAndParticipant(id).shown, study: desk.study, words: words)
        let choice = known.choice(in: desk.form)
        guard !choice.isEmpty else {
            return try await self.conflict(
                desk,
                notice: Shell.Notice(.attention, words("chooseFirst"), remedy: words("chooseRemedy")))
        }
        let take = choice == "set" ? nil : choice
        let set = take == nil ? known.entered(desk.form) : []
        let (shown, told) = try await store.foretell(id, take: take, set: set, reason: reason)
        let conflict = ConflictPage(shown, study: desk.study, words: words)
        let sentences = try conflict.sentences(
            taking: take, told.values, effects: effects(told, conflict), last: words("willBeSent"))
        let act = words("act.resolve", ["sheet": conflict.place, "item": conflict.name])
        if let page = try await confirmation(of: act, sentences, desk, keepsForm: true) { return page }
        _ = try await store.resolve(id, take: take, set: set, reason: reason)
        return done(desk, words("resolvedHere"), at: "/conflicts")
    }
}
