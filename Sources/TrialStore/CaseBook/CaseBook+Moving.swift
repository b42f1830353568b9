package import Crypto
package import SyncProtocol
package import TrialModel

extension CaseBook {
    /// Who moves a participant's records, and why.
    package struct Mover: Sendable {
        package let author: Author
        package let key: Curve25519.Signing.PrivateKey
        package let reason: String

        package init(author: Author, key: Curve25519.Signing.PrivateKey, reason: String) {
            (self.author, self.key, self.reason) = (author, key, reason)
        }
    }

    /// What moves a participant to another site: locks of the old records, and copies that cite their
    /// sources, to be saved together.
    ///
    /// - Returns: the saves, and the participant's enrolment id there.
    /// - Throws: `Problem(.conflictOpen)` if anything awaits a decision; `.alreadyExists`, `.recordLocked`,
    ///   `.reasonNeeded`, `.notAllowed`.
    package func transferring(
        _ participant: Participant, to site: SiteCode, by mover: Mover
    ) async throws -> (saves: [SiteSave], id: EnrolmentID) {
        try mover.check()
        try participant.refuseDeparted()
        guard participant.site != site else {
            throw Problem(
                .alreadyExists, "\(participant.name) is at site \(site)", remedy: "name another site")
        }
        let expected = try await store.summary(of: participant.site).digest
        let records = try await settledRecords(of: participant)
        let id: EnrolmentID = mover.author.identifier()
        var copies: [EncodedChange] = []
        for record in records {
            let key = record.state.key.moved(to: id, author: mover.author)
            var writes = try await copied(record, of: participant)
            if key.kind == .participant, !writes.contains(where: { $0.register == "@enrolled" }) {
                writes.append(try await enrolment(of: participant))
            }
            copies += try mover.copy(record.state, as: key, writes, at: site, study)
        }
        let locks = try mover.locks(records, .transferred, to: site.text, at: participant.site, study)
        return (
            [
                SiteSave(site: participant.site, changes: locks, expected: expected),
                SiteSave(site: site, changes: copies),
            ], id
        )
    }

    /// What merges a participant into another of the same site: locks of the one's records, and copies of its
    /// data on the other's as versions that replace nothing, so that what differs is a conflict. What agrees
    /// already, and what is void, is not copied.
    ///
    /// - Throws: `Problem(.usage)` if both are one record or of two sites; `.conflictOpen`, `.recordLocked`,
    ///   `.recordVoided`, `.reasonNeeded`, `.notAllowed`.
    package func merging(
        _ participant: Participant, into other: Participant, by mover: Mover
    ) async throws -> SiteSave {
        try mover.check()
        try participant.refuseDeparted()
        try other.refuseDeparted()
        guard participant.id != other.id else {
            throw Problem(.usage, "\(other.name) is one record already", remedy: "name two participants")
        }
        guard participant.site == other.site else {
            throw Problem(
                .usage, "\(participant.name) is of site \(participant.site), \(other.name) of \(other.site)",
                remedy: "transfer one of them first")
        }
        let expected = try await store.summary(of: participant.site).digest
        let records = try await settledRecords(of: participant)
        var changes: [EncodedChange] = []
        for record in records where record.state.key.kind != .participant {
            if record.state[RegisterName.void].standing != nil { continue }
            let key = record.state.key.moved(to: other.id, author: mover.author)
            let target = try await store.view(of: key, site: other.site)
            var writes = try await copied(record, of: participant)
            if key.kind == .scheduledVisit {
                writes = writes.filter { $0.saysMore(than: target.state) }
                if !writes.isEmpty { try refuseClosed(target.state, "\(other.name) \(key.name)") }
            }
            guard !writes.isEmpty else { continue }
            let release = mover.release(record.state, as: key, writes, study, guards: target.base.guards)
            changes.append(try EncodedChange(release, site: other.site, signedWith: mover.key))
        }
        changes += try mover.locks(records, .merged, to: other.name, at: participant.site, study)
        return SiteSave(site: participant.site, changes: changes, expected: expected)
    }

    func refuseClosed(_ state: RecordState, _ name: String) throws(Problem) {
        if state[RegisterName.lock].standing != nil {
            throw Problem(.recordLocked, "\(name) is locked", remedy: "unlock it first")
        }
        if state[RegisterName.void].standing != nil { throw Problem(.recordVoided, "\(name) is void") }
    }

    /// All records of a participant, if nothing in them awaits a decision.
    private func settledRecords(of participant: Participant) async throws -> [RecordView] {
        var filter = RecordFilter()
        filter.participant = participant.id
        let records = try await store.views(filter).map(\.view)
        let ids = Set(records.compactMap { $0.state[RegisterName.number].live.first?.id })
        let between = try await conflicts(site: participant.site).first { open in
            open.conflict.kind == .duplicateNumber && !ids.isDisjoint(with: open.conflict.siblings)
        }
        if let conflict = records.lazy.flatMap(\.state.conflicts).first ?? between?.conflict {
            throw Problem(
                .conflictOpen, "\(conflict.register) of \(participant.name) is in conflict",
                remedy: "resolve conflict \(conflict.id.hex) first")
        }
        return records.sorted { $0.state.key.bytes.lexicographicallyPrecedes($1.state.key.bytes) }
    }

