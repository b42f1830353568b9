import Foundation
import SyncProtocol
@testable import SyncServer
import Testing
import TrialModel
import TrialStore
import TrialSyncTesting

/// What the centre does for laptops whose program is older or newer than its own.
@Suite("Laptops of another program", .timeLimit(.minutes(10)))
struct OtherLaptopTests {
    /// Sends a body as it is.
    private func send(_ body: Data, as device: CentreUnderTest.Device, to centre: CentreUnderTest)
        async throws -> (answer: SyncAnswer, response: ServerResponse)
    {
        let response = await centre.ask(.sync, site: device.site.text, token: device.token, body)
        return (try SyncAnswer(decoding: Data(response.body)), response)
    }

    private func exchanged(_ answer: SyncAnswer?) throws -> SyncResponse {
        guard case .exchanged(let response)? = answer else {
            Issue.record("it was refused: \(String(describing: answer))")
            throw Problem(.internalError, "no exchange")
        }
        return response
    }

    @Test("What a newer laptop adds to its messages is passed over, and to its changes is kept for everybody")
    func newerFields() async throws {
        let centre = try await CentreUnderTest()
        let device = try await centre.enrol("PKU")
        let neighbour = try await centre.enrol("PKU", name: "neighbour")
        let save = NewerProgram.grown(change: try await centre.save(at: device.site, salt: 1))
        let request = try await centre.pushing([save], of: device)
        let grown = try NewerProgram.grown(body: try request.encoded())
        let pushed = try exchanged(try await send(grown, as: device, to: centre).answer)
        #expect(pushed.outcomes.flatMap(\.judgements).map(\.verdict) == [.applied])
        let pulled = try exchanged(
            try await centre.sync(try await centre.hello(of: neighbour), as: neighbour).answer)
        #expect(pulled.page.runs.flatMap(\.changes).contains(save))
        #expect(try await centre.centre.verify().problems == [])
    }

    @Test("A request with a frame that is not known is refused whole, and taken once when it is sent without")
    func newerFrame() async throws {
        let centre = try await CentreUnderTest()
        let device = try await centre.enrol("PKU")
        let request = try await centre.pushing([try await centre.save(at: device.site, salt: 1)], of: device)
        var frames = try FrameCodec.decode(try Compression.decompress(try request.encoded()))
        frames.append(try Trialsync_V1_Frame(decoding: NewerProgram.frame))
        let before = try await centre.standing()
        let (answer, response) = try await send(
            try Compression.compress(try FrameCodec.encode(frames)), as: device, to: centre)
        guard case .failed(let problem) = answer else {
            Issue.record("it was taken")
            return
        }
        #expect(problem.code == .malformed && problem.remedy == "update the older program")
        #expect(response.code == .malformed, "the log does not say it")
        #expect(try await centre.standing() == before)
        for _ in 1...2 {
            let taken = try exchanged(try await centre.sync(request, as: device).answer)
            #expect(taken.outcomes.map(\.kind) == [.accepted])
        }
        let (site, accepted) = (device.site, try await centre.standing().accepted)
        #expect(accepted[site] == (before.accepted[site] ?? 0) + 1)
    }

    @Test("A laptop that does not say which numbers it holds is leased more when it runs low, and loses none")
    func withoutNumbersHeld() async throws {
        let centre = try await CentreUnderTest()
        let older = try await centre.enrol("PKU")
        let newer = try await centre.enrol("PKU", name: "newer")
        var request = try await centre.hello(of: older)
        (request.hello.numbersLeft, request.hello.numbersSeen) = (20, 20)
        let first = try exchanged(try await centre.sync(request, as: older).answer)
        #expect(first.lease == nil && first.withdrawn.isEmpty)
        request.hello.numbersLeft = 3
        let lease = try #require(try exchanged(try await centre.sync(request, as: older).answer).lease)
        // Past what both laptops were leased when they were enrolled.
        #expect(lease == NumberLease(first: 41, last: 60))
        // A newer laptop that says so holds its own; what the older one was leased is not given to it.
        var told = try await centre.hello(of: newer)
        told.hello.numbersHeld = [NumberLease(first: 21, last: 40), NumberLease(first: 55, last: 65)]
        let settled = try exchanged(try await centre.sync(told, as: newer).answer)
        #expect(settled.withdrawn == [NumberLease(first: 55, last: 60)])
    }
}
