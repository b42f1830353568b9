package import SyncProtocol
package import TrialModel

/// What was saved offline on a record whose participant had meanwhile gone to another one.
///
/// The centre holds it at the old record, which stays as it was copied. Admitting it is a new change by a
/// coordinator on the record that took the old one's place, which cites it; the entry itself is never
/// applied.
extension CaseBook {
    /// A record that took an old one's place, and what of it the held change would have replaced.
    private struct Successor {
        var participant: Participant
        var key: RecordKey
        /// By register: the copies of what the author of the held change was shown.
        var replaces: [String: [ChangeID]]
    }

    /// Whether a decision admits a held change of a participant who has gone.
    package func readmits(_ open: OpenConflict, taking entry: String) throws(Problem) -> Bool {
        guard open.departure != nil, open.held != nil else { return false }
        return try !taken(entry, open).contains { $0.item == open.conflict.register }
    }

    /// Whether a record's participant has gone, so that nothing is admitted on it any more.
    package func hasDeparted(_ record: RecordKey, site: SiteCode) async throws -> Bool {
        try await departure(of: try await store.view(of: record, site: site).state, site: site) != nil
    }

    /// What admits a held change on the record that took the old one's place: the change there, a query for
    /// that site to acknowledge it, and at the old site the decision, which keeps the lock. To be saved
    /// together.
    ///
    /// The copy of what the author was shown is replaced. What anyone has written there since stays, and is a
    /// conflict if it differs.
    ///
    /// - Returns: the saves, and the site that gets the values.
    /// - Throws: `Problem(.notAllowed)` for a signature; `.conflictOpen`, `.recordLocked`, `.recordVoided`,
    ///   `.notFound`, `.reasonNeeded`.
    package func readmitting(
        _ open: OpenConflict, by mover: Mover
    ) async throws -> (saves: [SiteSave], site: SiteCode) {
        guard let held = open.held, let id = open.conflict.siblings.first,
            let lock = open.shown.versions.first?.stamp.entry
        else { throw Problem(.undecodable, "what the lock holds cannot be read here") }
        let site = open.shown.visit.site
        return try await readmitting(held, id, from: site, waiting: Set(open.view.state.held), by: mover) {
            place throws(Problem) in
            try decidingState(
                open, .take(lock), reason: "admitted at \(place): \(mover.reason)", by: mover.author)
        }
    }

    /// The same of a quarantined change: the release of the old record says nothing but that it was admitted
    /// elsewhere.
    package func readmitting(
        _ kept: HistoryEntry, _ change: Change, by mover: Mover
    ) async throws -> (saves: [SiteSave], site: SiteCode) {
        let waiting = Set(try await store.quarantine(of: change.record).map(\.id))
        return try await readmitting(change, kept.id, from: kept.site, waiting: waiting, by: mover) {
            place throws(Problem) in
            var release = mover.author.change(
                .release, change.record, [], study: study, reason: "admitted at \(place): \(mover.reason)")
            release.cites = [kept.id]
            return release
        }
    }

    /// - Parameters:
    ///   - waiting: what is kept of the old record and was not admitted yet.
    ///   - closing: the change on the old record that ends the matter there, given the place it went to.
    private func readmitting(
        _ kept: Change, _ id: ChangeID, from old: SiteCode, waiting: Set<ChangeID>, by mover: Mover,
        closing: (String) throws(Problem) -> Change
    ) async throws -> (saves: [SiteSave], site: SiteCode) {
        try mover.check()
        if kept.kind == .sign {
            throw Problem(
                .notAllowed, "it is the signature of \(kept.author)",
                remedy: "ask \(kept.author) to sign again")
        }
        try await refuseBefore(kept, waiting)
        let next = try await successor(of: kept, at: old, by: mover.author)
        let site = next.participant.site
        let expected = (try await store.summary(of: old).digest, try await store.summary(of: site).digest)
        let target = try await store.view(of: next.key, site: site)
        let header = try await header(of: next.key, site: site, view: target)
        let place = [next.participant.name, header.eventName].filter { !$0.isEmpty }.joined(separator: " ")
        try refuseClosed(target.state, place)
        let writes = kept.writes.filter { RegisterName.signer($0.register) == nil }.map {
            RegisterWrite($0.register, $0.values, replaces: next.replaces[$0.register] ?? [])
        }
        var change = mover.author.change(.release, next.key, writes, study: study, reason: mover.reason)
        (change.cites, change.guards) = ([id], target.base.guards)
        let query = announcing(kept, from: old, on: next.participant.id, header, of: change, mover)
        let end = try closing("site \(site), \(place)")
        if site == old {
            return ([try mover.save([change, query, end], at: site, expected: expected.1)], site)
        }
        return (
            [
                try mover.save([end], at: old, expected: expected.0),
                try mover.save([change, query], at: site, expected: expected.1),
            ], site
        )
    }

