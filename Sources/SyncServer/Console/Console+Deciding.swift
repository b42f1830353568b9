import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

extension Console {
    // MARK: A conflict

    func resolve(_ visit: Visit) async throws -> PageResponse {
        let form = visit.request.form
        try await checkSite(visit.value("id"), visit)
        let page = ConflictPage(
            try await centre.conflict(visit.value("id")), study: visit.study, words: visit.words)
        if visit.isUndone { return try await conflict(visit) }
        let choice = page.choice(in: form)
        guard !choice.isEmpty else {
            return try await conflict(visit, notice: visit.notice("chooseFirst", remedy: "chooseRemedy"))
        }
        let take = choice == "set" ? nil : choice
        let set = take == nil ? page.entered(form) : []
        let actor = try actor(visit)
        let act = try await resolving(visit.value("id"), take: take, set: set, by: actor, visit)
        if let page = try await confirmation(of: act, visit) { return page }
        let decided = try await centre.resolve(
            visit.value("id"), take: take, set: set, reason: form["reason"] ?? "",
            by: actor)
        return done(visit, visit.words("resolved"), at: "/conflicts/\(decided.id.hex)")
    }

    private func checkSite(_ id: String, _ visit: Visit) async throws {
        guard visit.visitor.sees(try await centre.conflict(id).visit.site) else { throw Problem.unknownPage }
    }

    /// What a decision would do; it is refused here if it would be refused then.
    private func resolving(
        _ id: String, take: String?, set: [String], by actor: Centre.Actor, _ visit: Visit
    ) async throws -> Act {
        let (words, book) = (visit.words, try await centre.book())
        let open = try await book.openConflict(id)
        let page = ConflictPage(open.shown, study: visit.study, words: words)
        var values = open.shown.versions.first { $0.stamp.entry == take }?.values ?? []
        // What goes on elsewhere is judged there.
        let readmits = try take.map { taken throws(Problem) in try book.readmits(open, taking: taken) }
        if readmits != true {
            let decision: CaseBook.Decision =
                if let take { .take(take) } else { .set(try book.values(set)) }
            let reason = visit.request.form["reason"] ?? ""
            let change = try book.resolving(open, decision, reason: reason, by: actor.author)
            if take == nil { values = change.writes.first?.values ?? [] }
        }
        let plansBefore = try await book.plans(
            try await book.ancestors(of: open), of: open, today: try centre.today)
        let effects = try await effects(of: values, open, plansBefore, book, page)
        let sentences = try page.sentences(
            taking: take, values, effects: effects,
            last: words("willAcknowledge", ["site": open.shown.visit.site.text]))
        return Act(
            title: words("act.resolve", ["sheet": page.place, "item": page.name]), sentences: sentences,
            typed: ("reason", words("reason"), true), keepsForm: true)
    }

    // MARK: Several conflicts

    /// Takes the values that one person entered in several conflicts.
    func resolveMany(_ visit: Visit) async throws -> PageResponse {
        let form = visit.request.form
        if visit.isUndone { return try await conflicts(visit) }
        let (ids, author) = (form.values("id"), form["author"] ?? "")
        guard !ids.isEmpty, ids.count <= 200, !author.isEmpty else {
            return try await conflicts(visit, notice: visit.notice("tickFirst", remedy: "tickRemedy"))
        }
        let reason = form["reason"] ?? ""
        let actor = try actor(visit)
        let ticked = try await openConflicts(visit.visitor).filter { ids.contains($0.id.hex) }
        let decided = ticked.filter { shown in shown.versions.count { $0.stamp.author == author } == 1 }
        guard !decided.isEmpty else {
            let notice = Shell.Notice(
                .attention, visit.words("decidedNone", ["person": author]),
                remedy: visit.words("decidedNoneRemedy"))
            return try await conflicts(visit, notice: notice)
        }
        guard reason.saysSomething else { throw Problem(.reasonNeeded, "a resolution needs a reason") }
        let act = resolving(ticked, by: author, visit)
        if let page = try await confirmation(of: act, visit) { return page }
        var count = 0
        var refusal: Problem?
        for shown in decided {
            guard let side = shown.versions.first(where: { $0.stamp.author == author }) else { continue }
            do {
                _ = try await centre.resolve(
                    shown.id.hex, take: side.stamp.entry, set: [], reason: reason, by: actor)
                count += 1
            } catch let problem as Problem {
                // Each is decided by itself: what was decided before stays, and is told.
                guard count > 0 else { throw problem }
                refusal = problem
                break
            }
        }
        let text = visit.words("resolvedMany", n: count, ["all": String(ids.count)])
        let why = refusal.map { " " + visit.words("resolvedUntil", ["why": $0.sentence(visit.words)]) } ?? ""
        return done(visit, text + why, at: "/conflicts")
    }

