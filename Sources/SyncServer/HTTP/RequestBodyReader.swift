import HTTPTypes
import Hummingbird
import NIOCore
import TrialModel

/// Reads a request's body whole, within a size and a time.
struct RequestBodyReader: Sendable {
    let limitBytes: Int
    let timeLimit: Duration
    let clock: any Clock<Duration>

    enum Outcome: Sendable {
        case whole([UInt8])
        /// The body was not read to its end: the connection cannot be used for another request.
        case refused(Problem, status: Int)
    }

    /// Reads the body, or refuses it at the first sign that it is too large.
    ///
    /// - Throws: what the connection throws; there is nobody left to answer.
    func read(_ request: Request) async throws -> Outcome {
        if isDeclaredTooLarge(request) { return tooLarge }
        let declared = Self.declared(request)
        if declared == 0 { return .whole([]) }
        let outcome = try await withThrowingTaskGroup(of: Outcome.self) { group in
            group.addTask { try await collect(request.body) }
            group.addTask {
                try await clock.sleep(for: timeLimit)
                return .refused(
                    Problem(
                        .bodyIncomplete, "the message did not arrive within \(timeLimit.components.seconds) s"
                    ),
                    status: 408)
            }
            defer { group.cancelAll() }
            return try await group.next() ?? .whole([])
        }
        if case .whole(let bytes) = outcome, let declared, bytes.count != declared {
            return .refused(
                Problem(.bodyIncomplete, "the message ended after \(bytes.count) of \(declared) bytes"),
                status: 400)
        }
        return outcome
    }

    /// Whether the head says already that the body is too large.
    func isDeclaredTooLarge(_ request: Request) -> Bool { Self.declared(request) ?? 0 > limitBytes }

    private static func declared(_ request: Request) -> Int? {
        request.headers[.contentLength].flatMap { Int($0) }
    }

    private func collect(_ body: RequestBody) async throws -> Outcome {
        var bytes: [UInt8] = []
        for try await part in body {
            guard part.readableBytes <= limitBytes - bytes.count else { return tooLarge }
            bytes.append(contentsOf: part.readableBytesView)
        }
        return .whole(bytes)
    }

    private var tooLarge: Outcome {
        .refused(Problem(.bodyTooLarge, "the message is larger than \(limitBytes) bytes"), status: 413)
    }
}
