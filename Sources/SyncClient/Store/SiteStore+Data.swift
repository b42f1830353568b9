import Crypto
import Foundation
import SyncProtocol
public import TrialModel
import TrialStore

/// A visit's form, opened: what the person was shown, and what has been entered since.
///
/// A save from it replaces what was shown, whatever has come in meanwhile.
public struct Draft: Sendable {
    /// The visit as it was when the form was opened.
    public let shown: VisitView
    let study: StudyDefinition
    private(set) var values: [String: Value] = [:]

    /// Enters a value as a person types it: `71.5`, `350 mg/dL`, an empty text to empty it, `@notDone`.
    ///
    /// - Throws: `Problem(.unknownItem)`, `.wrongType`, `.unknownCode`, `.unknownUnit`, `.textTooLong`.
    public mutating func set(_ item: String, _ text: String) throws(Problem) {
        guard let definition = study.item(item) else {
            throw Problem(.unknownItem, "the study has no item \(item)")
        }
        values[item] = try study.value(from: text, for: definition)
    }

    init(shown: VisitView, study: StudyDefinition) { (self.shown, self.study) = (shown, study) }
}

/// What one edit did.
public struct EditResult: Sendable {
    public let visit: VisitView
    /// The values that were shown and no longer stand.
    public let replaced: [ItemValue]
    /// Whether anything was written: not if the values stood there already.
    public let isSaved: Bool

    /// The visit, with `replaced`.
    public func json(in language: Language) -> JSON {
        let shown = visit.json(in: language)
        guard case .object(let members) = shown else { return shown }
        return .object(
            members + [
                .init("replaced", .object(replaced.map { .init($0.item, $0.value.json) })),
                .init("saved", .bool(isSaved)),
            ])
    }
}

/// One visit to save, of many.
struct PlannedSave: Sendable {
    let participant: String
    /// A visit, or a line of a log.
    let sheet: String
    let values: [String: Value]
    var base: Base?
    var reason = ""
    /// The id of the line that begins with it; `nil` for a fresh one.
    var line: RecordID?
}

extension SiteStore {
    var author: Author { Author(name: user, role: role, now: now, random: environment.random) }

    func newID() -> RecordID {
        var generator = EnvironmentGenerator(environment: environment)
        return RecordID(using: &generator)
    }

    // MARK: Participants

    /// Enrols a participant with the next of this laptop's leased numbers, offline too.
    ///
    /// - Parameter values: items as `ITEM=VALUE`, saved at the first event that asks for them.
    /// - Throws: `Problem(.numbersExhausted)`; what the items do not take.
    public func addParticipant(_ values: [String] = []) async throws -> ParticipantView {
        try await add(values, as: nil)
    }

    /// Enrols the one participant whom a form of a page enrols, however often it is sent, also to a program
    /// that was started again since.
    package func addParticipant(byForm form: String) async throws -> ParticipantView {
        guard !form.isEmpty else { return try await add([], as: nil) }
        let (book, id) = (try await book(), EnrolmentID(form: form))
        let known = try await book.participants(site: site).first { $0.id == id }
        return if let known { try await book.view(of: known) } else { try await add([], as: id) }
    }

    private func add(_ values: [String], as id: EnrolmentID?) async throws -> ParticipantView {
        let book = try await book()
        try author.check(may: .save)
        let typed = try book.values(values)
        var generator = EnvironmentGenerator(environment: environment)
        let id = id ?? EnrolmentID(using: &generator)
        // Everything is checked before a number is taken.
        var changes = [Change]()
        var byEvent: [String: [String: Value]] = [:]
        for (oid, value) in typed {
            guard
                let event = book.study.events.first(where: { event in
                    book.study.items(at: event.oid).contains { $0.oid == oid }
                })
            else { throw Problem(.itemNotAtEvent, "\(oid) is not asked at any visit") }
            byEvent[event.oid, default: [:]][oid] = value
        }
        let number = try await freeNumber(book)
        let numbered = RegisterWrite(RegisterName.number, [ItemValue(RegisterName.number, .text(number))])
        changes.append(author.change(.save, .participant(id), [numbered], study: book.study))
        let participant = CaseBook.Participant(
            id: id, site: site, view: RecordView(confirmed: RecordState(key: .participant(id))), name: number)
        for (event, values) in byEvent.sorted(by: { $0.key < $1.key }) {
            let visit = try await book.visit(participant, event, newID: newID)
            if let change = try await book.saving(values, on: visit, base: nil, reason: "", by: author) {
                changes.append(change)
            }
        }
        _ = try await replica.save(changes, site: site, signedWith: signingKey)
        try await mark()
        return try await book.view(of: try await book.participant(number, site: site))
    }

    /// The next leased number that nobody was given by hand.
    private func freeNumber(_ book: CaseBook) async throws -> String {
        while true {
            let number = site.participant(numbered: try await replica.takeNumber())
            if try await book.participants(number: number).isEmpty { return number }
        }
    }

    /// What is to be said if this site alone has enrolled as many as the whole study wants; that does not
    /// stop anyone from enrolling.
    public func noteOnTarget() async throws -> String? {
        try await enrolledOnTarget().map {
            "site \(site) has enrolled \($0.enrolled); the study's target is \($0.target)"
        }
    }

    /// How many the site has enrolled, and the study's target, once it is reached.
    package func enrolledOnTarget() async throws -> (enrolled: Int, target: Int)? {
        let book = try await book()
        let count = try await book.standings(of: try await book.participants(site: site)).enrolled
        return count >= book.study.target ? (count, book.study.target) : nil
    }

    public func participants() async throws -> [ParticipantView] {
        let book = try await book()
        var views: [ParticipantView] = []
        for participant in try await book.participants(site: site) {
            views.append(try await book.view(of: participant))
        }
        return views
    }

