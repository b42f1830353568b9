import SyncProtocol
package import TrialModel

extension CaseBook {
    /// What rules compute for a sheet, and what the edit checks say of it: after every merge anew, because a
    /// merge may build a combination that nobody entered.
    package func judged(_ sheet: Sheet) async throws -> (derived: [DerivedValue], checks: [Finding]) {
        let sheets = study.looksAcrossRecords ? try await self.sheets(of: sheet.participant) : [sheet]
        let participant = record(of: sheet.participant, sheets)
        let entered = try await entered(on: sheet)
        let (derived, record): ([DerivedValue], CaseRecord)
        let found: [Finding]
        if let visit = sheet.caseVisit {
            (derived, record) = (study.derived(on: visit, of: participant), .visit(visit))
            found = study.findings(on: visit, of: participant, entered: entered)
        } else if let line = sheet.caseLine {
            (derived, record) = ([], .line(line))
            found = study.findings(on: line, of: participant, entered: entered)
        } else {
            return ([], [])
        }
        var checks: [Finding] = []
        for finding in found {
            var finding = try await confirmed(finding, on: sheet)
            let sources = study.sources(of: finding, on: record, of: participant)
            finding.since = try await newest(of: sources, on: sheet, among: sheets)?.iso8601
            checks.append(finding)
        }
        return (derived, checks)
    }

    /// What rules would say of a sheet.
    package struct Preview: Sendable {
        /// What the edit checks would find, but for what was confirmed as correct before.
        package let findings: [Finding]
        /// On a line of an exposure log the planned dose.
        package let dose: PlannedDose?
    }

    /// What rules would say of a sheet if these values were saved on it, beside the participant's other
    /// records; of no values, which findings there are is not asked. Nothing is written.
    ///
    /// - Parameters:
    ///   - values: by item. What is in conflict is passed over: no save of a form decides it.
    ///   - moment: when they would be entered.
    package func preview(
        of sheet: Sheet, saving values: [String: Value], at moment: DeviceTime
    ) async throws -> Preview {
        let sheets = study.looksAcrossRecords ? try await self.sheets(of: sheet.participant) : [sheet]
        let participant = record(of: sheet.participant, sheets)
        let now = RecordValues(sheet.view.state)
        let open = values.filter { oid, _ in study.item(oid).map { !now.isInConflict($0) } ?? false }
        let then = RecordValues(agreed: now.agreed.merging(open) { $1 }, conflicts: now.conflicts)
        let entered = open.mapValues { _ in moment }
        let isAsked = !values.isEmpty
        let found: [Finding]
        var dose: PlannedDose?
        switch sheet.place {
        case .visit(let event, let occurrence):
            let visit = CaseVisit(
                event: event.oid, occurrence: occurrence, values: then, isVoid: sheet.isVoid,
                shortID: sheet.shortID)
            found =
                isAsked ? study.findings(on: visit, of: participant.with(visit), entered: entered) : []
        case .line(let form):
            let line = CaseLine(form: form.oid, line: sheet.name, values: then, isVoid: sheet.isVoid)
            found = isAsked ? study.findings(on: line, of: participant.with(line), entered: entered) : []
            dose = study.ruleBook.plannedDose(on: line, of: participant)
        }
        return Preview(
            findings: found.filter { sheet.view.state.confirmations(of: $0).isEmpty }, dose: dose)
    }

    /// The finding with everyone who confirmed it.
    private func confirmed(_ finding: Finding, on sheet: Sheet) async throws -> Finding {
        let versions = sheet.view.state.confirmations(of: finding)
        guard !versions.isEmpty else { return finding }
        var finding = finding.confirmed(in: [finding.confirmation])
        for version in versions {
            let stamp = try await stamp(of: version.id)
            finding.confirmations.append(
                ConfirmationView(user: stamp.author, at: stamp.at, reason: stamp.reason))
        }
        return finding
    }

    // MARK: Since when

    /// When the newest of the sources was entered, by the clock of the device; `nil` if nothing of them is
    /// here.
    private func newest(
        of sources: Set<FindingSource>, on sheet: Sheet, among sheets: [Sheet]
    ) async throws -> DeviceTime? {
        var ids: Set<ChangeID> = []
        var newest: DeviceTime?
        for source in sources {
            switch source {
            case .firstSave: newest = [newest, try await firstSave(of: sheet)].newest
            case .register(let register, let place):
                let live = sheets.first { $0.isAt(place, beside: sheet) }?.view.state[register].live
                ids.formUnion((live ?? []).map(\.id))
            case .record(let place):
                guard let state = sheets.first(where: { $0.isAt(place, beside: sheet) })?.view.state else {
                    continue
                }
                ids.formUnion(state.liveData)
                ids.formUnion(state[RegisterName.void].live.map(\.id))
            }
        }
        for id in ids { newest = [newest, try await entry(of: id)?.change?.at].newest }
        return newest
    }

    /// The moment of the earliest save of a record that is here and counts.
    private func firstSave(of sheet: Sheet) async throws -> DeviceTime? {
        let counting = try await entries(of: sheet.key).filter(\.counts)
        return counting.compactMap(\.change?.at).min { $0.milliseconds < $1.milliseconds }
    }
}

extension CaseBook.Sheet {
    /// Whether this is the record at a place, seen from another.
    fileprivate func isAt(_ place: FindingSource.Place, beside other: CaseBook.Sheet) -> Bool {
        switch place {
        case .own: key == other.key
        case .visit(let event): key.kind == .scheduledVisit && key.name == event
        case .line(let name): key.kind == .logLine && self.name == name
        }
    }
}

extension [DeviceTime?] {
    /// The latest of the moments that are known.
    fileprivate var newest: DeviceTime? {
        compactMap(\.self).max { $0.milliseconds < $1.milliseconds }
    }
}
