import SyncProtocol
import TrialModel

/// Conflicts of an edit with a void or a lock: how they are shown and decided.
extension CaseBook {
    // MARK: Showing

    /// An open conflict of a void or lock with edits: the void or lock first.
    func presentState(
        _ conflict: Conflict, _ view: RecordView, _ header: VisitView.Header
    ) async throws -> OpenConflict {
        var (first, edits): ([ChangeID], [ChangeID]) = ([], conflict.siblings)
        var (held, departure): (Change?, Departure?)
        if conflict.kind == .editVersusVoid {
            first = view.state[RegisterName.void].standings.filter(conflict.siblings.contains)
            edits.removeAll(where: first.contains)
        } else {
            departure = try await self.departure(of: view.state, site: header.site)
            first = try await locks(view.state[RegisterName.lock].live.map(\.id), departure)
            if let id = edits.first { held = try await store.entry(of: id)?.change }
        }
        var shown = try await shown(conflict.kind, conflict.id, header, first, edits)
        if let held {
            let live = held.writes.filter { RegisterName.isData($0.register) }
                .flatMap { view.state[$0.register].live }
            shown.before = live.flatMap(\.values)
            shown.enteredBefore = try await stamps(of: live.map(\.id))
        } else {
            (shown.before, shown.enteredBefore) = try await replaced(by: edits)
        }
        return OpenConflict(conflict: conflict, view: view, shown: shown, held: held, departure: departure)
    }

    private func shown(
        _ kind: ConflictKind, _ id: ConflictID, _ header: VisitView.Header, _ first: [ChangeID],
        _ edits: [ChangeID], resolution: ConflictView.Resolution? = nil
    ) async throws -> ConflictView {
        let register = kind == .editVersusVoid ? RegisterName.void : RegisterName.lock
        var (versions, items): ([VersionView], Set<String>) = ([], [])
        for version in first + edits {
            guard let entry = try await store.entry(of: version) else {
                throw Problem(.storeDamaged, "the entry of a value that is shown is missing")
            }
            let values = (entry.change?.writes ?? []).filter {
                first.contains(version) ? $0.register == register : $0.register != RegisterName.number
            }.flatMap(\.values)
            versions.append(VersionView(stamp: Self.stamp(entry), values: values))
            if !first.contains(version) { items.formUnion(values.map(\.item)) }
        }
        return ConflictView(
            id: id, kind: kind, visit: header, register: register,
            items: items.isEmpty ? [register] : items.sorted(), versions: versions, resolution: resolution)
    }

    /// What edits replaced: what stood on the record without them, and who entered it.
    private func replaced(by edits: [ChangeID]) async throws -> ([ItemValue], [EntryStamp]) {
        var (values, ids): ([ItemValue], [ChangeID]) = ([], [])
        for edit in edits {
            let writes = try await store.entry(of: edit)?.change?.writes ?? []
            for write in writes where RegisterName.isData(write.register) {
                for id in write.replaces {
                    let old = try await store.entry(of: id)?.change?.writes
                    values += old?.first(where: { $0.register == write.register })?.values ?? []
                    ids.append(id)
                }
            }
        }
        return (values, try await stamps(of: ids))
    }

    /// The stamps of changes, each once. A laptop that joined has the values before their entries.
    private func stamps(of ids: [ChangeID]) async throws -> [EntryStamp] {
        var stamps: [EntryStamp] = []
        for (place, id) in ids.enumerated() where !ids[..<place].contains(id) {
            if let entry = try await entry(of: id) { stamps.append(Self.stamp(entry)) }
        }
        return stamps
    }

    /// Where a record went, by its own lock or that of its participant.
    func departure(of state: RecordState, site: SiteCode) async throws -> Departure? {
        if let departure = state.departure { return departure }
        guard let participant = state.key.participant else { return nil }
        return try await store.view(of: .participant(participant), site: site).state.departure
    }

    /// The locks among these versions of the lock register; for an unlock the locks that it replaced. What
    /// came new to a participant who had gone is held by the lock that says so.
    private func locks(_ versions: [ChangeID], _ departure: Departure?) async throws -> [ChangeID] {
        var found: Set<ChangeID> = []
        for id in versions {
            guard
                let write = try await store.entry(of: id)?.change?.writes.first(where: {
                    $0.register == RegisterName.lock
                })
            else { continue }
            if Version(id: id, values: write.values).saysYes {
                found.insert(id)
            } else {
                found.formUnion(write.replaces)
            }
        }
        return found.isEmpty ? [departure?.version].compactMap(\.self) : found.sorted()
    }

