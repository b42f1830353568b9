import Foundation
import SwiftProtobuf
import SyncProtocol
import Testing
import TrialModel

@Suite("Answers", .tags(.unit))
struct SyncAnswerTests {
    /// A response that has one of everything.
    static func full() throws -> SyncResponse {
        var response = SyncResponse(epoch: Fixed.epoch)
        (response.studyVersion, response.serverMilliseconds) = (2, 1_772_000_000_123)
        let request = try SyncRequestTests.full()
        let judgement = Judgement(.applied, receivedMilliseconds: 3)
        var kinds: [Outcome] = []
        for (offset, kind) in [Outcome.Kind.accepted, .fork, .gap, .stale, .segment].enumerated() {
            var outcome = Outcome(
                journal: Fixed.journal(UInt8(offset)), kind: kind, firstN: 2,
                judgements: kind == .accepted ? [judgement, judgement] : [],
                receipt: kind == .accepted ? SyncRequestTests.receipt(5) : nil, head: UInt64(offset))
            outcome.forwarded = kind == .segment
            kinds.append(outcome)
        }
        response.outcomes = kinds
        response.page.introductions = request.introductions
        response.page.runs = request.runs
        response.page.receipts = request.receipts
        response.digest = StateDigest(bytes: Data(repeating: 1, count: 32))
        response.digestAll = StateDigest(bytes: Data(repeating: 2, count: 32))
        response.lease = NumberLease(first: 11, last: 30)
        return response
    }

    @Test("An answer names the numbers that are not to be given out any more")
    func withdrawnNumbers() throws {
        var response = try Self.full()
        response.withdrawn = [NumberLease(first: 22, last: 30), NumberLease(first: 35, last: 40)]
        #expect(
            try SyncAnswer(decoding: try SyncAnswer.exchanged(response).encoded()) == .exchanged(response))
        response.withholdAll()
        #expect(response.withdrawn.isEmpty)
    }

    static func more() -> SyncResponse {
        var response = SyncResponse(epoch: Fixed.epoch)
        response.page.more = true
        response.isRevoked = true
        return response
    }

    static let changed = SyncAnswer.epochChanged(
        epoch: Data(repeating: 3, count: 16),
        held: [Place(journal: Fixed.journal(1), n: 1, verdict: Fixed.hash(1))],
        heldAll: [Place(journal: Fixed.journal(2), n: 2, verdict: Fixed.hash(2))])

    private func code(_ answer: SyncAnswer, _ spoil: (inout [Trialsync_V1_Frame]) -> Void) throws
        -> ProblemCode?
    {
        var frames = try FrameCodec.decode(try Compression.decompress(try answer.encoded()))
        spoil(&frames)
        let body = try Compression.compress(try FrameCodec.encode(frames))
        return problemCode { _ = try SyncAnswer(decoding: body) }
    }

    @Test("Every kind of answer reads back whole, and cut at any byte it never passes")
    func roundTrip() throws {
        let answers: [SyncAnswer] = [
            .exchanged(try Self.full()), .exchanged(Self.more()), Self.changed,
            .prove([Fixed.journal(1), Fixed.journal(2)]), .prove([]),
            .failed(Problem(.tooManyRequests, "too many", remedy: "wait")),
        ]
        for answer in answers {
            let body = try answer.encoded()
            #expect(try SyncAnswer(decoding: body) == answer)
            for count in 0..<body.count {
                let code = problemCode { _ = try SyncAnswer(decoding: body.prefix(count)) }
                #expect(code == .bodyIncomplete || code == .malformed, "cut at \(count)")
            }
        }
    }

    @Test("A page counts its entries")
    func entryCount() throws { #expect(try Self.full().page.entryCount == 6) }

    @Test("A failure that this program does not know counts as the server's")
    func unknownFailure() throws {
        let body = try Compression.compress(
            try FrameCodec.encode([
                .with {
                    $0.failure.code = "of-tomorrow"; $0.failure.message = "m"; $0.failure.remedy = "r"
                }
            ]))
        #expect(try SyncAnswer(decoding: body) == .failed(Problem(.serverFailed, "m", remedy: "r")))
    }

    @Test("An answer of another version of the protocol is refused by name")
    func protocolVersion() throws {
        #expect(try code(.exchanged(Self.more())) { $0[0].welcome.protocol = 2 } == .protocolUnsupported)
    }

    @Test(
        "Frames that do not belong in an answer, or not there, are malformed",
        arguments: [
            { $0 = [] }, { $0.removeFirst() }, { $0.removeLast() }, { $0.insert($0[0], at: 1) },
            { $0.insert(.init(), at: 1) }, { $0.insert(.with { $0.hello.protocol = 1 }, at: 1) },
            { $0.insert(.with { $0.outcome.kind = 9 }, at: 1) },
            { $0.insert(.with { $0.outcome.kind = 0 }, at: 1) },
            { $0.insert(.with { $0.outcome.kind = 1 }, at: 1) },
            {
                $0.insert(
                    .with {
                        $0.outcome.kind = 1
                        $0.outcome.journal = Data(count: 16)
                        $0.outcome.firstN = .max
                    }, at: 1)
            },
            // Both once ended the program: nothing can be counted on from such numbers.
            { $0[0].welcome.serverMs = .min },
            { $0.insert(.with { $0.livePage.historyLeft = 1 << 63 }, at: 1) },
        ] as [@Sendable (inout [Trialsync_V1_Frame]) -> Void])
    func frames(spoil: @Sendable (inout [Trialsync_V1_Frame]) -> Void) throws {
        #expect(try code(.exchanged(Self.more()), spoil) == .malformed)
    }

    @Test("An epoch that is told has sixteen bytes, and names of journals too")
    func lengths() throws {
        #expect(try code(Self.changed) { $0[0].epochChanged.epoch = Data(count: 15) } == .malformed)
        #expect(try code(Self.changed) { $0[0].epochChanged.held.verdict = [] } == .malformed)
        #expect(
            try code(.prove([Fixed.journal(1)])) { $0[0].prove.journal[0] = Data(count: 17) } == .malformed)
    }

    @Test("A lease that makes no sense is none", arguments: [(UInt32(0), UInt32(0)), (0, 9), (9, 8)])
    func lease(first: UInt32, last: UInt32) throws {
        var frames = try FrameCodec.decode(
            try Compression.decompress(try SyncAnswer.exchanged(Self.more()).encoded()))
        frames[frames.count - 1].summary.leaseFirst = first
        frames[frames.count - 1].summary.leaseLast = last
        let body = try Compression.compress(try FrameCodec.encode(frames))
        #expect(try SyncAnswer(decoding: body) == .exchanged(Self.more()))
    }
}
