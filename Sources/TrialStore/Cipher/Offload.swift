import Dispatch
package import TrialModel

/// Work that is slow on purpose (scrypt): on a thread of its own, never on one of the few cooperative ones.
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