    /// A decided conflict of a void or lock with edits; `nil` if the change decided something else.
    func decidedState(
        _ change: Change, _ entry: HistoryEntry, _ conflict: ConflictID
    ) async throws -> ConflictView? {
        let view = try await store.view(of: change.record, site: entry.site)
        let (kind, first, edits): (ConflictKind, [ChangeID], [ChangeID])
        if let held = change.decidedHeld {
            let departure = try await departure(of: view.state, site: entry.site)
            (kind, first, edits) = (.editAfterLock, try await locks(change.guards, departure), [held])
        } else if let found = try await versusVoid(change) {
            (kind, first, edits) = (.editVersusVoid, found.voids, found.edits)
        } else {
            return nil
        }
        let kept = [ItemValue(RegisterName.lock, .yesNo(true))]
        let values = change.writes.isEmpty ? kept : change.writes.flatMap(\.values)
        var shown = try await shown(
            kind, conflict, try await header(of: change.record, site: entry.site, view: view), first, edits,
            resolution: .init(stamp: Self.stamp(entry), values: values))
        (shown.before, shown.enteredBefore) = try await replaced(by: edits)
        return shown
    }

    /// The voids that a resolution replaced, and of what it cites the edits that had not seen them.
    private func versusVoid(_ change: Change) async throws -> (voids: [ChangeID], edits: [ChangeID])? {
        guard let write = change.writes.first(where: { $0.register == RegisterName.void }) else { return nil }
        var (voids, edits): (Set<ChangeID>, Set<ChangeID>) = ([], [])
        for id in write.replaces {
            guard let void = try await store.entry(of: id)?.change else { continue }
            for other in change.cites where !void.cites.contains(other) {
                guard let edit = try await store.entry(of: other)?.change, !edit.guards.contains(id)
                else { continue }
                voids.insert(id)
                edits.insert(other)
            }
        }
        return edits.isEmpty ? nil : (voids.sorted(), edits.sorted())
    }

    // MARK: Deciding

    /// Whether a person may decide a conflict, as far as it is not a matter of where.
    package func mayDecide(_ open: OpenConflict, as author: Author) -> Bool {
        guard author.role.may(.resolve), open.conflict.kind != .duplicateNumber else { return false }
        return (try? refuseDecider(author, of: open)) != nil
    }

    /// - Throws: `Problem(.notAllowed)`; `.recordLocked` and `.recordVoided` where only the centre may go on.
    func refuseDecider(_ author: Author, of open: OpenConflict) throws(Problem) {
        let (state, register) = (open.view.state, open.conflict.register)
        let isAbove = author.role.may(.decideHeld)
        if register == RegisterName.lock {
            guard !isAbove else { return }
            throw Problem(
                .notAllowed, "what came after a lock is decided at the centre", remedy: "ask a coordinator")
        }
        if let rule = study.ruleBook.conflictResolution, !rule.resolveBy.contains(author.role) {
            let roles = rule.resolveBy.map(\.name).joined(separator: ", ")
            throw Problem(
                .notAllowed, "\(author.name) is \(author.role.name) and may not do this",
                remedy: "ask someone who is \(roles)")
        }
        guard !isAbove else { return }
        let name = "\(open.shown.visit.participant) \(open.shown.visit.eventName)"
        if state[RegisterName.lock].standing != nil { throw Problem(.recordLocked, "\(name) is locked") }
        if state[RegisterName.void].standing != nil, register != RegisterName.void {
            throw Problem(.recordVoided, "\(name) is void")
        }
    }

    /// The change that keeps a void or lock against an edit, or admits the edit.
    ///
    /// A void that is kept is made again, having seen the edit; one that gives way is replaced by "not void".
    /// A held edit is written anew with what it replaced, or only cited.
    func decidingState(
        _ open: OpenConflict, _ decision: Decision, reason: String, by author: Author
    ) throws(Problem) -> Change {
        guard case .take(let entry) = decision else {
            let entries = open.shown.versions.map(\.stamp.entry).joined(separator: " or ")
            throw Problem(
                .usage, "a conflict of kind \(open.conflict.kind.rawValue) is not settled by another value",
                remedy: "take \(entries)")
        }
        let isKept = try taken(entry, open).contains { $0.item == open.conflict.register }
        let base = open.view.base
        var (writes, cites): ([RegisterWrite], [ChangeID]) = ([], open.conflict.siblings)
        if open.conflict.kind == .editVersusVoid {
            let shown = base.registers[RegisterName.void]
            writes = [
                RegisterWrite(
                    RegisterName.void, [ItemValue(RegisterName.void, .yesNo(isKept))],
                    replaces: shown?.shown ?? [], through: shown?.through ?? [])
            ]
            cites = open.view.state.liveData
        } else if !isKept {
            if let departure = open.departure {
                throw Problem(
                    .recordLocked,
                    "\(open.shown.visit.participant) was \(departure.reason.rawValue) to "
                        + "\(departure.destination)",
                    remedy: "a coordinator admits it there, by taking it here at the centre")
            }
            guard let held = open.held else {
                throw Problem(.undecodable, "what the lock holds cannot be read here")
            }
            writes = held.writes
            cites += held.cites
        }
        var change = author.change(.resolve, open.conflict.record, writes, study: study, reason: reason)
        change.conflict = open.conflict.id
        change.guards = base.guards
        change.cites = cites
        return change
    }
}
