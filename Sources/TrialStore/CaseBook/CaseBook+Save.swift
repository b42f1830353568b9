import FoundationEssentials
package import SyncProtocol
package import TrialModel

/// Who saves, when and with what randomness: what every change carries besides its values.
package struct Author: Sendable {
    package let name: String
    package let role: Role
    package let now: DeviceTime
    package let random: @Sendable () -> UInt64

    package init(name: String, role: Role, now: DeviceTime, random: @escaping @Sendable () -> UInt64) {
        (self.name, self.role, self.now, self.random) = (name, role, now, random)
    }

    /// - Throws: `Problem(.notAllowed)` with the roles that may.
    package func check(may action: Action) throws(Problem) {
        guard !role.may(action) else { return }
        let roles = action.roles.filter { $0 != .centre }.map(\.name).joined(separator: ", ")
        throw Problem(
            .notAllowed, "\(name) is \(role.name) and may not do this", remedy: "ask someone who is \(roles)")
    }

    package func change(
        _ kind: ChangeKind, _ record: RecordKey, _ writes: [RegisterWrite], study: StudyDefinition,
        reason: String = ""
    ) -> Change {
        var change = Change(
            kind: kind, record: record, writes: writes, author: name, role: role, at: now,
            studyVersion: study.version,
            salt: random())
        change.reason = reason
        return change
    }
}

extension CaseBook {
    /// The change that saves these values on a visit, or `nil` if they are what was shown.
    ///
    /// - Parameters:
    ///   - values: by item.
    ///   - base: what the person was shown; `nil` takes what is shown now.
    /// - Throws: `Problem(.conflictOpen)`, `.reasonNeeded`, `.recordLocked`, `.recordVoided`,
    ///   `.itemNotAtEvent`.
    package func saving(
        _ values: [String: Value], on visit: Sheet, base: Base?, reason: String, by author: Author
    ) async throws -> Change? {
        try author.check(may: .save)
        try visit.participant.refuseDeparted()
        let state = visit.view.state
        if state[RegisterName.lock].standing != nil {
            throw Problem(.recordLocked, "\(visit.participant.name) \(visit.name) is locked")
        }
        if state[RegisterName.void].standing != nil {
            throw Problem(.recordVoided, "\(visit.participant.name) \(visit.name) is void")
        }
        let shown = base ?? visit.view.base
        var writes: [RegisterWrite] = []
        for (register, items) in try registers(of: values, on: visit) {
            try refuseConflict(in: register, of: visit)
            if let write = try await write(items, to: register, of: visit, shown: shown, reason: reason) {
                writes.append(write)
            }
        }
        guard !writes.isEmpty else { return nil }
        if let occurrence = visit.occurrence, state[RegisterName.number].live.isEmpty {
            writes.append(
                RegisterWrite(
                    RegisterName.number, [ItemValue(RegisterName.number, .text(String(occurrence)))]))
        }
        var change = author.change(.save, visit.key, writes, study: study, reason: reason)
        change.guards = shown.guards
        return change
    }

    /// The values by register, in the order of the registers' names.
    private func registers(
        of values: [String: Value], on sheet: Sheet
    ) throws(Problem) -> [(register: String, items: [String: Value])] {
        let asked = Set(study.items(on: sheet.place).map(\.oid))
        var registers: [String: [String: Value]] = [:]
        for (oid, value) in values.sorted(by: { $0.key < $1.key }) {
            guard let item = study.item(oid) else {
                throw Problem(.unknownItem, "the study has no item \(oid)")
            }
            guard asked.contains(oid) else { throw misplaced(item, on: sheet) }
            if let problem = study.accepts(value, for: item) { throw problem }
            registers[study.register(of: item), default: [:]][oid] = value
        }
        return registers.sorted { $0.key < $1.key }.map { (register: $0.key, items: $0.value) }
    }

