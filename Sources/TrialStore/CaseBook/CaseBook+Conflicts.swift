import FoundationEssentials
package import SyncProtocol
package import TrialModel

extension CaseBook {
    /// A conflict with the record it lies in.
    package struct OpenConflict: Sendable {
        package let conflict: Conflict
        package let view: RecordView
        package let shown: ConflictView
        /// What a lock holds, if that is the conflict.
        package var held: Change?
        /// Where the record went, if it was closed in favour of another.
        package var departure: Departure?
    }

    /// The open conflicts of a site, or of all.
    package func conflicts(site: SiteCode? = nil) async throws -> [OpenConflict] {
        var filter = RecordFilter()
        filter.site = site
        return (try await conflicts(on: filter) + duplicateNumbers(site)).inOrder
    }

    /// The open conflicts of one participant, but for numbers that another bears too.
    func conflicts(of participant: Participant) async throws -> [OpenConflict] {
        var filter = RecordFilter()
        filter.participant = participant.id
        return try await conflicts(on: filter).inOrder
    }

    /// What is in conflict on records, confirmed or only in the view of this laptop.
    private func conflicts(
        on filter: RecordFilter, where isWanted: (Conflict) -> Bool = { _ in true }
    ) async throws -> [OpenConflict] {
        var filter = filter
        filter.inConflict = true
        var open: [OpenConflict] = []
        for entry in try await store.views(filter) {
            let wanted = entry.view.state.conflicts.filter(isWanted)
            guard !wanted.isEmpty else { continue }
            let header = try await header(of: entry.view.state.key, site: entry.site, view: entry.view)
            for conflict in wanted { open.append(try await present(conflict, entry.view, header)) }
        }
        return open
    }

    private func present(
        _ conflict: Conflict, _ view: RecordView, _ header: VisitView.Header
    ) async throws -> OpenConflict {
        if conflict.kind != .concurrentEdit { return try await presentState(conflict, view, header) }
        var versions: [VersionView] = []
        for id in conflict.siblings {
            let stamp = try await stamp(of: id)
            let live = view.state[conflict.register].live.first { $0.id == id }
            versions.append(VersionView(stamp: stamp, values: live?.values ?? []))
        }
        let items = study.items(of: conflict.register).map(\.oid)
        let shown = ConflictView(
            id: conflict.id, kind: conflict.kind, visit: header, register: conflict.register,
            items: items.isEmpty ? [conflict.register] : items, versions: versions, resolution: nil)
        return OpenConflict(conflict: conflict, view: view, shown: shown)
    }

    func header(of key: RecordKey, site: SiteCode, view: RecordView) async throws -> VisitView.Header {
        var number = ""
        if let participant = key.participant {
            number = try await store.view(of: .participant(participant), site: site).state.number ?? "?"
        }
        let place: VisitView.Header.Place =
            switch key.kind {
            case .scheduledVisit: .visit(event: key.name, occurrence: nil)
            case .unscheduledVisit: .visit(event: key.name, occurrence: Int(view.state.number ?? ""))
            case .logLine: .line(form: key.name, name: Self.lineName(of: key))
            default: .participant
            }
        return VisitView.Header(
            participant: number, place: place, site: site, record: Self.shortName(of: key),
            shortID: try await shortID(of: key, view))
    }

    /// The short id of a repeat whose number another bears too.
    private func shortID(of key: RecordKey, _ view: RecordView) async throws -> String? {
        guard key.kind == .unscheduledVisit, let id = key.id, let participant = key.participant,
            let number = Int(view.state.number ?? "")
        else { return nil }
        var filter = RecordFilter()
        (filter.kinds, filter.number) = (
            [.unscheduledVisit], .visit(participant, event: key.name, number: number)
        )
        return try await store.views(filter).count > 1 ? String(id.hex.prefix(4)) : nil
    }

    /// Two participants, or two repeats of one participant's event, that bear one number.
    func duplicateNumbers(_ site: SiteCode?) async throws -> [OpenConflict] {
        var open: [OpenConflict] = []
        for entries in try await store.duplicateNumbers(site: site) {
            let sorted = entries.sorted {
                $0.view.state.key.bytes.lexicographicallyPrecedes($1.view.state.key.bytes)
            }
            let siblings = sorted.compactMap { $0.view.state[RegisterName.number].live.first }
            let conflict = Conflict(
                kind: .duplicateNumber, record: sorted[0].view.state.key, register: RegisterName.number,
                siblings: siblings.map(\.id))
            var versions: [VersionView] = []
            for version in siblings {
                versions.append(
                    VersionView(stamp: try await stamp(of: version.id), values: version.values))
            }
            let header = try await header(
                of: sorted[0].view.state.key, site: sorted[0].site, view: sorted[0].view)
            let shown = ConflictView(
                id: conflict.id, kind: .duplicateNumber, visit: header, register: RegisterName.number,
                items: [RegisterName.number],
                versions: versions, resolution: nil)
            open.append(OpenConflict(conflict: conflict, view: sorted[0].view, shown: shown))
        }
        return open
    }

