/// How the total of an instrument is made: the sum over its domains of the score, times a factor where
/// treatment is urgent.
///
/// Source: the IgG4-RD Responder Index is summed this way; domains, scale and factor are the definition's.
/// Organ damage is recorded beside the score and is no part of the sum.
public struct InstrumentTotalRule: Hashable, Sendable {
    /// What an unanswered question whether treatment is urgent comes to.
    public enum UnansweredUrgent: String, Hashable, Sendable, CaseIterable {
        /// Not urgent.
        case no = "N"
        /// The total is missing, as with an unanswered score.
        case totalMissing
    }

    /// What an unanswered score comes to; there is no other choice, and a definition has to say so.
    public enum UnansweredScore: String, Hashable, Sendable, CaseIterable {
        case totalMissing
    }

    /// One domain of the instrument: an organ, or the constitutional symptoms.
    ///
    /// Its items are those of the group's name, a point and the domain's name, and of `.urgent` behind that.
    public struct Domain: Hashable, Sendable {
        /// `kidney`, for instance.
        public let name: String
        /// The item with its score.
        public let score: Item
        /// The item that says whether treatment is urgent.
        public let urgent: Item
    }

    /// The OID of the rule.
    public let oid: String
    /// The OID of the derived item that the total is: `RI.total`.
    public let total: String
    /// The atomic item group that the instrument is kept in.
    public let group: String
    /// The form of the instrument.
    public let form: String
    /// At least one, in the order of the instrument.
    public let domains: [Domain]
    /// The scores there are; any other, saved under another version of the study, is as good as none.
    public let scale: Set<Int>
    /// What the score of an urgent domain is multiplied by.
    public let urgentFactor: Int
    /// What an unanswered question whether treatment is urgent comes to.
    public let unansweredUrgent: UnansweredUrgent

    /// The total in one record.
    public func total(of values: RecordValues) -> InstrumentTotal {
        if let versions = values.conflicts[group] {
            return .unsettled(versions.map { version in sum(version.value(of:)).known })
        }
        return sum(values.value(of:))
    }

    /// The total at an event that occurs once; missing in all domains if there is no such visit.
    func total(at event: String, of participant: ParticipantCase) -> InstrumentTotal {
        total(of: participant.visit(event)?.values ?? RecordValues())
    }

    private func sum(_ value: (String) -> Value) -> InstrumentTotal {
        var sum = 0
        var missing: [String] = []
        for domain in domains {
            guard case .integer(let answer) = value(domain.score.oid), let score = Int(exactly: answer),
                scale.contains(score)
            else {
                missing.append(domain.name)
                continue
            }
            switch value(domain.urgent.oid) {
            case .yesNo(let urgent): sum += urgent ? score * urgentFactor : score
            default:
                if unansweredUrgent == .totalMissing { missing.append(domain.name) }
                sum += score
            }
        }
        return missing.isEmpty ? .value(sum) : .missing(missing)
    }
}