    private func resolving(_ ticked: [ConflictView], by author: String, _ visit: Visit) -> Act {
        let words = visit.words
        var count = 0
        let sentences = ticked.map { shown in
            let page = ConflictPage(shown, study: visit.study, words: words)
            let (sheet, item) = (page.place, page.name)
            let sides = shown.versions.filter { $0.stamp.author == author }
            guard let side = sides.first, sides.count == 1 else {
                return words("willLeave", ["sheet": sheet, "item": item, "person": author])
            }
            count += 1
            let others = shown.versions.filter { $0 != side }.map { page.text(of: $0) }
            return words(
                "willAgreeOver",
                [
                    "value": page.text(of: side), "others": words.either(others),
                    "item": item, "sheet": sheet,
                ])
        }
        return Act(
            title: words("act.resolveMany", n: count), sentences: sentences,
            typed: ("reason", words("reason"), true), keepsForm: true)
    }

    // MARK: A record

    /// Locks, unlocks or voids a record, or lifts its void.
    func decideRecord(_ visit: Visit) async throws -> PageResponse {
        if visit.isUndone { return try await self.sheet(visit) }
        let (form, book) = (visit.request.form, try await centre.book())
        let participant = try await participant(in: book, visit)
        guard let decision = RecordDecision(rawValue: form["decision"] ?? "") else {
            return try await self.sheet(
                visit, notice: visit.notice("chooseFirst", remedy: "chooseActRemedy"))
        }
        let (name, actor) = (visit.value("sheet"), try actor(visit))
        let sheet = try await book.sheet(participant, name)
        try sheet.refuseChange(since: form["shown"], countingLocks: true)
        _ = try book.deciding(decision, on: sheet, reason: form["reason"] ?? "", by: actor.author)
        let act = act(decision, on: try await book.view(of: sheet), visit)
        if let page = try await confirmation(of: act, visit) { return page }
        _ = try await centre.decide(
            decision, participant.name, name, reason: form["reason"] ?? "", base: form["shown"], by: actor)
        return done(
            visit, visit.words("decided.\(decision.rawValue)"),
            at: "/participants/\(participant.id.hex)/\(urlEscaped(name))")
    }

    private func act(_ decision: RecordDecision, on view: VisitView, _ visit: Visit) -> Act {
        let words = visit.words
        let sheet = "\(view.header.participant) \(view.header.eventName)"
        let held = view.items.filter { $0.state != .empty }
        var sentences = [words("will.\(decision.rawValue)", n: held.count, ["sheet": sheet])]
        if !view.signatures.isEmpty {
            let users = view.signatures.map(\.user).joined(separator: words.listComma)
            let word = decision == .void ? "willUnsign" : "willStaySigned"
            sentences.append(words(word, ["signatures": users]))
        }
        return Act(
            title: words("act.\(decision.rawValue)", ["sheet": sheet]), sentences: sentences,
            values: held.map { Label($0, of: visit.study.item($0.item), words) },
            typed: ("reason", words("reason"), true), keepsForm: true)
    }
}

extension Console.Visit {
    /// Whether the visitor goes back from what an act would do.
    var isUndone: Bool { request.form[ConfirmModel.undoneField] != nil }

    /// What only a page can say, in its reader's language.
    func refusal(_ message: String, remedy: String) -> Problem {
        Problem(.usage, words(message), remedy: words(remedy), in: words.language)
    }

    /// Why a form comes back on its own page.
    func notice(_ message: String, remedy: String) -> Shell.Notice {
        Shell.Notice(.attention, words(message), remedy: words(remedy))
    }
}