    private func misplaced(_ item: Item, on sheet: Sheet) -> Problem {
        let events = study.events.map(\.oid).filter { study.items(at: $0).contains { $0.oid == item.oid } }
        let isLogged = study.form(item.form)?.isLog ?? false
        let place = isLogged ? "in the log \(item.form)" : "at \(events.joined(separator: ", "))"
        return Problem(
            .itemNotAtEvent, "\(item.oid) is not asked at \(sheet.name)", remedy: "it is asked \(place)")
    }

    private func refuseConflict(in register: String, of visit: Sheet) throws(Problem) {
        guard let conflict = visit.view.state.conflicts.first(where: { $0.register == register }) else {
            return
        }
        throw Problem(
            .conflictOpen, "\(register) of \(visit.participant.name) \(visit.name) is in conflict",
            remedy: "resolve conflict \(conflict.id.hex) first")
    }

    private func write(
        _ items: [String: Value], to register: String, of visit: Sheet, shown: Base, reason: String
    ) async throws -> RegisterWrite? {
        let base = shown.registers[register] ?? .init(shown: [])
        let versions = try await versions(base.shown, of: register, in: visit.view.state)
        guard let shownFirst = versions.first, versions.contains(where: { !$0.agrees(with: shownFirst) })
        else {
            return try replacing(versions, with: items, base: base, register, reason)
        }
        throw Problem(
            .conflictNotCurrent, "\(register) was in conflict when the form was opened",
            remedy: "open the visit again and look at what stands now")
    }

    private func replacing(
        _ versions: [TrialModel.Version], with items: [String: Value], base: Base.Register,
        _ register: String,
        _ reason: String
    ) throws(Problem) -> RegisterWrite? {
        var whole = versions.first?.values ?? []
        var replaced: [String] = []
        var isChanged = versions.isEmpty && items.values.contains { !$0.isEmpty }
        for (oid, value) in items {
            let before = versions.first?.value(of: oid) ?? .empty
            if !before.agrees(with: value) {
                isChanged = true
                if !before.isEmpty { replaced.append(oid) }
            }
            whole.removeAll { $0.item == oid }
            whole.append(ItemValue(oid, value))
        }
        guard isChanged else { return nil }
        guard replaced.isEmpty || reason.saysSomething else {
            throw Problem(
                .reasonNeeded,
                "\(replaced.sorted().joined(separator: ", ")) has a value that would be replaced")
        }
        return RegisterWrite(register, whole, replaces: base.shown, through: base.through)
    }

    /// The versions a base names: live ones, or older ones that have been replaced since.
    private func versions(_ ids: [ChangeID], of register: String, in state: RecordState) async throws
        -> [TrialModel.Version]
    {
        var versions: [TrialModel.Version] = []
        for id in ids {
            if let live = state[register].live.first(where: { $0.id == id }) {
                versions.append(live)
                continue
            }
            guard let change = try await store.entry(of: id)?.change, change.record == state.key,
                let write = change.writes.first(where: { $0.register == register })
            else {
                throw Problem(.baseUnknown, "the base names a version of \(register) that is not here")
            }
            versions.append(TrialModel.Version(id: id, values: write.values))
        }
        return versions
    }

    // MARK: Resolving

    /// How a person decides a conflict.
    package enum Decision: Sendable {
        /// `JOURNAL/N`, or the start of it.
        case take(String)
        case set([String: Value])
    }

