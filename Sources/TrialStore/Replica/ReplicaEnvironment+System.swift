import Foundation

extension ReplicaEnvironment {
    /// The machine's clock and its secure randomness: where a program starts, and nowhere else.
    package static let system = ReplicaEnvironment(
        now: { Int64(Date().timeIntervalSince1970 * 1000) }, random: { UInt64.random(in: .min ... .max) })
}
