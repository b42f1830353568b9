package import TrialModel
package import TrialStore

extension Centre {
    /// Locks, unlocks or voids a visit or log line.
    ///
    /// - Parameter base: what was shown; `nil` for what is here now.
    /// - Throws: what ``CaseBook/deciding(_:on:reason:by:)`` refuses; `Problem(.changedMeanwhile)`.
    package func decide(
        _ decision: RecordDecision, _ participant: String, _ sheet: String, reason: String,
        base: String? = nil,
        by actor: Actor
    ) async throws -> VisitView {
        let book = try await book()
        let sheet = try await book.sheet(try await book.participant(participant), sheet)
        let site = sheet.participant.site
        try actor.check(at: site)
        try sheet.refuseChange(since: base, countingLocks: true)
        let change = try book.deciding(decision, on: sheet, reason: reason, by: actor.author)
        _ = try await replica.save([change], site: site, signedWith: actor.key)
        return try await visit(sheet.participant.name, sheet.name, withHistory: false)
    }
}
