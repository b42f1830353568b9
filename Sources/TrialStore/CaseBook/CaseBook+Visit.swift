import FoundationEssentials
package import SyncProtocol
package import TrialModel

extension CaseBook {
    /// A visit as commands and pages show it.
    package func view(of visit: Sheet, withHistory: Bool = false) async throws -> VisitView {
        let state = visit.view.state
        var stamps: [ChangeID: EntryStamp] = [:]
        for register in state.registers.values where register.isInConflict {
            for version in register.live { stamps[version.id] = try await stamp(of: version.id) }
        }
        let judged = try await judged(visit)
        var view = VisitView(
            header: header(of: visit), base: try BaseToken.encode(visit.view.base),
            items: items(of: visit, stamps), derived: judged.derived, checks: judged.checks,
            conflicts: state.conflicts.map(\.id),
            locked: state[RegisterName.lock].standing != nil,
            voided: state[RegisterName.void].standing != nil,
            pending: visit.view.unconfirmed.count)
        view.signatures = try await signatures(on: visit)
        view.quarantined = try await entries(of: visit.key).inQuarantine.count
        if withHistory { view.history = try await history(of: visit.key) }
        return view
    }

    /// All lines of a log form of a participant, as commands and pages show them.
    package func views(ofLog form: String, participant: String, site: SiteCode? = nil) async throws
        -> [VisitView]
    {
        let (participant, form) = (try await self.participant(participant, site: site), try log(form))
        return try await views(of: participant) { $0.place == .line(form) }.map(\.view)
    }

    /// The items planned at the event, then those that were saved all the same.
    private func items(of visit: Sheet, _ stamps: [ChangeID: EntryStamp]) -> [ItemView] {
        let planned = study.items(on: visit.place)
        var views = planned.map { item($0.oid, in: visit.view.state[$0.register], stamps) }
        let known = Set(planned.map(\.oid))
        for (name, register) in visit.view.state.sortedRegisters where !name.hasPrefix("@") {
            let others = Set(register.live.flatMap { $0.values.map(\.item) }).subtracting(known).sorted()
            views += others.map { item($0, in: register, stamps) }
        }
        return views
    }

    private func item(_ oid: String, in register: RegisterState, _ stamps: [ChangeID: EntryStamp]) -> ItemView
    {
        guard !register.isInConflict else {
            // Whoever made the view has a stamp of each version in conflict.
            let versions = register.live.compactMap { version in
                stamps[version.id].map { VersionView(stamp: $0, values: version.values) }
            }
            return ItemView(item: oid, state: .conflict, value: nil, versions: versions)
        }
        let value = register.agreed?.value(of: oid) ?? .empty
        return ItemView(item: oid, state: value.isEmpty ? .empty : .agreed, value: value, versions: [])
    }

    // MARK: Stamps and history

    /// - Throws: `Problem(.storeDamaged)` if the change is not here: no value is left out of what a person
    ///   decides on.
    func stamp(of id: ChangeID) async throws -> EntryStamp {
        guard let entry = try await entry(of: id) else {
            throw Problem(.storeDamaged, "the entry of a value that is shown is missing")
        }
        return Self.stamp(entry)
    }

    static func stamp(_ entry: HistoryEntry) -> EntryStamp {
        let received = entry.judgement.map {
            DeviceTime(milliseconds: $0.receivedMilliseconds, offsetMinutes: 0).iso8601
        }
        return EntryStamp(
            entry: entry.name.description, author: entry.change?.author ?? "",
            role: entry.change?.role.name ?? "",
            device: entry.deviceName, site: entry.site.text, at: entry.change?.at.iso8601 ?? "",
            receivedAt: received,
            reason: entry.change?.reason ?? "", studyVersion: entry.change?.studyVersion,
            isSigned: entry.change?.kind.needsSignature ?? false)
    }

    /// The audit trail of a record: one entry a save, with old and new value of each item, in the order in
    /// which the centre received them; what is not there yet comes last.
    package func history(of key: RecordKey) async throws -> [HistoryView] {
        let entries = try await entries(of: key).enumerated().sorted { left, right in
            let times = [left, right].map { $0.element.judgement?.receivedMilliseconds ?? .max }
            return (times[0], left.offset) < (times[1], right.offset)
        }.map(\.element)
        var written: [ChangeID: [String: [ItemValue]]] = [:]
        for entry in entries {
            for write in entry.change?.writes ?? [] {
                written[entry.id, default: [:]][write.register] = write.values
            }
        }
        return entries.map { entry in
            var changes: [HistoryView.ItemChange] = []
            for write in entry.change?.writes ?? [] {
                let before = write.replaces.compactMap { written[$0]?[write.register] }
                changes += HistoryView.changes(of: write, before: before)
            }
            return HistoryView(
                stamp: Self.stamp(entry), kind: entry.change.map { "\($0.kind)" } ?? "undecodable",
                verdict: entry.judgement?.verdict.name ?? "pending", changes: changes)
        }
    }
}

extension HistoryView {
    /// The items that a write altered, with what stood there before: several values if they were in conflict.
    ///
    /// - Parameter before: the values of each version that it replaced.
    static func changes(of write: RegisterWrite, before: [[ItemValue]]) -> [ItemChange] {
        // A confirmation may be of several findings, whose values have the same names.
        let finding = RegisterName.confirmed(write.register).map { $0 + "/" } ?? ""
        let written = write.values.compactMap { value -> ItemChange? in
            let old = before.map { values in values.first { $0.item == value.item }?.value ?? .empty }
            guard old.isEmpty || old.contains(where: { !$0.agrees(with: value.value) }) else { return nil }
            return ItemChange(item: finding + value.item, old: old.uniqued(), new: value.value)
        }
        return written
    }
}

extension [Value] {
    /// Each value once, in order.
    fileprivate func uniqued() -> [Value] {
        reduce(into: []) { list, value in if !list.contains(value) { list.append(value) } }
    }
}

extension StudyDefinition {
    /// The items that are asked on a sheet.
    func items(on place: CaseBook.Sheet.Place) -> [Item] {
        switch place {
        case .visit(let event, _): items(at: event.oid)
        case .line(let form): form.items
        }
    }
}
