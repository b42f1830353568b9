import Foundation
import Synchronization
@testable import SyncClient
import SyncProtocol
import Testing
import TrialModel

/// A server that puts a laptop off a number of times before it answers.
private final class BusyServer: Transport {
    private let answers: Mutex<[(status: Int, retryAfter: String?)]>
    let asked = Mutex(0)

    init(_ answers: [(status: Int, retryAfter: String?)]) { self.answers = Mutex(answers) }

    func send(_ request: TransportRequest) async throws(Problem) -> TransportResponse {
        asked.withLock { $0 += 1 }
        let next = answers.withLock { $0.count > 1 ? $0.removeFirst() : $0.first }
        let body = #"{"nonce":"","expiresMilliseconds":1}"#
        return TransportResponse(
            status: next?.status ?? 500, headers: next?.retryAfter.map { ["retry-after": $0] } ?? [:],
            body: Array(body.utf8), bytesSent: 0, bytesReceived: 0)
    }

    func stream(_ request: TransportRequest) -> AsyncThrowingStream<[UInt8], any Error> {
        AsyncThrowingStream { $0.finish() }
    }
}

@Suite("A server that is asked too much")
struct PatienceTests {
    private func ask(_ server: BusyServer) async throws -> [Duration] {
        let pauses = Mutex<[Duration]>([])
        let link = CentreLink(
            server: "https://h", transport: server,
            pause: { pause in
                pauses.withLock { $0.append(pause) }
            })
        _ = try await link.call("/v1/challenge", ChallengeRequest(device: Data()), as: ChallengeReply.self)
        return pauses.withLock { $0 }
    }

    @Test("The laptop waits as long as the server says, within reason, and then asks again")
    func waits() async throws {
        let server = BusyServer([(429, "3"), (429, "86400"), (429, "-1"), (200, nil)])
        #expect(try await ask(server) == [.seconds(3), .seconds(120), .seconds(1)])
        #expect(server.asked.withLock { $0 } == 4)
    }

    @Test("A refusal that names no time is the person's to hear: wrong passwords are not tried again")
    func doesNotWait() async throws {
        let server = BusyServer([(429, nil)])
        await #expect(throws: Problem.self) { try await ask(server) }
        #expect(server.asked.withLock { $0 } == 1)
    }

    @Test("A server that never lets it in is given up, with its code")
    func givesUp() async throws {
        let server = BusyServer([(429, "1")])
        let problem = await #expect(throws: Problem.self) { try await ask(server) }
        #expect(problem?.code == .tooManyRequests)
        #expect(server.asked.withLock { $0 } == 20)
    }

    @Test("The Date header is read as RFC 9110 gives it, and nothing else is")
    func date() {
        let moment = ClockFault.moment(ofHeader: "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(moment == Date(timeIntervalSince1970: 784_111_777))
        for text in ["", "now", "1994-11-06", "Sun, 06 Nov 1994"] {
            #expect(ClockFault.moment(ofHeader: text) == nil)
        }
    }
}
