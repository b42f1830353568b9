import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

/// One entry of quarantine, as a person needs to see it who is to decide.
struct KeptModel: Sendable {
    /// What was saved, beside what stands there now.
    struct Row: Sendable {
        let label: String
        let before: ShownValue
        let saved: String
        /// A dash for what is not looked up: only study data of visits and lines is.
        let now: ShownValue
        /// Whether another value stands there than the author was shown.
        let hasMoved: Bool
    }

    let entry: String
    let code: String
    /// What the code means.
    let meaning: String
    let changes: HistoryModel
    let site: String
    let place: String
    /// Where the record is looked at; `nil` for what is of no participant.
    let href: String?
    let rows: [Row]
    let hasRows: Bool
    /// What a release would do.
    let effects: [ConflictPage.Effect]
    let neighbours: [Label]
    let hasNeighbours: Bool
    let history: [HistoryModel]
    let hasHistory: Bool
    let mayRelease: Bool
}

extension Console {
    /// An entry of quarantine at the visitor's sites.
    func keptEntry(_ name: String, _ visit: Visit) async throws -> HistoryEntry {
        let kept = try await seen(by: visit.visitor).quarantine
        guard let entry = kept.first(where: { $0.name.description == name }) else {
            throw Problem.unknownPage
        }
        return entry
    }

    /// One entry: what was saved beside what stands there now, and what its release would do.
    func keptPage(_ visit: Visit) async throws -> PageResponse {
        let (words, book) = (visit.words, try await centre.book())
        let entry = try await keptEntry(visit.value("entry"), visit)
        guard let told = try await centre.auditEntries([entry]).first?.value else {
            throw Problem.unknownPage
        }
        let audit = told.audit
        let sheet: CaseBook.Sheet? =
            if let record = entry.change?.record { try await book.sheet(of: record) } else { nil }
        let outcome: CaseBook.ReleaseOutcome? =
            if let sheet, let change = entry.change {
                try await book.outcome(
                    ofReleasing: change, entry.id, on: sheet, today: try centre.today)
            } else { nil }
        let view: VisitView? =
            if let sheet { try await book.view(of: sheet, withHistory: true) } else { nil }
        let rows = rows(audit, outcome, visit)
        let history = (view?.history ?? []).reversed().map {
            HistoryModel($0, study: visit.study, words: words)
        }
        let neighbours = neighbours(view, Set(audit.changes.map(\.item)), visit)
        let place = [audit.participant, audit.place].filter { !$0.isEmpty }.joined(separator: " ")
        let model = KeptModel(
            entry: audit.stamp.entry, code: code(of: entry), meaning: meaning(of: entry, words),
            changes: self.history(audit, visit),
            site: audit.stamp.site, place: place, href: told.participant.map { href($0, audit.place) },
            rows: rows, hasRows: !rows.isEmpty, effects: effects(outcome, visit), neighbours: neighbours,
            hasNeighbours: !neighbours.isEmpty, history: history, hasHistory: !history.isEmpty,
            mayRelease: visit.visitor.may(.release))
        return try await page(
            visit, .kept, title: words("keptOf", ["place": place.isEmpty ? audit.stamp.entry : place]),
            model)
    }

    func code(of entry: HistoryEntry) -> String { entry.judgement?.verdict.code ?? "" }

    func meaning(of entry: HistoryEntry, _ words: Words) -> String {
        ProblemCode(rawValue: code(of: entry)).map { words("problem.\($0.rawValue)") } ?? ""
    }

    /// Where the record of an entry is looked at.
    func href(_ participant: EnrolmentID, _ place: String) -> String {
        Self.path(participant, place == "query" ? "" : place)
    }

    private func rows(
        _ audit: AuditEntry, _ outcome: CaseBook.ReleaseOutcome?, _ visit: Visit
    ) -> [KeptModel.Row] {
        let (words, study) = (visit.words, visit.study)
        return HistoryModel.told(audit.changes).map { change in
            let name = change.item
            let before = ShownValue(change.old, ofRegister: name, in: study, words)
            let now = outcome?.now[name].map { ShownValue($0, ofRegister: name, in: study, words) }
            return KeptModel.Row(
                label: words.label(ofRegister: name, in: study), before: before,
                saved: words.value(change.new, ofRegister: name, in: study).text,
                now: now ?? ShownValue("–"), hasMoved: now.map { $0 != before } ?? false)
        }
    }

    private func neighbours(_ view: VisitView?, _ own: Set<String>, _ visit: Visit) -> [Label] {
        (view?.items ?? []).filter { $0.state != .empty && !own.contains($0.item) }
            .map { Label($0, of: visit.study.item($0.item), visit.words) }
    }

    /// What a release would do, in sentences.
    func effects(_ outcome: CaseBook.ReleaseOutcome?, _ visit: Visit) -> [ConflictPage.Effect] {
        let (words, study) = (visit.words, visit.study)
        guard let outcome else { return [ConflictPage.Effect(words("releaseUnknown"))] }
        if outcome.isLocked { return [ConflictPage.Effect(words("releaseLocked"))] }
        if outcome.isVoid { return [ConflictPage.Effect(words("releaseVoid"))] }
        var sentences = outcome.conflicting.map { item in
            words("releaseConflict", ["item": study.item(item)?.label[words.language] ?? item])
        }
        if sentences.isEmpty { sentences.append(words("releaseApplies")) }
        return sentences.map { ConflictPage.Effect($0) }
            + ConflictPage.Effect.all(
                derived: outcome.derived, plans: outcome.plans, plansBefore: outcome.plansBefore,
                findings: outcome.checks, voided: outcome.voidedSignatures.map(\.user), study: study,
                words: words)
    }
}
