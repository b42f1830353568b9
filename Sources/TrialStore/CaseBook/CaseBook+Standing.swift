package import SyncProtocol
package import TrialModel

/// How many participants stand where in the study.
package struct StandingCounts: Hashable, Sendable {
    private var counts: [ParticipantState: Int] = [:]
    /// Those who count against the study's target.
    package private(set) var enrolled = 0

    package init() {}

    /// One more participant.
    package mutating func add(_ standing: ParticipantStanding) {
        counts[standing.state, default: 0] += 1
        if standing.counts { enrolled += 1 }
    }

    /// All of another count.
    package mutating func add(_ other: StandingCounts) {
        counts.merge(other.counts, uniquingKeysWith: +)
        enrolled += other.enrolled
    }

    /// In the order in which a participant comes through the study, without those that nobody is in.
    package var inOrder: [(state: ParticipantState, count: Int)] {
        ParticipantState.allCases.compactMap { state in counts[state].map { (state, $0) } }
    }

    /// `2 screening, 5 enrolled`
    package var text: String { inOrder.map { "\($0.count) \($0.state.words)" }.joined(separator: ", ") }

    /// `{"screening": 2, "enrolled": 5}`
    package var json: JSON { .object(inOrder.map { .init($0.state.rawValue, .int($0.count)) }) }
}

extension CaseBook {
    /// Where a participant stands in the study, from the visits alone.
    package func standing(of participant: Participant) async throws -> ParticipantStanding {
        standing(of: participant, try await visits(of: participant))
    }

    func standing(of participant: Participant, _ visits: [Sheet]) -> ParticipantStanding {
        study.standing(
            of: ParticipantCase(
                participant: participant.name, site: participant.site, visits: visits.compactMap(\.caseVisit))
        )
    }

    /// How many of these participants stand where; those who went elsewhere are counted there.
    package func standings(of participants: [Participant]) async throws -> StandingCounts {
        var counts = StandingCounts()
        for participant in participants where participant.departure == nil {
            counts.add(try await standing(of: participant))
        }
        return counts
    }

    /// When the value of each date was entered, by the clock of the device: a check may judge it by that.
    /// Of equal versions the last one counts.
    func entered(on sheet: Sheet) async throws -> [String: DeviceTime] {
        var entered: [String: DeviceTime] = [:]
        for item in study.items(on: sheet.place) where item.type == .date || item.type == .dateTime {
            guard sheet.view.state[item.register].agreed?.value(of: item.oid).isEmpty == false else {
                continue
            }
            for version in sheet.view.state[item.register].live {
                guard let at = try await entry(of: version.id)?.change?.at else { continue }
                if at.milliseconds > entered[item.oid]?.milliseconds ?? .min { entered[item.oid] = at }
            }
        }
        return entered
    }
}
