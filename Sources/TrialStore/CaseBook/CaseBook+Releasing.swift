package import SyncProtocol
package import TrialModel

extension CaseBook {
    /// What the release of an entry of quarantine would make of its visit or line, as far as it can be told.
    package struct ReleaseOutcome: Sendable {
        /// What stands there now, by item; several values where people do not agree.
        package let now: [String: [Value]]
        /// The items of registers that would then be in conflict, and are not now.
        package let conflicting: [String]
        /// What would be computed otherwise than now.
        package let derived: [DerivedValue]
        /// The drugs that would be planned otherwise than now.
        package let plans: [DrugPlan]
        /// What is planned of all drugs now.
        package let plansBefore: [DrugPlan]
        /// What the edit checks would find, and do not find now.
        package let checks: [Finding]
        /// The signatures that would no longer be valid.
        package let voidedSignatures: [SignatureView]
        package let isLocked: Bool
        package let isVoid: Bool
    }

    /// The visit or line that a change speaks of, an empty one if nothing was applied to it yet; `nil` for
    /// what is neither.
    package func sheet(of key: RecordKey) async throws -> Sheet? {
        guard let id = key.participant else { return nil }
        let participant = try await participant(id)
        let sheets = try await visits(of: participant) + lines(of: participant)
        if let found = sheets.first(where: { $0.key == key }) { return found }
        let empty = RecordView(confirmed: RecordState(key: key))
        switch key.kind {
        case .scheduledVisit, .unscheduledVisit:
            return study.event(key.name).map {
                Sheet(participant: participant, place: .visit($0, occurrence: nil), key: key, view: empty)
            }
        case .logLine:
            return study.form(key.name).map {
                Sheet(participant: participant, place: .line($0), key: key, view: empty)
            }
        case .participant, .query, .study, .site, .person, .device: return nil
        }
    }

    /// The items of registers that a release would bring into conflict, and that are not now.
    package func conflicting(ofReleasing change: Change, _ id: ChangeID, on sheet: Sheet) -> [String] {
        Self.conflicting(change, sheet.view.state, Self.state(of: sheet, releasing: change, id))
    }

    private static func conflicting(
        _ change: Change, _ before: RecordState, _ after: RecordState
    ) -> [String] {
        change.writes.filter { write in
            RegisterName.isData(write.register) && after[write.register].isInConflict
                && !before[write.register].isInConflict
        }.flatMap { $0.values.map(\.item) }
    }

    private static func state(of sheet: Sheet, releasing change: Change, _ id: ChangeID) -> RecordState {
        var state = sheet.view.state
        state.apply(change, id: id) { _ in true }
        return state
    }

    /// What a release would make of a sheet; nothing is written.
    ///
    /// - Parameter today: the day to judge the schedule by.
    package func outcome(
        ofReleasing change: Change, _ id: ChangeID, on sheet: Sheet, today: CalendarDate
    ) async throws -> ReleaseOutcome {
        let (before, after) = (sheet.view.state, Self.state(of: sheet, releasing: change, id))
        var now: [String: [Value]] = [:]
        for write in change.writes where RegisterName.isData(write.register) {
            for item in write.values.map(\.item) {
                now[item] = before[write.register].live.map { $0.value(of: item) }
            }
        }
        let conflicting = Self.conflicting(change, before, after)
        let then = Sheet(
            participant: sheet.participant, place: sheet.place, key: sheet.key,
            view: RecordView(confirmed: after), shortID: sheet.shortID)
        let record = try await participantCase(of: sheet.participant)
        let (old, new) = (rules(sheet, in: record, today), rules(then, in: record, today))
        let signatures = conflicting.count == now.count ? [] : try await self.signatures(on: sheet)
        return ReleaseOutcome(
            now: now, conflicting: conflicting, derived: new.derived.filter { !old.derived.contains($0) },
            plans: zip(new.schedule.drugs, old.schedule.drugs).filter { $0.segments != $1.segments }.map(\.0),
            plansBefore: old.schedule.drugs,
            checks: new.checks.filter { finding in !old.checks.contains { $0.text == finding.text } },
            voidedSignatures: signatures.filter(\.isValid),
            isLocked: before[RegisterName.lock].standing != nil,
            isVoid: before[RegisterName.void].standing != nil)
    }

    /// What rules and checks say of a sheet if it stood in the place of the one of its name.
    private func rules(
        _ sheet: Sheet, in record: ParticipantCase, _ today: CalendarDate
    ) -> Outcome {
        var participant = record
        var (derived, checks): ([DerivedValue], [Finding]) = ([], [])
        if let visit = sheet.caseVisit {
            participant = participant.with(visit)
            derived = study.derived(on: visit, of: participant)
            checks = study.findings(on: visit, of: participant)
        } else if let line = sheet.caseLine {
            participant = participant.with(line)
            checks = study.findings(on: line, of: participant)
        }
        return Outcome(
            derived: derived, checks: checks,
            schedule: ParticipantSchedule(of: participant, in: study, today: today))
    }
}
