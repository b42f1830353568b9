import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

/// A form by which a record gets another number, or another place.
struct MovingModel: Sendable {
    struct Number: Sendable {
        let value: String
        /// How it was proposed.
        let hint: String
    }

    /// The records that it is about.
    let records: [HintsModel.Link]
    let meaning: String
    /// Where the form stands, and is sent to.
    let path: String
    /// `nil` where none is given.
    let number: Number?
    /// Those that the participant can go to.
    let sites: [Choice]
    let hasSites: Bool
    /// What can be decided, where it is more than one thing.
    let decisions: [Choice]
    let hasDecisions: Bool
    /// The reason that was typed before, where the form comes back.
    let reason: String

    init(
        _ visit: Console.Visit, _ records: [HintsModel.Link], meaning: String, number: Number? = nil,
        sites: [Choice] = [], decisions: [Choice] = []
    ) {
        (self.records, self.meaning, self.number) = (records, visit.words(meaning), number)
        path = visit.request.path
        (self.sites, hasSites) = (sites, !sites.isEmpty)
        (self.decisions, hasDecisions) = (decisions, !decisions.isEmpty)
        reason = visit.request.form["reason"] ?? ""
    }
}

/// What `trialsyncd participant renumber`, `transfer`, `merge` and `dismiss` do, and `visit renumber`: each a
/// form of its own, and the page that says what will happen.
extension Console {
    // MARK: Another number

    /// Gives a participant another number.
    func renumber(_ visit: Visit) async throws -> PageResponse {
        let (words, form, book) = (visit.words, visit.request.form, try await centre.book())
        let participant = try await participant(in: book, visit)
        guard visit.isDecision else {
            let proposed = try await centre.nextNumber(at: participant.site)
            let model = MovingModel(
                visit, [link(participant)], meaning: "renumberMeaning",
                number: MovingModel.Number(
                    value: form["number"] ?? proposed, hint: words("proposedNumber")))
            return try await page(
                visit, .moving, title: words("renumberOf", ["record": participant.name]), model)
        }
        let (new, reason, actor) = (
            (form["number"] ?? "").uppercased(), form["reason"] ?? "", try actor(visit)
        )
        let change = try await book.renumbering(participant, to: new, reason: reason, by: actor.author)
        let values = ["old": participant.name, "new": new]
        let held = try await book.views(of: participant).map(\.view)
        let sentences =
            [words("willRenumber", values), words("willKeepRecords", n: held.count)]
            + signed(held, "willKeepSigned", words)
            + [words("willKeepDrafts", ["record": new])] + decided(change, participant, visit)
        let act = Act(
            title: words("act.renumber", values), sentences: sentences, values: labels(held, words),
            typed: ("reason", words("reason"), true), keepsForm: true)
        if let page = try await confirmation(of: act, visit) { return page }
        _ = try await centre.renumber(participant.name, to: new, reason: reason, by: actor)
        return done(visit, words("renumbered", values), at: Self.path(participant.id, ""))
    }

    /// Gives a repeat of a visit another number.
    func renumberRepeat(_ visit: Visit) async throws -> PageResponse {
        let (words, form, book) = (visit.words, visit.request.form, try await centre.book())
        let participant = try await participant(in: book, visit)
        let sheet = try await book.sheet(participant, visit.value("repeat"))
        guard case .visit(let event, _?) = sheet.place else { throw Problem.unknownPage }
        guard visit.isDecision else {
            let proposed = try await next(event, of: participant, book)
            let model = MovingModel(
                visit, [link(participant), link(sheet)], meaning: "renumberMeaning",
                number: MovingModel.Number(
                    value: form["number"] ?? proposed, hint: words("nextRepeat")))
            let title = words("renumberOf", ["record": "\(participant.name) \(sheet.name)"])
            return try await page(visit, .moving, title: title, model)
        }
        let (number, reason, actor) = (
            Int(form["number"] ?? "") ?? 0, form["reason"] ?? "", try actor(visit)
        )
        let change = try await book.renumbering(sheet, to: number, reason: reason, by: actor.author)
        let new = "\(event.oid)#\(number)"
        let values = ["old": "\(participant.name) \(sheet.name)", "new": "\(participant.name) \(new)"]
        let held = [try await book.view(of: sheet)]
        let sentences =
            [words("willRenumber", values), words("willKeepRecords", n: 1)]
            + signed(held, "willKeepSigned", words) + [words("willRenameForms")]
            + decided(change, participant, visit)
        let act = Act(
            title: words("act.renumber", values), sentences: sentences, values: labels(held, words),
            typed: ("reason", words("reason"), true), keepsForm: true)
        if let page = try await confirmation(of: act, visit) { return page }
        _ = try await centre.renumber(
            visit: sheet.name, of: participant.name, to: number, reason: reason, by: actor)
        return done(visit, words("renumbered", values), at: Self.path(participant.id, new))
    }

