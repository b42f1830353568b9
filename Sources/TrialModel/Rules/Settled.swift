/// Something that follows from the record, or the reason why it does not follow yet.
public enum Settled<Value: Hashable & Sendable>: Hashable, Sendable {
    /// It follows from what is agreed.
    case known(Value)
    /// It does not follow: one line that says why, for the person who reads the record.
    case open(reason: String)

    /// What is known; `nil` while it is open.
    public var value: Value? {
        guard case .known(let value) = self else { return nil }
        return value
    }

    /// Why it is open; `nil` once it is known.
    public var reason: String? {
        guard case .open(let reason) = self else { return nil }
        return reason
    }
}
