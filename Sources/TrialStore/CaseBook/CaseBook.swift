package import FoundationEssentials
package import SyncProtocol
package import TrialModel

/// A replica read in the terms of the study: participants, visits and conflicts, the same on the laptop and
/// at the centre.
package struct CaseBook: Sendable {
    package let store: any ReplicaStore
    package let study: StudyDefinition

    package init(store: any ReplicaStore, study: StudyDefinition) {
        (self.store, self.study) = (store, study)
    }

    /// One participant's record.
    package struct Participant: Sendable {
        package let id: EnrolmentID
        package let site: SiteCode
        package let view: RecordView
        /// The number, with a short id where another record bears it too.
        package let name: String

        package init(id: EnrolmentID, site: SiteCode, view: RecordView, name: String) {
            (self.id, self.site, self.view, self.name) = (id, site, view, name)
        }
    }

    /// One visit's record: there may be nothing in it yet.
    package struct Visit: Sendable {
        package let participant: Participant
        package let event: StudyEvent
        package let occurrence: Int?
        package let key: RecordKey
        package let view: RecordView
    }

    // MARK: Participants

    package func participants(site: SiteCode? = nil, number: String? = nil) async throws -> [Participant] {
        var filter = RecordFilter()
        (filter.site, filter.kinds, filter.number) = (site, [.participant], number.map(NumberKey.participant))
        let found = try await store.views(filter)
        var bearers: [String: Int] = [:]
        for entry in found { bearers[entry.view.state.number ?? "", default: 0] += 1 }
        let all = found.compactMap { entry -> Participant? in
            guard let id = entry.view.state.key.participant else { return nil }
            let number = entry.view.state.number ?? "?"
            let name = bearers[number, default: 0] > 1 ? "\(number)~\(id.hex.prefix(4))" : number
            return Participant(id: id, site: entry.site, view: entry.view, name: name)
        }
        return all.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    /// Finds a participant by number, `PKU-007` or `PKU-007~a1f3`.
    ///
    /// - Throws: `Problem(.unknownParticipant)` or `Problem(.ambiguousNumber)` with the short ids.
    package func participant(_ text: String, site: SiteCode? = nil) async throws -> Participant {
        let parts = text.split(separator: "~", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        var found = try await participants(site: site, number: parts.first ?? "")
        if parts.count == 2 { found = found.filter { $0.id.hex.hasPrefix(parts[1].lowercased()) } }
        guard let first = found.first else {
            throw Problem(.unknownParticipant, "no participant has the number \(text) here")
        }
        guard found.count == 1 else {
            throw Problem(.ambiguousNumber, "\(text) names \(found.map(\.name).joined(separator: " and "))")
        }
        return first
    }

    package func view(of participant: Participant) async throws -> ParticipantView {
        let visits = try await visits(of: participant)
        let enrolled = try await store.history(of: .participant(participant.id)).first?.change?.at
        return ParticipantView(
            participant: participant.name, site: participant.site,
            enrolled: String((enrolled?.iso8601 ?? "").prefix(10)), status: "enrolled",
            visits: visits.map { header(of: $0).eventName })
    }

    // MARK: Visits

    package func visits(of participant: Participant) async throws -> [Visit] {
        var filter = RecordFilter()
        (filter.participant, filter.kinds) = (participant.id, [.scheduledVisit, .unscheduledVisit])
        return try await visits(of: participant, filter)
    }

    private func visits(of participant: Participant, _ filter: RecordFilter) async throws -> [Visit] {
        let order = Dictionary(study.events.enumerated().map { ($1.oid, $0) }) { first, _ in first }
        let found = try await store.views(filter).compactMap { entry -> Visit? in
            let key = entry.view.state.key
            guard let event = study.event(key.name) else { return nil }
            return Visit(
                participant: participant, event: event, occurrence: Int(entry.view.state.number ?? ""),
                key: key,
                view: entry.view)
        }
        return found.sorted {
            (order[$0.event.oid] ?? 0, $0.occurrence ?? 0, $0.key.bytes.description)
                < (order[$1.event.oid] ?? 0, $1.occurrence ?? 0, $1.key.bytes.description)
        }
    }

    /// Finds a visit by event, `BL`, `UNS#2` or `UNS#2~a1f3`; an empty one if nothing was saved on it.
    ///
    /// - Parameter newID: the id of a repeat that is not there yet.
    /// - Throws: `Problem(.unknownEvent)`; `Problem(.ambiguousNumber)` where two records bear one number.
    package func visit(
        _ participant: Participant, _ text: String, newID: () -> RecordID
    ) async throws -> Visit {
        let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        guard let event = study.event(parts[0]) else {
            let known = study.events.map(\.oid).joined(separator: ", ")
            throw Problem(.unknownEvent, "there is no event \(parts[0]); the study has \(known)")
        }
        guard let limit = event.repeatLimit else {
            guard parts.count == 1 else { throw Problem(.unknownEvent, "\(event.oid) does not repeat") }
            let key = RecordKey.visit(participant.id, event: event.oid)
            let view = try await store.view(of: key, site: participant.site)
            return Visit(participant: participant, event: event, occurrence: nil, key: key, view: view)
        }
        let names = (parts.count > 1 ? parts[1] : "").split(separator: "~", omittingEmptySubsequences: false)
            .map(String.init)
        guard let number = names.first.flatMap({ Int($0) }), (1...limit).contains(number),
            names[0] == String(number)
        else {
            throw Problem(
                .unknownEvent, "\(event.oid) repeats: name one, \(event.oid)#1 to \(event.oid)#\(limit)")
        }
        var filter = RecordFilter()
        (filter.kinds, filter.number) = (
            [.unscheduledVisit], .visit(participant.id, event: event.oid, number: number)
        )
        var found = try await visits(of: participant, filter)
        if names.count == 2 {
            found = found.filter { $0.key.id?.hex.hasPrefix(names[1].lowercased()) ?? false }
        }
        guard found.count < 2 else {
            let choices = found.compactMap { $0.key.id.map { "\(event.oid)#\(number)~\($0.hex.prefix(4))" } }
            throw Problem(.ambiguousNumber, "\(text) names \(choices.joined(separator: " and "))")
        }
        if let visit = found.first { return visit }
        guard names.count < 2 else { throw Problem(.notFound, "there is no \(text)") }
        let key = RecordKey.unscheduledVisit(participant.id, event: event.oid, id: newID())
        return Visit(
            participant: participant, event: event, occurrence: number, key: key,
            view: RecordView(confirmed: RecordState(key: key)))
    }

    func header(of visit: Visit) -> VisitView.Header {
        VisitView.Header(
            participant: visit.participant.name, event: visit.event.oid, occurrence: visit.occurrence,
            site: visit.participant.site, record: Self.shortName(of: visit.key))
    }

    /// Sixteen hexadecimal digits that name a record the same way on every replica.
    package static func shortName(of key: RecordKey) -> String {
        String(Conflict(kind: .concurrentEdit, record: key, register: "", siblings: []).id.hex.prefix(16))
    }
}