    /// An open conflict by its id, or the start of it.
    ///
    /// - Throws: `Problem(.conflictNotCurrent)` with the id that stands now, if it was decided or has
    ///   changed; `Problem(.notFound)`.
    package func openConflict(_ id: String, site: SiteCode? = nil) async throws -> OpenConflict {
        let prefix = id.lowercased()
        let isNamed = { (conflict: Conflict) in prefix.count >= 4 && conflict.id.hex.hasPrefix(prefix) }
        var filter = RecordFilter()
        filter.site = site
        // Only what is named is read in full: there may be a thousand.
        var found = try await conflicts(on: filter, where: isNamed)
        if found.first?.conflict.id.hex != prefix {
            found += try await duplicateNumbers(site).filter { isNamed($0.conflict) }
        }
        if let only = found.first, found.count == 1 { return only }
        guard found.isEmpty else {
            throw Problem(.ambiguousNumber, "\(id) is the start of \(found.count) conflicts")
        }
        let open = try await conflicts(site: site)
        if let decided = try await decided(prefix) {
            let now = open.first { $0.view.state.key == decided.entry.change?.record }
            let next = now.map { "; the record now has conflict \($0.conflict.id.hex)" } ?? ""
            throw Problem(
                .conflictNotCurrent,
                "conflict \(id) was decided by \(decided.entry.change?.author ?? "?")\(next)")
        }
        if let grown = open.first(where: { $0.conflict.grew(from: prefix) }), prefix.count >= 4 {
            throw Problem(
                .conflictNotCurrent,
                "another value has joined conflict \(id); it is conflict \(grown.conflict.id.hex) now")
        }
        throw Problem(.notFound, "there is no conflict \(id)")
    }

    /// The change that decided the conflict whose name starts like this.
    ///
    /// - Throws: `Problem(.ambiguousNumber)` if several conflicts do.
    private func decided(_ prefix: String) async throws -> (conflict: ConflictID, entry: HistoryEntry)? {
        let found = try await store.resolutions(conflictPrefix: prefix)
        let conflicts = Set(found.map(\.conflict)).count
        guard conflicts < 2 else {
            throw Problem(.ambiguousNumber, "\(prefix) is the start of \(conflicts) conflicts")
        }
        return found.first
    }

    /// A conflict by its id, open or decided.
    package func conflict(_ id: String, site: SiteCode? = nil) async throws -> ConflictView {
        try await conflictAndRecord(id, site: site).shown
    }

    /// A conflict by its id, open or decided, with the record that it is on: a number may mean two people.
    package func conflictAndRecord(_ id: String, site: SiteCode? = nil) async throws
        -> (shown: ConflictView, record: RecordKey)
    {
        do {
            let open = try await openConflict(id, site: site)
            return (open.shown, open.conflict.record)
        } catch let problem as Problem {
            guard problem.code == .conflictNotCurrent,
                let decided = try await decided(id.lowercased()), let change = decided.entry.change
            else { throw problem }
            return (try await view(of: decided.entry, conflict: decided.conflict), change.record)
        }
    }

    /// A decided conflict, as the change that decided it tells.
    private func view(of entry: HistoryEntry, conflict: ConflictID) async throws -> ConflictView {
        guard let change = entry.change else {
            throw Problem(.storeDamaged, "a resolution cannot be read")
        }
        if let shown = try await decidedState(change, entry, conflict) { return shown }
        guard let write = change.writes.first else {
            throw Problem(.storeDamaged, "a resolution cannot be read")
        }
        var versions: [VersionView] = []
        for id in write.replaces {
            guard let replaced = try await store.entry(of: id) else { continue }
            let values = replaced.change?.writes.first { $0.register == write.register }?.values ?? []
            versions.append(VersionView(stamp: Self.stamp(replaced), values: values))
        }
        let view = try await store.view(of: change.record, site: entry.site)
        return ConflictView(
            id: conflict, kind: write.register == RegisterName.number ? .duplicateNumber : .concurrentEdit,
            visit: try await header(of: change.record, site: entry.site, view: view),
            register: write.register, items: write.values.map(\.item), versions: versions,
            resolution: .init(stamp: Self.stamp(entry), values: write.values))
    }
}

extension [CaseBook.OpenConflict] {
    /// In the order of site, participant and visit.
    var inOrder: Self {
        func place(_ open: CaseBook.OpenConflict) -> (SiteCode, String, String, ConflictID) {
            let visit = open.shown.visit
            return (visit.site, visit.participant, visit.eventName, open.conflict.id)
        }
        return map { ($0, place($0)) }.sorted { $0.1 < $1.1 }.map(\.0)
    }
}

extension Conflict {
    /// Conflicts of more siblings than this are not searched for what they grew from.
    private static let siblingLimit = 8

    /// Whether an id that starts like this named fewer of these siblings.
    fileprivate func grew(from prefix: String) -> Bool {
        guard (3...Self.siblingLimit).contains(siblings.count) else { return false }
        return (1..<(1 << siblings.count) - 1).contains { subset in
            let fewer = siblings.indices.filter { subset & 1 << $0 != 0 }.map { siblings[$0] }
            let before = Conflict(kind: kind, record: record, register: register, siblings: fewer)
            return fewer.count > 1 && before.id.hex.hasPrefix(prefix)
        }
    }
}
