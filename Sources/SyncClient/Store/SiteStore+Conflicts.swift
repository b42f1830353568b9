import SyncProtocol
package import TrialModel
import TrialStore

/// What a page of the site shows of a conflict, and of what deciding it would do.
extension SiteStore {
    /// What a decision of an open conflict would do.
    package struct Foretold: Sendable {
        /// `JOURNAL/N` of the side that is taken; empty for values that were entered.
        package let entry: String
        package let values: [ItemValue]
        package let derived: [DerivedValue]
        package let plans: [DrugPlan]
        /// What was planned by the value that stood before both; empty where there was none.
        package let plansBefore: [DrugPlan]
        package let findings: [Finding]
        /// Whose signatures would become void.
        package let voidedSignatures: [String]
        /// Whose signatures would stay valid.
        package let keptSignatures: [String]
        package let isLocked: Bool
    }

    /// A conflict, with the participant whose record it is on.
    package func conflictAndParticipant(_ id: String) async throws
        -> (shown: ConflictView, participant: RosterEntry?)
    {
        let book = try await book()
        let (shown, record) = try await book.conflictAndRecord(id, site: site)
        guard let enrolment = record.participant else { return (shown, nil) }
        return (shown, Self.entry(try await book.participant(enrolment, site: site)))
    }

    /// Whether the person who is logged in may decide an open conflict here. What a lock holds is decided at
    /// the centre.
    package func mayDecide(_ conflict: String) async throws -> Bool {
        let book = try await book()
        let open = try await book.openConflict(conflict, site: site)
        return open.conflict.register != RegisterName.lock && book.mayDecide(open, as: author)
    }

    /// What stood there before anyone saved one of the values; empty if they have nothing in common.
    package func before(_ conflict: String) async throws -> [VersionView] {
        let book = try await book()
        return try await book.ancestors(of: try await book.openConflict(conflict, site: site))
    }

    /// What taking each side of an open conflict would do.
    package func foretell(_ conflict: String) async throws -> [Foretold] {
        let book = try await book()
        let open = try await book.openConflict(conflict, site: site)
        let before = try await plansBefore(open, book)
        var all: [Foretold] = []
        for version in open.shown.versions {
            all.append(try await foretell(open, version.values, version.stamp.entry, before, book))
        }
        return all
    }

    /// What a decision would do; it is refused here if it would be refused then.
    ///
    /// - Throws: as ``resolve(_:take:set:reason:)``.
    package func foretell(
        _ conflict: String, take: String?, set: [String], reason: String
    ) async throws -> (shown: ConflictView, foretold: Foretold) {
        let book = try await book()
        let open = try await book.openConflict(conflict, site: site)
        let change = try deciding(open, take: take, set: set, reason: reason, in: book)
        let values = change.writes.first?.values ?? []
        let before = try await plansBefore(open, book)
        return (open.shown, try await foretell(open, values, take ?? "", before, book))
    }

    private func plansBefore(_ open: CaseBook.OpenConflict, _ book: CaseBook) async throws -> [DrugPlan] {
        guard let today = now.localDate else { return [] }
        return try await book.plans(try await book.ancestors(of: open), of: open, today: today)
    }

    private func foretell(
        _ open: CaseBook.OpenConflict, _ values: [ItemValue], _ entry: String, _ plansBefore: [DrugPlan],
        _ book: CaseBook
    ) async throws -> Foretold {
        var outcome: CaseBook.Outcome?
        if let today = now.localDate {
            outcome = try await book.outcome(of: open, taking: values, today: today)
        }
        let signatures = try await book.signatures(of: open, taking: values)
        return Foretold(
            entry: entry, values: values, derived: outcome?.derived ?? [],
            plans: outcome?.schedule.drugs ?? [], plansBefore: plansBefore, findings: outcome?.checks ?? [],
            voidedSignatures: signatures.voided.map(\.user), keptSignatures: signatures.kept.map(\.user),
            isLocked: open.view.state[RegisterName.lock].standing != nil)
    }

    /// The change that a decision would be; nothing is written.
    func deciding(
        _ open: CaseBook.OpenConflict, take: String?, set: [String], reason: String, in book: CaseBook
    ) throws(Problem) -> Change {
        guard open.conflict.register != RegisterName.lock else {
            throw Problem(
                .notAllowed, "what came after a lock is decided at the centre",
                remedy: "ask a coordinator")
        }
        let decision: CaseBook.Decision = if let take { .take(take) } else { .set(try book.values(set)) }
        return try book.resolving(open, decision, reason: reason, by: author)
    }
}
