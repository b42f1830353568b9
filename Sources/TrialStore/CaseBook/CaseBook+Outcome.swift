package import TrialModel

extension CaseBook {
    /// What a decision of a conflict would make of its visit and of the participant's plan.
    package struct Outcome: Sendable {
        package let derived: [DerivedValue]
        package let checks: [Finding]
        package let schedule: ParticipantSchedule
    }

    /// What would be computed and found if the conflict were decided for these values; nothing is written.
    ///
    /// - Parameters:
    ///   - values: one version's.
    ///   - today: the day to judge the schedule by.
    /// - Returns: `nil` for a conflict that is not on a visit, and for two records with one number.
    package func outcome(
        of open: OpenConflict, taking values: [ItemValue], today: CalendarDate
    ) async throws -> Outcome? {
        guard let writes = self.writes(of: open, taking: values), let id = open.conflict.record.participant,
            case .visit(let event, let occurrence) = open.shown.visit.place,
            let studyEvent = study.event(event)
        else { return nil }
        let participant = try await participant(id, site: open.shown.visit.site)
        var state = open.view.state
        let change = Change(
            kind: .resolve, record: open.conflict.record, writes: writes, author: "", role: .coordinator,
            at: DeviceTime(milliseconds: 0, offsetMinutes: 0), studyVersion: study.version, salt: 0)
        state.apply(change, id: ChangeID(bytes: open.conflict.id.bytes) ?? open.conflict.siblings[0]) { _ in
            false
        }
        let sheet = Sheet(
            participant: participant, place: .visit(studyEvent, occurrence: occurrence),
            key: open.conflict.record, view: RecordView(confirmed: state))
        guard let decided = sheet.caseVisit else { return nil }
        let then = try await participantCase(of: participant).with(decided)
        return Outcome(
            derived: study.derived(on: decided, of: then), checks: study.findings(on: decided, of: then),
            schedule: ParticipantSchedule(of: then, in: study, today: today))
    }

    /// What was planned by the one value that stood before both, or as a lock keeps it; empty if there was
    /// none, or not one.
    ///
    /// - Parameters:
    ///   - before: as ``ancestors(of:)`` gives them.
    ///   - today: the day to judge the schedule by.
    package func plans(
        _ before: [VersionView], of open: OpenConflict, today: CalendarDate
    ) async throws -> [DrugPlan] {
        var values = before.count == 1 ? before.first?.values : nil
        if open.conflict.kind == .editAfterLock { values = [ItemValue(RegisterName.lock, .yesNo(true))] }
        guard let values else { return [] }
        return try await outcome(of: open, taking: values, today: today)?.schedule.drugs ?? []
    }

    /// What becomes of the signatures that are valid now if a conflict is decided for these values.
    package func signatures(
        of open: OpenConflict, taking values: [ItemValue]
    ) async throws -> (voided: [SignatureView], kept: [SignatureView]) {
        guard let writes = self.writes(of: open, taking: values),
            let sheet = try await self.sheet(of: open.conflict.record)
        else { return ([], []) }
        let valid = try await signatures(on: sheet).filter(\.isValid)
        return writes.contains { RegisterName.isData($0.register) } ? (valid, []) : ([], valid)
    }

    /// What deciding for these values would write; `nil` where taking values decides nothing.
    private func writes(of open: OpenConflict, taking values: [ItemValue]) -> [RegisterWrite]? {
        let register = open.conflict.register
        let isKept = values.contains { $0.item == register && $0.value == .yesNo(true) }
        switch open.conflict.kind {
        case .concurrentEdit:
            return [RegisterWrite(register, values, replaces: open.conflict.siblings)]
        case .editAfterLock:
            return isKept ? [] : open.held?.writes
        case .editVersusVoid:
            let base = open.view.base.registers[register]
            return [
                RegisterWrite(
                    register, [ItemValue(register, .yesNo(isKept))], replaces: base?.shown ?? [],
                    through: base?.through ?? [])
            ]
        case .duplicateNumber: return nil
        }
    }

    /// The number of a participant, if there is such a record and it says so.
    func number(of id: EnrolmentID) async throws -> String? {
        var filter = RecordFilter()
        (filter.kinds, filter.participant) = ([.participant], id)
        return try await store.views(filter).first?.view.state.number
    }

    /// A participant by the key of the record: what never changes, whatever number people give.
    ///
    /// - Throws: `Problem(.unknownParticipant)`.
    package func participant(_ id: EnrolmentID, site: SiteCode? = nil) async throws -> Participant {
        var filter = RecordFilter()
        (filter.site, filter.kinds, filter.participant) = (site, [.participant], id)
        let views = try await store.views(filter)
        let staying = views.first { $0.view.state.departure == nil } ?? views.first
        guard let found = staying, let number = found.view.state.number else {
            throw Problem(.unknownParticipant, "there is no such participant")
        }
        let bearers = try await participants(number: number)
        guard let participant = bearers.first(where: { $0.id == id && $0.site == found.site }) else {
            throw Problem(.unknownParticipant, "there is no such participant")
        }
        return participant
    }
}