    /// - Throws: `Problem(.conflictOpen)` while what the change replaces waits too: it must be there first.
    private func refuseBefore(_ kept: Change, _ waiting: Set<ChangeID>) async throws {
        let before = waiting.intersection(kept.writes.flatMap { $0.replaces + $0.through })
        guard let first = before.min(), let entry = try await store.entry(of: first) else { return }
        throw Problem(
            .conflictOpen, "it replaces what entry \(entry.name) says, and that waits too",
            remedy: "decide about that entry first")
    }

    // MARK: Following a participant

    /// Follows a participant from record to record to where nothing says that it went on.
    private func successor(
        of held: Change, at site: SiteCode, by author: Author
    ) async throws -> Successor {
        guard let id = held.record.participant, var current = try await participant(id, at: site) else {
            throw Problem(.notFound, "the participant's old record is not here")
        }
        var key = held.record
        var replaces = Dictionary(
            held.writes.map { ($0.register, $0.replaces + $0.through) }, uniquingKeysWith: +)
        while let departure = current.departure {
            let next = try await participant(after: current, departure)
            let old = try await store.view(of: key, site: current.site).state
            let (copy, history) = try await counterpart(of: key, for: next, by: author)
            for (register, shown) in replaces {
                let live = old[register].live.map(\.id)
                // Only who was shown all that was copied replaces the copy.
                let sawAll = !live.isEmpty && Set(live).isSubset(of: shown)
                replaces[register] =
                    (sawAll ? history.copies(of: live, in: register) : [])
                    + history.admissions(of: shown, in: register)
            }
            (current, key) = (next, copy)
        }
        return Successor(participant: current, key: key, replaces: replaces)
    }

    private func participant(_ id: EnrolmentID, at site: SiteCode) async throws -> Participant? {
        try await participants(site: site).first { $0.id == id }
    }

    /// The record that a participant went to: the one whose first entry cites the old record, or the one that
    /// it was merged into.
    private func participant(after old: Participant, _ departure: Departure) async throws -> Participant {
        if departure.reason == .merged { return try await participant(departure.destination, site: old.site) }
        var candidates: [Participant] = []
        if let site = SiteCode(departure.destination) { candidates = try await participants(site: site) }
        let sources = Set(try await store.history(of: .participant(old.id)).map(\.id))
        for candidate in candidates {
            let history = try await store.history(of: .participant(candidate.id))
            if history.contains(where: { $0.isCopy(of: sources) }) { return candidate }
        }
        throw Problem(
            .notFound, "the record that \(old.name) went to is not here",
            remedy: "look for it with `participant list`")
    }

    /// The record of the other participant that took this one's place, with its history: the copy, or a new
    /// one if nothing was there to copy.
    private func counterpart(
        of key: RecordKey, for participant: Participant, by author: Author
    ) async throws -> (key: RecordKey, history: [HistoryEntry]) {
        let sources = Set(try await store.history(of: key).map(\.id))
        if key.id != nil {
            var filter = RecordFilter()
            (filter.participant, filter.kinds) = (participant.id, [key.kind])
            for entry in try await store.views(filter) where entry.view.state.key.name == key.name {
                let found = entry.view.state.key
                let history = try await store.history(of: found)
                if history.contains(where: { $0.isCopy(of: sources) }) { return (found, history) }
            }
        }
        let moved = key.moved(to: participant.id, author: author)
        return (moved, try await store.history(of: moved))
    }
}

extension HistoryEntry {
    /// Whether this took over what one of these changes says.
    fileprivate func isCopy(of sources: Set<ChangeID>) -> Bool {
        change?.kind == .release && !sources.isDisjoint(with: change?.cites ?? [])
    }
}

extension [HistoryEntry] {
    /// The changes among these that copied all of the given versions of a register.
    fileprivate func copies(of versions: [ChangeID], in register: String) -> [ChangeID] {
        filter { entry in
            guard let change = entry.change, change.kind == .release else { return false }
            return Set(versions).isSubset(of: change.cites)
                && change.writes.contains { $0.register == register }
        }.map(\.id)
    }
}

extension [HistoryEntry] {
    /// The changes among these that admitted one of the given held changes, each by itself.
    fileprivate func admissions(of held: [ChangeID], in register: String) -> [ChangeID] {
        filter { entry in
            guard let change = entry.change, change.kind == .release, change.cites.count == 1,
                let cited = change.cites.first
            else { return false }
            return held.contains(cited) && change.writes.contains { $0.register == register }
        }.map(\.id)
    }
}

extension CaseBook.Mover {
    fileprivate func save(
        _ changes: [Change], at site: SiteCode, expected: StateDigest
    ) throws(Problem) -> SiteSave {
        var encoded: [EncodedChange] = []
        for change in changes { encoded.append(try EncodedChange(change, site: site, signedWith: key)) }
        return SiteSave(site: site, changes: encoded, expected: expected)
    }
}