    /// The next number that no repeat of the event has.
    private func next(
        _ event: StudyEvent, of participant: CaseBook.Participant, _ book: CaseBook
    ) async throws -> String {
        let taken = try await book.visits(of: participant).compactMap { sheet -> Int? in
            guard case .visit(event, let number) = sheet.place else { return nil }
            return number
        }
        return String((taken.max() ?? 0) + 1)
    }

    /// What a new number says of the conflict over the old one, if there is one.
    private func decided(_ change: Change, _ participant: CaseBook.Participant, _ visit: Visit) -> [String] {
        guard change.conflict != nil else { return [] }
        return [visit.words("willDecideNumber", ["site": participant.site.text])]
    }

    // MARK: Another site

    /// Moves a participant to another site.
    func transfer(_ visit: Visit) async throws -> PageResponse {
        let (words, form, book) = (visit.words, visit.request.form, try await centre.book())
        let participant = try await participant(in: book, visit)
        guard visit.isDecision else {
            let sites = try await siteChoices(form.values("site"))
            let model = MovingModel(
                visit, [link(participant)], meaning: "transferMeaning",
                sites: sites.filter { $0.value != participant.site.text })
            let title = words("transferOf", ["participant": participant.name])
            return try await page(visit, .moving, title: title, model)
        }
        let (to, reason, actor) = (form["site"] ?? "", form["reason"] ?? "", try actor(visit))
        // It is refused here if it would be refused then.
        _ = try await book.transferring(
            participant, to: try await centre.site(to), by: mover(actor, reason))
        let values = ["participant": participant.name, "site": to]
        let held = try await book.views(of: participant).map(\.view)
        let sentences =
            [words("willCopy", ["participant": participant.name, "to": to])]
            + closed(held, words.bracketed(participant.name, participant.site.text), words)
        let act = Act(
            title: words("act.transfer", values), sentences: sentences, values: labels(held, words),
            typed: ("reason", words("reason"), true), keepsForm: true)
        if let page = try await confirmation(of: act, visit) { return page }
        _ = try await centre.transfer(participant.name, to: to, reason: reason, by: actor)
        return done(visit, words("transferred", values), at: ConsoleRoute.participants.template)
    }

    // MARK: One person twice

    /// The decision that a pair is two people.
    private static let distinct = "distinct"

    /// Decides whether two records are of one person.
    func pair(_ visit: Visit) async throws -> PageResponse {
        let (form, book) = (visit.request.form, try await centre.book())
        let (one, other) = (
            try await participant(in: book, visit), try await participant(in: book, visit, named: "other")
        )
        guard visit.isDecision else { return try await pairForm(one, other, visit) }
        switch form["decision"] {
        case one.id.hex: return try await merge(other, into: one, book, visit)
        case other.id.hex: return try await merge(one, into: other, book, visit)
        case Self.distinct: return try await dismiss(one, other, book, visit)
        default:
            return try await pairForm(
                one, other, visit, notice: visit.notice("chooseFirst", remedy: "chooseActRemedy"))
        }
    }

    /// The decision bears the id of the record that stays, or a word where both do.
    private func pairForm(
        _ one: CaseBook.Participant, _ other: CaseBook.Participant, _ visit: Visit,
        notice: Shell.Notice? = nil
    ) async throws -> PageResponse {
        let words = visit.words
        let decisions = [
            (one.id.hex, words("mergeInto", ["gone": other.name, "stays": one.name])),
            (other.id.hex, words("mergeInto", ["gone": one.name, "stays": other.name])),
            (Self.distinct, words("twoPeople")),
        ].map {
            Choice(value: $0.0, label: $0.1, isChosen: $0.0 == visit.request.form["decision"])
        }
        let model = MovingModel(
            visit, [link(one), link(other)], meaning: "pairMeaning", decisions: decisions)
        return try await page(
            visit, .moving, title: words("pairOf", ["one": one.name, "other": other.name]), model,
            notice: notice, status: notice.status)
    }

    private func merge(
        _ gone: CaseBook.Participant, into stays: CaseBook.Participant, _ book: CaseBook, _ visit: Visit
    ) async throws -> PageResponse {
        let (words, reason, actor) = (
            visit.words, visit.request.form["reason"] ?? "", try actor(visit)
        )
        // It is refused here if it would be refused then.
        _ = try await book.merging(gone, into: stays, by: mover(actor, reason))
        let values = ["gone": gone.name, "stays": stays.name]
        let held = try await book.views(of: gone).map(\.view)
        let unsigned = try await book.views(of: stays).map(\.view)
        let sentences =
            [words("willMerge", values)] + closed(held, gone.name, words)
            + signed(unsigned, "willMergeUnsign", words, ["stays": stays.name])
        let act = Act(
            title: words("act.merge", values), sentences: sentences, values: labels(held, words),
            typed: ("reason", words("reason"), true), keepsForm: true)
        if let page = try await confirmation(of: act, visit) { return page }
        _ = try await centre.merge(gone.name, into: stays.name, reason: reason, by: actor)
        return done(visit, words("merged", values), at: Self.path(stays.id, ""))
    }

