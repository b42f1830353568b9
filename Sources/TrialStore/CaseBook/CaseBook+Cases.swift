import SyncProtocol
package import TrialModel

extension CaseBook {
    /// Everything of one participant, as rules see it.
    package func participantCase(of participant: Participant) async throws -> ParticipantCase {
        try await participantCase(of: participant, sheets: try await sheets(of: participant))
    }

    func participantCase(of participant: Participant, sheets: [Sheet]) async throws -> ParticipantCase {
        var visits: [CaseVisit] = []
        for sheet in sheets {
            if let visit = sheet.caseVisit(disputed: try await disputed(sheet)) { visits.append(visit) }
        }
        return ParticipantCase(
            participant: participant.name, site: participant.site, visits: visits,
            lines: sheets.compactMap(\.caseLine))
    }

    /// The values of a sheet with what a lock or a void stands against; `nil` if nothing does.
    private func disputed(_ sheet: Sheet) async throws -> RecordValues? {
        var held: [(id: ChangeID, change: Change)] = []
        for id in sheet.view.state.held {
            if let change = try await entry(of: id)?.change { held.append((id, change)) }
        }
        return RecordValues(disputed: sheet.view.state, held: held)
    }

    /// Everything of all participants of a site, or of all sites, in the order of their numbers.
    ///
    /// - Complexity: one pass over the records; O(records) in memory.
    package func participantCases(site: SiteCode? = nil) async throws -> [ParticipantCase] {
        var cases: [ParticipantCase] = []
        for participant in try await participants(site: site) where participant.departure == nil {
            cases.append(try await participantCase(of: participant))
        }
        return cases
    }
}

extension CaseBook.Sheet {
    /// Whether the record is void.
    package var isVoid: Bool { view.state[RegisterName.void].standing != nil }

    var caseVisit: CaseVisit? { caseVisit(disputed: nil) }

    func caseVisit(disputed: RecordValues?) -> CaseVisit? {
        guard case .visit(let event, let occurrence) = place else { return nil }
        return CaseVisit(
            event: event.oid, occurrence: occurrence, values: RecordValues(view.state), isVoid: isVoid,
            disputed: disputed, shortID: shortID)
    }

    var caseLine: CaseLine? {
        guard case .line(let form) = place else { return nil }
        return CaseLine(form: form.oid, line: name, values: RecordValues(view.state), isVoid: isVoid)
    }
}
