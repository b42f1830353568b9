/// What one participant adds to the endpoints of a study: a report over many is the sum of their shares, so
/// that whoever keeps them need look again only at participants of whom something has changed.
public struct EndpointShare: Sendable {
    /// The number.
    public let participant: String
    /// One for each endpoint, in the order of the study.
    let parts: [Part]

    /// What one endpoint takes from a participant.
    enum Part: Sendable {
        case rate(RateStanding)
        case decrease(DecreaseStanding)
    }
}

extension StudyDefinition {
    /// What a participant adds to the endpoints.
    public func endpointShare(of participant: ParticipantCase) -> EndpointShare {
        EndpointShare(
            participant: participant.participant,
            parts: ruleBook.endpoints.endpoints.map { $0.part(of: participant) })
    }
}

extension EndpointRule {
    fileprivate func part(of participant: ParticipantCase) -> EndpointShare.Part {
        func rate(_ standing: (ParticipantCase) -> RateStanding) -> EndpointShare.Part {
            let settled = standing(participant)
            return .rate(participant.inDispute.map { settled.bounded(by: standing($0)) } ?? settled)
        }
        return switch self {
        case .response(let rule): rate(rule.standing)
        case .relapse(let rule): rate(rule.standing)
        case .state(let rule): rate(rule.standing)
        case .decrease(let rule): .decrease(rule.standing(of: participant))
        }
    }
}