    // MARK: Visits

    /// A visit or log line as it stands here: confirmed values with what is not yet at the centre on top.
    ///
    /// - Parameter sheet: `BL`, `UNS#2`, `AE-3fa1c2d4`.
    public func visit(_ participant: String, _ sheet: String, withHistory: Bool = false) async throws
        -> VisitView
    {
        let book = try await book()
        let sheet = try await book.sheet(
            try await book.participant(participant, site: site), sheet, newID: newID)
        var view = try await book.view(of: sheet, withHistory: withHistory)
        if withHistory { view.historyLeft = Int(try await replica.firstSync()?.historyLeft ?? 0) }
        return view
    }

    /// Opens the form of a visit or log line.
    public func open(_ participant: String, _ sheet: String) async throws -> Draft {
        Draft(shown: try await visit(participant, sheet), study: try await study())
    }

    /// Saves a form: one save, on the disk when this returns. Nothing is written if nothing was changed.
    ///
    /// - Throws: `Problem(.reasonNeeded)` where a value is replaced; `.conflictOpen`, `.recordLocked`,
    ///   `.diskFull`.
    @discardableResult
    public func save(_ draft: Draft, reason: String = "") async throws -> VisitView {
        let header = draft.shown.header
        let plan = PlannedSave(
            participant: header.participant, sheet: header.eventName, values: draft.values,
            base: try BaseToken.decode(draft.shown.base), reason: reason)
        _ = try await save([plan])
        return try await visit(header.participant, header.eventName)
    }

    /// Saves items given as `ITEM=VALUE`, on what was shown with `base`, or on what the store shows now.
    ///
    /// - Returns: the visit, and what was replaced.
    public func edit(
        _ participant: String, _ sheet: String, _ assignments: [String], reason: String, base: String?
    ) async throws -> EditResult {
        let book = try await book()
        let before = try await visit(participant, sheet)
        let plan = PlannedSave(
            participant: participant, sheet: sheet, values: try book.values(assignments),
            base: try base.map { text throws(Problem) in try BaseToken.decode(text) }, reason: reason)
        let isSaved = try await save([plan]) > 0
        let replaced = plan.values.keys.sorted().compactMap { oid -> ItemValue? in
            guard let old = before.items.first(where: { $0.item == oid })?.value, !old.isEmpty,
                let new = plan.values[oid], !old.agrees(with: new)
            else { return nil }
            return ItemValue(oid, old)
        }
        return EditResult(
            visit: try await visit(participant, sheet), replaced: replaced, isSaved: isSaved)
    }

    /// Saves many visits together: all of them or none.
    ///
    /// - Returns: how many entries were written.
    func save(_ plans: [PlannedSave]) async throws -> Int {
        let book = try await book()
        var changes: [Change] = []
        var participants: [String: CaseBook.Participant] = [:]
        for plan in plans {
            let participant =
                if let known = participants[plan.participant] { known } else {
                    try await book.participant(plan.participant, site: site)
                }
            participants[plan.participant] = participant
            let sheet = try await sheet(plan, of: participant, in: book)
            let change = try await book.saving(
                plan.values, on: sheet, base: plan.base, reason: plan.reason, by: author)
            if let change { changes.append(change) }
        }
        guard !changes.isEmpty else { return 0 }
        let entries = try await replica.save(changes, site: site, signedWith: signingKey)
        try await mark()
        return entries.count
    }

    /// The sheet that a plan is to be saved on; the name of a log form stands for a new line of it.
    private func sheet(_ plan: PlannedSave, of participant: CaseBook.Participant, in book: CaseBook)
        async throws -> CaseBook.Sheet
    {
        guard book.isLog(plan.sheet) else {
            return try await book.sheet(participant, plan.sheet, newID: newID)
        }
        return book.newLine(of: participant, form: try book.log(plan.sheet), id: plan.line ?? newID())
    }

    /// - Throws: what would stop this save.
    func check(_ plan: PlannedSave) async throws {
        let book = try await book()
        let sheet = try await sheet(
            plan, of: try await book.participant(plan.participant, site: site), in: book)
        _ = try await book.saving(plan.values, on: sheet, base: plan.base, reason: plan.reason, by: author)
    }

    // MARK: Conflicts

    public func conflicts() async throws -> [ConflictView] {
        try await book().conflicts(site: site).map(\.shown)
    }

    public func conflict(_ id: String) async throws -> ConflictView {
        try await book().conflict(id, site: site)
    }

    /// Decides a conflict of this site: an investigator's right.
    ///
    /// - Parameters:
    ///   - take: the entry whose value stands, or `nil`.
    ///   - set: other values as `ITEM=VALUE`, if none is taken.
    public func resolve(_ id: String, take: String?, set: [String], reason: String) async throws
        -> ConflictView
    {
        let book = try await book()
        let open = try await book.openConflict(id, site: site)
        let change = try deciding(open, take: take, set: set, reason: reason, in: book)
        let entries = try await replica.save([change], site: site, signedWith: signingKey)
        try await mark()
        return ConflictView(
            id: open.conflict.id, kind: open.conflict.kind, visit: open.shown.visit,
            register: open.shown.register,
            items: open.shown.items, versions: open.shown.versions,
            resolution: .init(
                stamp: EntryStamp(
                    entry: entries.first?.description ?? "", author: user, role: role.name,
                    device: deviceName, site: site.text,
                    at: now.iso8601,
                    receivedAt: nil, reason: reason, studyVersion: book.study.version, isSigned: true),
                values: change.writes.first?.values ?? []))
    }
}

/// A generator that draws from the environment.
private struct EnvironmentGenerator: RandomNumberGenerator {
    let environment: ReplicaEnvironment
    mutating func next() -> UInt64 { environment.random() }
}