    /// The change that decides a conflict: it replaces exactly the siblings that were shown, and names the
    /// conflict.
    ///
    /// - Throws: `Problem(.conflictNotCurrent)`, `.notFound`, `.reasonNeeded`, `.notAllowed`,
    ///   `.atomicIncomplete`.
    package func resolving(
        _ open: OpenConflict, _ decision: Decision, reason: String, by author: Author
    ) throws(Problem) -> Change {
        try author.check(may: .resolve)
        guard reason.saysSomething else { throw Problem(.reasonNeeded, "a resolution needs a reason") }
        guard open.conflict.kind != .duplicateNumber else {
            throw Problem(
                .notAllowed,
                "a conflict of kind \(open.conflict.kind.rawValue) is not settled by taking a value",
                remedy: open.conflict.record.kind == .participant
                    ? "the coordinator does it at the centre: `trialsyncd participant renumber OLD NEW` if "
                        + "they are two people, `trialsyncd participant merge` if they are one"
                    : "the coordinator does it at the centre: `trialsyncd visit renumber`")
        }
        try refuseDecider(author, of: open)
        if open.conflict.kind != .concurrentEdit {
            return try decidingState(open, decision, reason: reason, by: author)
        }
        let values: [ItemValue]
        switch decision {
        case .take(let entry): values = try taken(entry, open)
        case .set(let given): values = try set(given, open)
        }
        let base = open.view.base.registers[open.conflict.register] ?? .init(shown: open.conflict.siblings)
        let write = RegisterWrite(
            open.conflict.register, values, replaces: open.conflict.siblings, through: base.through)
        var change = author.change(.resolve, open.conflict.record, [write], study: study, reason: reason)
        change.conflict = open.conflict.id
        change.guards = open.view.base.guards
        if open.conflict.register == RegisterName.void { change.cites = open.view.state.liveData }
        return change
    }

    /// The values of the version that is taken.
    func taken(_ entry: String, _ open: OpenConflict) throws(Problem) -> [ItemValue] {
        let found = open.shown.versions.filter { Self.names(entry, $0.stamp.entry) }
        guard let version = found.first, found.count == 1 else {
            let all = open.shown.versions.map(\.stamp.entry).joined(separator: " or ")
            throw Problem(.notFound, "\(entry) is not one of the values in conflict", remedy: "take \(all)")
        }
        return version.values
    }

    /// Whether a short form, the start of the journal and the whole place, names an entry.
    package static func names(_ short: String, _ entry: String) -> Bool {
        let (left, right) = (short.lowercased().split(separator: "/"), entry.split(separator: "/"))
        guard left.count == 2, right.count == 2 else { return false }
        return right[0].hasPrefix(left[0]) && left[1] == right[1]
    }

    private func set(_ given: [String: Value], _ open: OpenConflict) throws(Problem) -> [ItemValue] {
        let items = study.items(of: open.conflict.register).map(\.oid)
        for oid in given.keys.sorted() where !items.contains(oid) {
            throw Problem(
                .unknownItem, "\(oid) is not part of this conflict",
                remedy: "set \(items.joined(separator: ", "))")
        }
        let missing = items.filter { given[$0] == nil }
        guard missing.isEmpty else {
            throw Problem(.atomicIncomplete, "a value is missing for \(missing.joined(separator: ", "))")
        }
        for (oid, value) in given {
            if let item = study.item(oid), let problem = study.accepts(value, for: item) { throw problem }
        }
        return items.compactMap { oid in given[oid].map { ItemValue(oid, $0) } }
    }

    /// The values that a person typed as `ITEM=VALUE`.
    ///
    /// - Throws: `Problem(.usage)` without an `=`; what an item does not take.
    package func values(_ assignments: [String]) throws(Problem) -> [String: Value] {
        var values: [String: Value] = [:]
        for assignment in assignments {
            guard let split = assignment.firstIndex(of: "="), split != assignment.startIndex else {
                throw Problem(.usage, "\(assignment) is not of the form ITEM=VALUE")
            }
            let oid = String(assignment[..<split])
            guard let item = study.item(oid) else {
                throw Problem(.unknownItem, "the study has no item \(oid)")
            }
            guard values[oid] == nil else { throw Problem(.usage, "\(oid) is given twice") }
            values[oid] = try study.value(
                from: String(assignment[assignment.index(after: split)...]), for: item)
        }
        return values
    }
}
