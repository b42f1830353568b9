/// What the server decided about a change, once, when it first took it.
public struct Verdict: Hashable, Sendable {
    /// Raw values travel on the wire and never change.
    public enum Kind: UInt8, Hashable, Sendable {
        case applied = 1
        /// The record was locked and the author had not seen the lock: kept, flagged, not applied.
        case heldLock = 2
        /// Forbidden or not decodable: kept with the reason, not applied.
        case quarantined = 3
    }

    public let kind: Kind
    /// A code of the problem catalogue when quarantined, else empty.
    public let code: String

    public static let applied = Verdict(kind: .applied, code: "")
    public static let heldLock = Verdict(kind: .heldLock, code: "")

    public static func quarantined(_ code: String) -> Verdict { Verdict(kind: .quarantined, code: code) }

    /// `applied`, `held-lock` or `quarantined:CODE`.
    public var name: String {
        switch kind {
        case .applied: "applied"
        case .heldLock: "held-lock"
        case .quarantined: "quarantined:" + code
        }
    }
}

/// A verdict with the server's time of receipt.
public struct Judgement: Hashable, Sendable {
    public let verdict: Verdict
    /// Milliseconds since 1970 UTC by the server's clock.
    public let receivedMilliseconds: Int64

    public init(_ verdict: Verdict, receivedMilliseconds: Int64) {
        (self.verdict, self.receivedMilliseconds) = (verdict, receivedMilliseconds)
    }
}