    /// What a copy of a record writes: all that people agree on, but not what was said of the old record.
    private func copied(_ record: RecordView, of participant: Participant) async throws -> [RegisterWrite] {
        var writes: [RegisterWrite] = []
        if record.state.key.kind == .query {
            writes = try await query(record, of: participant).shown.thread.messages.map(\.copy)
        }
        for (name, register) in record.state.sortedRegisters where RecordState.isCopied(register: name) {
            if let agreed = register.agreed { writes.append(RegisterWrite(name, agreed.values)) }
        }
        return writes
    }
}

extension CaseBook.Mover {
    func check() throws(Problem) {
        try author.check(may: .release)
        guard reason.saysSomething else { throw Problem(.reasonNeeded, "moving a record needs a reason") }
    }

    /// The change that writes a copy, and cites where it was taken from.
    fileprivate func release(
        _ source: RecordState, as key: RecordKey, _ writes: [RegisterWrite], _ study: StudyDefinition,
        guards: [ChangeID]
    ) -> Change {
        var change = author.change(.release, key, writes, study: study, reason: reason)
        change.cites = Set(source.registers.values.flatMap { $0.live.map(\.id) }).sorted()
        change.guards = guards
        return change
    }

    /// A whole new record: what the old one said, then whether it was void, then whether it was locked.
    fileprivate func copy(
        _ source: RecordState, as key: RecordKey, _ writes: [RegisterWrite], at site: SiteCode,
        _ study: StudyDefinition
    ) throws(Problem) -> [EncodedChange] {
        guard !writes.isEmpty else { return [] }
        let data = try EncodedChange(
            release(source, as: key, writes, study, guards: []), site: site, signedWith: self.key)
        var changes = [data]
        var guards: [ChangeID] = []
        for (register, kind) in [(RegisterName.void, ChangeKind.void), (RegisterName.lock, .lock)] {
            guard let standing = source[register].standing,
                let version = source[register].live.first(where: { $0.id == standing })
            else { continue }
            var change = author.change(
                kind, key, [RegisterWrite(register, version.values)], study: study, reason: reason)
            change.guards = guards
            if kind == .void { change.cites = [data.id] }
            let encoded = try EncodedChange(change, site: site, signedWith: self.key)
            changes.append(encoded)
            guards.append(encoded.id)
        }
        return changes
    }

    /// The locks that say where records went.
    fileprivate func locks(
        _ records: [RecordView], _ reason: DepartureReason, to destination: String, at site: SiteCode,
        _ study: StudyDefinition
    ) throws(Problem) -> [EncodedChange] {
        var changes: [EncodedChange] = []
        for record in records where record.state.key.kind != .query {
            let base = record.base
            let write = RegisterWrite(
                RegisterName.lock, Departure.lock(reason, to: destination),
                replaces: base.registers[RegisterName.lock]?.shown ?? [])
            var change = author.change(
                .lock, record.state.key, [write], study: study, reason: self.reason)
            change.guards = base.guards
            changes.append(try EncodedChange(change, site: site, signedWith: key))
        }
        return changes
    }
}

extension RecordKey {
    /// The key of a copy of this record for another participant record.
    func moved(to participant: EnrolmentID, author: Author) -> RecordKey {
        switch kind {
        case .scheduledVisit: .visit(participant, event: name)
        case .unscheduledVisit: .unscheduledVisit(participant, event: name, id: author.identifier())
        case .logLine: .logLine(participant, form: name, id: author.identifier())
        case .query: .query(participant, id: author.identifier())
        case .participant, .study, .site, .person, .device: .participant(participant)
        }
    }
}

extension RecordState {
    /// Whether a copy of a record takes this register over as it is: signatures are on the old record, locks
    /// and voids are changes of their own, messages are copied with their authors.
    fileprivate static func isCopied(register name: String) -> Bool {
        ![RegisterName.lock, RegisterName.void].contains(name) && QueryRegister.messageName(name) == nil
            && RegisterName.signer(name) == nil
    }
}

extension RegisterWrite {
    /// Whether there is a value in it that the other record does not agree to.
    fileprivate func saysMore(than other: RecordState) -> Bool {
        guard RegisterName.isData(register), values.contains(where: { !$0.value.isEmpty }) else {
            return false
        }
        let mine = Version(id: ChangeID(prefixOf: []), values: values)
        return !(other[register].agreed?.agrees(with: mine) ?? false)
    }
}
