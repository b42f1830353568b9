import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

struct ConflictsModel: Sendable {
    struct Row: Sendable {
        let id: String
        let href: String
        let participant: String
        let visit: String
        let item: String
        let kind: String
        let site: String
        /// The values that stand against each other, each in a column of its own.
        let values: [Value]
        /// Set where one click can take the same side of several.
        let isValue: Bool
        /// Whether it was ticked before, where the form comes back.
        let isTicked: Bool
    }

    struct Value: Sendable {
        let text: String
        let who: String
    }

    let list: SearchedList<Row>
    /// How many columns the values take.
    let columns: String
    let mayResolve: Bool
    /// Whose values can be taken: who entered one of those that are shown.
    let authors: [Choice]
    /// The reason that was typed before, where the form comes back.
    let reason: String
}

extension Console {
    /// - Parameter notice: why a form of the list comes back.
    func conflicts(_ visit: Visit, notice: Shell.Notice? = nil) async throws -> PageResponse {
        let open = try await openConflicts(visit.visitor)
        let found = open.filter {
            visit.fits(
                site: $0.visit.site, kinds: [$0.kind.rawValue],
                [$0.visit.participant, $0.visit.site.text, name(of: $0, visit)] + $0.items)
        }
        let shown = visit.shown(found)
        let columns = max(2, shown.map(\.versions.count).max() ?? 0)
        let authors = shown.filter { $0.kind == .concurrentEdit }.flatMap { $0.versions.map(\.stamp.author) }
        let list = visit.list(
            shown.map { row($0, columns, visit) }, of: found.count, find: "find",
            none: open.isEmpty ? "noConflicts" : "nothingFound", sites: open.map(\.visit.site),
            kinds: ConflictKind.allCases.map { ($0.rawValue, "conflict.\($0.rawValue)") })
        let model = ConflictsModel(
            list: list, columns: String(columns),
            mayResolve: visit.study.ruleBook.resolveBy.contains(visit.visitor.grant.role),
            authors: choices(Set(authors).sorted(), chosen: visit.request.form["author"] ?? "") { $0 },
            reason: visit.request.form["reason"] ?? "")
        return try await page(
            visit, .conflicts, title: visit.words("conflicts"), model, notice: notice, status: notice.status)
    }

    func choices(_ values: [String], chosen: String, label: (String) -> String) -> [Choice] {
        values.map { Choice(value: $0, label: label($0), isChosen: $0 == chosen) }
    }

    private func row(_ conflict: ConflictView, _ columns: Int, _ visit: Visit) -> ConflictsModel.Row {
        let page = ConflictPage(conflict, study: visit.study, words: visit.words)
        let values = conflict.versions.map {
            ConflictsModel.Value(text: page.text(of: $0), who: page.makers(of: $0, \.author))
        }
        let blank = ConflictsModel.Value(text: "", who: "")
        return ConflictsModel.Row(
            id: conflict.id.hex, href: "/conflicts/\(conflict.id.hex)",
            participant: conflict.visit.participant, visit: conflict.visit.eventName,
            item: page.name, kind: visit.words("conflict.\(conflict.kind.rawValue)"),
            site: conflict.visit.site.text,
            values: values + Array(repeating: blank, count: columns - values.count),
            isValue: conflict.kind == .concurrentEdit,
            isTicked: visit.request.form.values("id").contains(conflict.id.hex))
    }

    func name(of conflict: ConflictView, _ visit: Visit) -> String {
        ConflictPage(conflict, study: visit.study, words: visit.words).name
    }

    // MARK: One conflict

    /// - Parameter notice: why a form of it comes back.
    func conflict(_ visit: Visit, notice: Shell.Notice? = nil) async throws -> PageResponse {
        let (shown, record) = try await centre.book().conflictAndRecord(visit.value("id"))
        guard visit.visitor.sees(shown.visit.site) else { throw Problem.unknownPage }
        let page = ConflictPage(shown, study: visit.study, words: visit.words)
        let setting = try await setting(of: page, on: record, visit)
        return try await self.page(
            visit, .conflict, title: page.name + visit.words.comma + page.place, page.model(setting),
            notice: notice, status: notice.status)
    }

    private func setting(
        of page: ConflictPage, on record: RecordKey, _ visit: Visit
    ) async throws -> ConflictPage.Setting {
        let (shown, book) = (page.shown, try await centre.book())
        guard let enrolment = record.participant else { throw Problem.unknownPage }
        let participant = try await book.participant(enrolment)
        let sheet = shown.visit.eventName
        let path = "/participants/\(participant.id.hex)" + (sheet.isEmpty ? "" : "/\(urlEscaped(sheet))")
        var setting = ConflictPage.Setting(now: centre.environment.now())
        (setting.visitHref, setting.askAction) = (path, "\(path)/queries")
        if shown.resolution == nil {
            let open = try await book.openConflict(shown.id.hex)
            let before = try await book.ancestors(of: open)
            if shown.kind == .concurrentEdit { setting.before = before }
            let plansBefore = try await book.plans(before, of: open, today: try centre.today)
            for version in shown.versions {
                setting.effects[version.stamp.entry] = try await effects(
                    of: version.values, open, plansBefore, book, page)
            }
            setting.canTake = shown.kind != .duplicateNumber
            setting.mayResolve = book.mayDecide(open, as: try actor(visit).author)
            if !setting.mayResolve, setting.canTake {
                setting.note = page.whoResolves(
                    isLocked: open.view.state[RegisterName.lock].standing != nil)
            }
            setting.canAsk = visit.visitor.may(.query) && !sheet.isEmpty
        }
        if !sheet.isEmpty {
            let own = try await book.sheet(participant, sheet)
            let view = try await book.view(of: own, withHistory: true)
            setting.history = (view.history ?? []).reversed().map {
                HistoryModel($0, study: visit.study, words: visit.words)
            }
            setting.view = view
        }
        setting.bearers = try await bearers(in: shown, of: participant, book, visit)
        setting.form = visit.request.form
        return setting
    }

    /// What agreeing on these values would do, in sentences.
    ///
    /// - Parameter plansBefore: as `CaseBook.plans(_:of:today:)` gives them.
    func effects(
        of values: [ItemValue], _ open: CaseBook.OpenConflict, _ plansBefore: [DrugPlan], _ book: CaseBook,
        _ page: ConflictPage
    ) async throws -> [ConflictPage.Effect] {
        let isKept = values.contains { $0.item == open.conflict.register && $0.value == .yesNo(true) }
        // What is taken of a record that has gone is judged where it goes.
        guard open.departure == nil || isKept else { return [] }
        let outcome = try await book.outcome(of: open, taking: values, today: try centre.today)
        let signatures = try await book.signatures(of: open, taking: values)
        let isLocked = open.view.state[RegisterName.lock].standing != nil
        return page.effects(
            derived: outcome?.derived ?? [], plans: outcome?.schedule.drugs ?? [], plansBefore: plansBefore,
            findings: outcome?.checks ?? [], voided: signatures.voided.map(\.user))
            + page.stateEffects(taking: values, isLocked: isLocked, kept: signatures.kept.map(\.user))
    }
}

extension Shell.Notice? {
    /// The status of a page: a form that comes back with a notice was refused.
    var status: Int { self == nil ? 200 : ProblemCode.usage.httpStatus }
}
