import SyncProtocol
package import TrialModel

extension CaseBook {
    /// Everything of one participant, as rules see it.
    package func participantCase(of participant: Participant) async throws -> ParticipantCase {
        ParticipantCase(
            participant: participant.name, site: participant.site,
            visits: try await visits(of: participant).compactMap(\.caseVisit),
            lines: try await lines(of: participant).compactMap(\.caseLine))
    }

    /// What rules need to judge one sheet: everything of its participant, or the sheet alone if the study has
    /// no rule that looks further.
    func participantCase(of participant: Participant, for sheet: Sheet) async throws -> ParticipantCase {
        if study.looksAcrossRecords { return try await participantCase(of: participant) }
        return ParticipantCase(
            participant: participant.name, site: participant.site,
            visits: [sheet.caseVisit].compactMap(\.self), lines: [sheet.caseLine].compactMap(\.self))
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

    var caseVisit: CaseVisit? {
        guard case .visit(let event, let occurrence) = place else { return nil }
        return CaseVisit(
            event: event.oid, occurrence: occurrence, values: RecordValues(view.state), isVoid: isVoid)
    }

    var caseLine: CaseLine? {
        guard case .line(let form) = place else { return nil }
        return CaseLine(form: form.oid, line: name, values: RecordValues(view.state), isVoid: isVoid)
    }
}
