/// A signature on a record, as commands and pages show it.
public struct SignatureView: Hashable, Sendable {
    public let user: String
    public let meaning: String
    /// Device time, ISO 8601 with offset.
    public let at: String
    /// Whether the data is still exactly what was signed.
    public let isValid: Bool

    public init(user: String, meaning: String, at: String, isValid: Bool) {
        (self.user, self.meaning, self.at, self.isValid) = (user, meaning, at, isValid)
    }

    public var json: JSON {
        .keyed([
            "user": .string(user), "meaning": .string(meaning), "at": .string(at), "valid": .bool(isValid),
        ])
    }
}