    private func dismiss(
        _ one: CaseBook.Participant, _ other: CaseBook.Participant, _ book: CaseBook, _ visit: Visit
    ) async throws -> PageResponse {
        let (words, reason, actor) = (
            visit.words, visit.request.form["reason"] ?? "", try actor(visit)
        )
        _ = try await book.dismissing(one, other, reason: reason, by: actor.author)
        let values = ["one": one.name, "other": other.name]
        let act = Act(
            title: words("act.distinct", values), sentences: [words("willDistinct", values)],
            typed: ("reason", words("reason"), true), keepsForm: true)
        if let page = try await confirmation(of: act, visit) { return page }
        _ = try await centre.dismiss(one.name, other.name, reason: reason, by: actor)
        return done(visit, words("declaredTwo", values), at: ConsoleRoute.pairs.template)
    }

    // MARK: What it touches

    private func mover(_ actor: Centre.Actor, _ reason: String) -> CaseBook.Mover {
        CaseBook.Mover(author: actor.author, key: actor.key, reason: reason)
    }

    /// Each visit and log line, with how many values are on it.
    private func labels(_ held: [VisitView], _ words: Words) -> [Label] {
        held.map { view in
            Label(
                label: view.header.eventName,
                text: words("valuesHeld", n: view.items.count { $0.state != .empty }))
        }
    }

    /// That records are locked, and their signatures stay with them.
    private func closed(_ held: [VisitView], _ record: String, _ words: Words) -> [String] {
        [words("willLockOld", n: held.count, ["record": record])]
            + signed(held, "willNotCopySigned", words)
    }

    /// What becomes of the signatures that are valid; nothing if there are none.
    private func signed(
        _ held: [VisitView], _ word: String, _ words: Words, _ values: [String: String] = [:]
    ) -> [String] {
        let signatures = held.flatMap { view in
            view.signatures.filter(\.isValid).map { words.bracketed($0.user, view.header.eventName) }
        }
        guard !signatures.isEmpty else { return [] }
        let names = ["signatures": signatures.joined(separator: words.listComma)]
        return [words(word, names.merging(values) { name, _ in name })]
    }

    // MARK: The ways there

    private func link(_ participant: CaseBook.Participant) -> HintsModel.Link {
        HintsModel.Link(href: Self.path(participant.id, ""), name: participant.name)
    }

    private func link(_ sheet: CaseBook.Sheet) -> HintsModel.Link {
        HintsModel.Link(href: Self.path(sheet.participant.id, sheet.name), name: sheet.name)
    }

    private static func renumberPath(_ participant: EnrolmentID) -> String {
        "/participants/renumber/\(participant.hex)"
    }

    /// From a participant's page to another number, and to another site.
    func ways(of participant: CaseBook.Participant, _ visit: Visit) -> [HintsModel.Link] {
        guard visit.visitor.may(.release), participant.departure == nil else { return [] }
        return [
            HintsModel.Link(
                href: Self.renumberPath(participant.id), name: visit.words("anotherNumber")),
            HintsModel.Link(
                href: "/participants/transfer/\(participant.id.hex)", name: visit.words("moveSite")),
        ]
    }

    /// From a likely pair to the decision about it; `nil` for who may not.
    func way(to pair: LikelyPair, _ visit: Visit) -> HintsModel.Link? {
        guard visit.visitor.may(.release) else { return nil }
        let path = ([ConsoleRoute.pairs.template] + pair.ids.map(\.hex)).joined(separator: "/")
        return HintsModel.Link(href: path, name: visit.words("onePersonOrTwo"))
    }

    /// Who bear one number, each with the way to another; none if that is not the conflict.
    func bearers(
        in shown: ConflictView, of participant: CaseBook.Participant, _ book: CaseBook, _ visit: Visit
    ) async throws -> [ConflictModel.Bearer] {
        guard shown.kind == .duplicateNumber, shown.resolution == nil else { return [] }
        let mayRenumber = visit.visitor.may(.release)
        func bearer(_ name: String, _ href: String, _ way: String) -> ConflictModel.Bearer {
            ConflictModel.Bearer(
                name: name, href: href, act: visit.words("anotherNumber"), actHref: mayRenumber ? way : nil)
        }
        if case .visit(let event, let number) = shown.visit.place {
            let name = VisitView.Header.name(of: event, occurrence: number, shortID: nil)
            return try await book.visits(of: participant).filter { $0.name.hasPrefix("\(name)~") }.map {
                let path = Self.path(participant.id, $0.name)
                return bearer("\(participant.name) \($0.name)", path, "\(path)/number")
            }
        }
        return try await book.participants(number: shown.visit.participant)
            .filter { $0.departure == nil && visit.visitor.sees($0.site) }
            .map { bearer($0.name, Self.path($0.id, ""), Self.renumberPath($0.id)) }
    }
}

extension Console.Visit {
    /// Whether a form was sent, and not to go back to it.
    fileprivate var isDecision: Bool { request.method == .post && !isUndone }
}
