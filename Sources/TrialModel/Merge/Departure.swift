/// Why a participant's records were closed in favour of others.
public enum DepartureReason: String, Hashable, Sendable, CaseIterable {
    /// The participant went to another site, which has copies of everything.
    case transferred
    /// Two records were one person: what this one held stands with the other.
    case merged
}

/// Where a participant's records went when they were closed.
public struct Departure: Hashable, Sendable {
    public let reason: DepartureReason
    /// The site, or the number of the other participant.
    public let destination: String
    /// The version that says so.
    public let version: ChangeID

    public init(_ reason: DepartureReason, to destination: String, version: ChangeID) {
        (self.reason, self.destination, self.version) = (reason, destination, version)
    }

    /// The values of the `@lock` register that say this of a record.
    public static func lock(_ reason: DepartureReason, to destination: String) -> [ItemValue] {
        [
            ItemValue(RegisterName.lock, .yesNo(true)), ItemValue("@lock.to", .text(destination)),
            ItemValue("@lock.why", .text(reason.rawValue)),
        ]
    }
}

extension RecordState {
    /// Where the record went, if it was closed in favour of another; `nil` for an ordinary lock.
    public var departure: Departure? {
        for version in self[RegisterName.lock].live {
            guard version.value(of: RegisterName.lock) == .yesNo(true),
                case .text(let why) = version.value(of: "@lock.why"),
                let reason = DepartureReason(rawValue: why),
                case .text(let destination) = version.value(of: "@lock.to")
            else { continue }
            return Departure(reason, to: destination, version: version.id)
        }
        return nil
    }
}
