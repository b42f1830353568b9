package import SyncProtocol
package import TrialModel

extension CaseBook {
    /// The serious adverse events of a site, or of all, by participant and line.
    package func seriousEvents(site: SiteCode? = nil, now: DeviceTime) async throws -> [SeriousEvent] {
        guard let rule = study.ruleBook.seriousEvents else { return [] }
        var events: [SeriousEvent] = []
        for participant in try await participants(site: site) where participant.departure == nil {
            for sheet in try await lines(of: participant, form: try log(rule.form)) {
                guard let line = sheet.caseLine, rule.isSerious(line) else { continue }
                let first = try await store.history(of: sheet.key).compactMap(\.judgement).first
                events.append(
                    SeriousEvent(
                        line, of: participant.name, site: participant.site, by: rule, now: now,
                        receivedMilliseconds: first?.receivedMilliseconds))
            }
        }
        return events
    }
}
