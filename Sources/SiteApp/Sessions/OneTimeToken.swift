import Crypto
import Foundation
import Synchronization
import TrialModel

/// The secret in the address that `trialsync ui` prints: whoever opens it first is let in, once.
final class OneTimeToken: Sendable {
    private let hash: Mutex<Data?>

    init(_ token: String) { hash = Mutex(Self.hash(token)) }

    /// - Returns: whether the token is the right one and was not used before; from now on it is used.
    func use(_ token: String) -> Bool {
        hash.withLock { hash in
            // Hashes are compared, so the time it takes says nothing of the token.
            guard let expected = hash, expected == Self.hash(token) else { return false }
            hash = nil
            return true
        }
    }

    static func hash(_ token: String) -> Data { Data(SHA256.hash(data: Data(token.utf8))) }
}
