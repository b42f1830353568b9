/// Who confirmed a finding as correct, when and why, as people read it.
public struct ConfirmationView: Hashable, Sendable {
    public let user: String
    /// Device time, ISO 8601 with offset.
    public let at: String
    public let reason: String

    public init(user: String, at: String, reason: String) {
        (self.user, self.at, self.reason) = (user, at, reason)
    }

    /// `{"user","at","reason"}`
    public var json: JSON {
        .keyed(["user": .string(user), "at": .string(at), "reason": .string(reason)])
    }
}
