package import FoundationEssentials
package import SyncProtocol
package import TrialModel

/// A replica read in the terms of the study: participants, visits and conflicts, the same on the laptop and
/// at the centre.
package struct CaseBook: Sendable {
    package let store: any ReplicaStore
    package let study: StudyDefinition
    /// What was read already, where a book is kept for many views of one participant.
    var readings: Readings?

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

    /// One sheet: the record of a visit or of a log line. There may be nothing in it yet.
    package struct Sheet: Sendable {
        package enum Place: Hashable, Sendable {
            case visit(StudyEvent, occurrence: Int?)
            case line(Form)
        }

        package let participant: Participant
        package let place: Place
        package let key: RecordKey
        package let view: RecordView
        /// The short id of a repeat whose number another bears too.
        package var shortID: String?

        /// `BL`, `UNS#2`, `UNS#2~a1f3`, `AE-3fa1c2d4`.
        package var name: String {
            switch place {
            case .visit(let event, let occurrence):
                VisitView.Header.name(of: event.oid, occurrence: occurrence, shortID: shortID)
            case .line: CaseBook.lineName(of: key)
            }
        }

        /// The number of a repeat.
        var occurrence: Int? { if case .visit(_, let occurrence) = place { occurrence } else { nil } }
    }

    // MARK: Participants

    package func participants(site: SiteCode? = nil, number: String? = nil) async throws -> [Participant] {
        var filter = RecordFilter()
        (filter.site, filter.kinds, filter.number) = (site, [.participant], number.map(NumberKey.participant))
        let found = try await store.views(filter)
        var bearers: [String: Int] = [:]
        for entry in found where entry.view.state.departure == nil {
            bearers[entry.view.state.number ?? "?", default: 0] += 1
        }
        let all = found.compactMap { entry -> Participant? in
            guard let id = entry.view.state.key.participant else { return nil }
            let number = entry.view.state.number ?? "?"
            // Who was transferred leaves the number to the record at the other site.
            let others = bearers[number, default: 0] - (entry.view.state.departure == nil ? 1 : 0)
            let name = others > 0 ? "\(number)~\(id.hex.prefix(4))" : number
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
        // Numbers are in capitals; a person may type them as it comes.
        var found = try await participants(site: site, number: parts.first?.uppercased() ?? "")
        if parts.count == 2 { found = found.filter { $0.id.hex.hasPrefix(parts[1].lowercased()) } }
        let staying = found.filter { $0.departure == nil }
        if !staying.isEmpty { found = staying }
        guard let first = found.first else {
            throw Problem(.unknownParticipant, "no participant has the number \(text) here")
        }
        guard found.count == 1 else {
            throw Problem.ambiguous(text, found.map(\.name))
        }
        return first
    }

    package func view(of participant: Participant) async throws -> ParticipantView {
        try await view(of: participant, visits: try await visits(of: participant))
    }

    func view(of participant: Participant, visits: [Sheet]) async throws -> ParticipantView {
        var view = ParticipantView(
            participant: participant.name, site: participant.site,
            enrolled: try await enrolmentDay(of: participant), status: participant.status,
            visits: visits.map { header(of: $0).eventName })
        if participant.departure == nil { view.standing = standing(of: participant, visits) }
        view.voided = Set(visits.filter(\.isVoid).map { header(of: $0).eventName })
        return view
    }

    func header(of sheet: Sheet) -> VisitView.Header {
        let place: VisitView.Header.Place =
            switch sheet.place {
            case .visit(let event, let occurrence): .visit(event: event.oid, occurrence: occurrence)
            case .line(let form): .line(form: form.oid, name: sheet.name)
            }
        return VisitView.Header(
            participant: sheet.participant.name, place: place, site: sheet.participant.site,
            record: Self.shortName(of: sheet.key), shortID: sheet.shortID)
    }

    /// Sixteen hexadecimal digits that name a record the same way on every replica.
    package static func shortName(of key: RecordKey) -> String {
        String(Conflict(kind: .concurrentEdit, record: key, register: "", siblings: []).id.hex.prefix(16))
    }
}
