import Dispatch
package import TrialModel

/// Work that keeps its thread, for it is slow on purpose (scrypt) or waits for others: never on one of the
/// few cooperative ones, on which those others may wait to go on.
package enum Offload {
    package static func run<Result: Sendable>(_ work: @escaping @Sendable () throws(Problem) -> Result)
        async throws -> Result
    {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global(qos: .userInitiated).async {
                do { continuation.resume(returning: try work()) } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}
