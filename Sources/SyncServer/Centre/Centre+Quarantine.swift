package import SyncProtocol
package import TrialModel
package import TrialStore

extension Centre {
    /// Admits what quarantined changes say, all or none, each as a new change that cites it; the entries
    /// themselves are never applied later. They leave the list and stay in the history.
    ///
    /// What speaks of a participant who has gone is admitted where the participant is now, one at a time.
    ///
    /// - Throws: `Problem(.notFound)`, `.ambiguousNumber`, `.reasonNeeded`, `.undecodable`; `.notAllowed` for
    ///   what only its author can say; `.recordLocked`, `.recordVoided`.
    package func release(_ names: [String], reason: String, by actor: Actor) async throws -> [QuarantinedView]
    {
        guard reason.saysSomething else { throw Problem(.reasonNeeded, "a release needs a reason") }
        let kept = try await replica.quarantine()
        let study = try await study()
        var released: [(entry: HistoryEntry, change: Change)] = []
        for name in names {
            let entry = try find(name, in: kept)
            guard !released.contains(where: { $0.entry.id == entry.id }) else { continue }
            let original = try Self.releasable(entry, name)
            if try await book().hasDeparted(original.record, site: entry.site) {
                guard names.count == 1 else {
                    throw Problem(
                        .usage, "the participant of \(name) has gone to another record",
                        remedy: "release it by itself")
                }
                return try await readmit(entry, original, reason: reason, by: actor)
            }
            let view = try await replica.view(of: original.record, site: entry.site)
            if view.state[RegisterName.lock].standing != nil {
                throw Problem(
                    .recordLocked, "the record of \(name) is locked", remedy: "unlock it, then release")
            }
            if view.state[RegisterName.void].standing != nil {
                throw Problem(.recordVoided, "the record of \(name) is void", remedy: "nothing to do")
            }
            var change = actor.author.change(
                .release, original.record, original.writes, study: study, reason: reason)
            change.cites = [entry.id]
            change.guards = view.base.guards
            released.append((entry, change))
        }
        var saves: [SiteSave] = []
        for item in released {
            let change = try EncodedChange(item.change, site: item.entry.site, signedWith: actor.key)
            saves.append(SiteSave(site: item.entry.site, changes: [change]))
        }
        _ = try await replica.save(saves)
        return released.map { view(of: $0.entry) }
    }

    private func readmit(
        _ entry: HistoryEntry, _ original: Change, reason: String, by actor: Actor
    ) async throws -> [QuarantinedView] {
        let mover = CaseBook.Mover(author: actor.author, key: actor.key, reason: reason)
        return try await trying {
            let (saves, site) = try await book().readmitting(entry, original, by: mover)
            try actor.check(at: site)
            _ = try await replica.save(saves)
            return [view(of: entry)]
        }
    }

    private func find(_ name: String, in kept: [HistoryEntry]) throws(Problem) -> HistoryEntry {
        let found = kept.filter { CaseBook.names(name, $0.name.description) }
        guard let entry = found.first else { throw Problem(.notFound, "no entry \(name) is in quarantine") }
        guard found.count == 1 else {
            throw Problem(.ambiguousNumber, "\(name) names \(found.count) entries")
        }
        return entry
    }

    /// The change of an entry, if another person can say the same in its author's place.
    private static func releasable(_ entry: HistoryEntry, _ name: String) throws(Problem) -> Change {
        guard let change = entry.change else {
            throw Problem(.undecodable, "what \(name) says cannot be read here")
        }
        switch change.kind {
        case .sign:
            throw Problem(
                .notAllowed, "\(name) is the signature of \(change.author)",
                remedy: "ask \(change.author) to sign again")
        case .lock, .unlock, .void, .administer, .release:
            throw Problem(
                .notAllowed, "\(name) is of kind \(change.kind), which is made at the centre",
                remedy: "make it yourself, if it should be")
        case .save, .resolve, .query, .confirm:
            guard
                change.writes.contains(where: {
                    $0.register == RegisterName.void || $0.register == RegisterName.lock
                })
            else { return change }
            throw Problem(
                .notAllowed, "\(name) speaks of a void or lock", remedy: "resolve the conflict yourself")
        }
    }
}
