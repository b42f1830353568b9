import Logging
import Synchronization
import TrialModel

/// Writes a line for connections that fail before any HTTP, mostly in the TLS handshake: at most sixty a
/// minute, and how many were left out. Never what the client sent.
final class HandshakeLog: Sendable {
    private let limit: RateLimit<Int>
    private let leftOut = Mutex(0)

    init(_ rate: Rate = Rate(perMinute: 60, burst: 60)) { limit = RateLimit(rate) }

    /// - Parameter address: of the client, as its connection gives it.
    func note(_ error: any Error, from address: String?, to logger: Logger) {
        guard limit.wait(for: 0) == nil else { return leftOut.withLock { $0 += 1 } }
        var metadata: Logger.Metadata = [
            "reason": .string(Self.reason(String(describing: error))),
            "address": .string(address.flatMap { ClientAddress($0) }?.text ?? "-"),
        ]
        let missed = leftOut.withLock { count in
            defer { count = 0 }
            return count
        }
        if missed > 0 { metadata["leftOut"] = .stringConvertible(missed) }
        logger.notice("the TLS handshake failed", metadata: metadata)
    }

    /// BoringSSL's own name of the reason, `TLSV1_ALERT_UNKNOWN_CA`: of a whole error only this goes out.
    static func reason(_ description: String) -> String {
        guard let match = description.firstMatch(of: /OPENSSL_internal:([A-Z][A-Z0-9_]{2,60})/) else {
            return description.contains("uncleanShutdown") ? "closed" : "other"
        }
        return String(match.output.1)
    }
}
