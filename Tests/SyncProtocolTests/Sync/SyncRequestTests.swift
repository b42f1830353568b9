import Foundation
import SwiftProtobuf
import SyncProtocol
import Testing
import TrialModel

@Suite("Requests", .tags(.unit))
struct SyncRequestTests {
    /// A request that has one of everything.
    static func full() throws -> SyncRequest {
        var hello = Hello(site: Fixed.site, epoch: Fixed.epoch)
        (hello.studyVersion, hello.pending, hello.clockMilliseconds) = (3, 17, -5)
        (hello.numbersLeft, hello.numbersSeen, hello.entryLimit) = (4, 21, 500)
        (hello.copied, hello.program) = (true, "trialsync 1.0")
        hello.covered = [Place(journal: Fixed.journal(1), n: 9, verdict: Fixed.hash(1))]
        hello.coveredAll = [
            Place(journal: Fixed.journal(2), n: 1, verdict: Fixed.hash(2)),
            Place(journal: Fixed.journal(3), n: WireLimits.placeLimit - 1, verdict: Fixed.hash(3)),
        ]
        var request = SyncRequest(hello: hello)
        let journal = try Fixed.introduction()
        let segment = try journal.cut(after: 4, previous: Fixed.hash(4), first: Fixed.hash(5))
        request.introductions = [journal, segment]
        var pushed = EntryRun(
            journal: journal.id, firstN: 3, previous: Fixed.hash(6),
            changes: [Data([1]), Data(repeating: 2, count: 300)])
        pushed.headSignature = Data(repeating: 7, count: 64)
        var reoffered = EntryRun(
            journal: segment.id, firstN: 1, previous: Fixed.hash(8), changes: (0..<4).map { Data([$0]) })
        let late = Judgement(.quarantined("locked"), receivedMilliseconds: 5)
        reoffered.judgements = [
            .init(.applied, receivedMilliseconds: 4), late, late, .init(.heldLock, receivedMilliseconds: 6),
        ]
        reoffered.previousVerdict = Fixed.hash(9)
        reoffered.forwarded = true
        request.runs = [pushed, reoffered]
        request.receipts = [
            receipt(1), receipt(2, signed: .init(hash: Fixed.hash(10), verdict: Fixed.hash(11))),
        ]
        return request
    }

    static func receipt(_ number: UInt8, signed: Receipt.SignedHashes? = nil) -> Receipt {
        Receipt(
            journal: Fixed.journal(number), n: UInt64(number), epoch: Fixed.epoch,
            signature: Data(repeating: number, count: 64), signed: signed)
    }

    private func code(_ spoil: (inout [Trialsync_V1_Frame]) -> Void) throws -> ProblemCode? {
        var frames = try FrameCodec.decode(try Compression.decompress(try Self.full().encoded()))
        spoil(&frames)
        let body = try Compression.compress(try FrameCodec.encode(frames))
        return problemCode { _ = try SyncRequest(decoding: body) }
    }

    @Test("The numbers that a laptop holds travel, as many blocks as a message carries")
    func numbersHeld() throws {
        var request = SyncRequest(hello: Hello(site: Fixed.site, epoch: Fixed.epoch))
        request.hello.numbersHeld = [NumberLease(first: 22, last: 40), NumberLease(first: 61, last: 61)]
        #expect(try SyncRequest(decoding: try request.encoded()) == request)
        let beyond = NumberLease(first: 5, last: WireLimits.participantNumber + 1)
        let many = (1...WireLimits.numberBlocks + 1).map { NumberLease(first: $0, last: $0) }
        request.hello.numbersHeld = [beyond] + many
        let read = try SyncRequest(decoding: try request.encoded()).hello.numbersHeld
        #expect(read == Array(many.dropLast()))
    }

    @Test("A request reads back whole")
    func roundTrip() throws {
        let bare = SyncRequest(hello: Hello(site: Fixed.site, epoch: Fixed.epoch))
        for request in [bare, try Self.full()] {
            #expect(try SyncRequest(decoding: try request.encoded()) == request)
        }
    }

    @Test("A request cut at any byte never passes")
    func cut() throws {
        let body = try Self.full().encoded()
        for count in 0..<body.count {
            let code = problemCode { _ = try SyncRequest(decoding: body.prefix(count)) }
            #expect(code == .bodyIncomplete || code == .malformed, "cut at \(count)")
        }
    }

    @Test("Vectors travel sorted by journal")
    func vectorsSorted() throws {
        var request = SyncRequest(hello: Hello(site: Fixed.site, epoch: Fixed.epoch))
        let places = (1...3).map { Place(journal: Fixed.journal($0), n: UInt64($0), verdict: Fixed.hash($0)) }
        request.hello.covered = places.reversed()
        #expect(try SyncRequest(decoding: try request.encoded()).hello.covered == places)
        #expect(places.vector.journals.map(\.n) == [1, 2, 3])
    }

    @Test("A lease that went past the highest number does not make a laptop's hello malformed")
    func numbersSeen() throws {
        var request = try Self.full()
        request.hello.numbersSeen = WireLimits.participantNumber + 40
        let decoded = try SyncRequest(decoding: try request.encoded())
        #expect(decoded.hello.numbersSeen == WireLimits.participantNumber)
    }

    @Test("Another version of the protocol is refused by name")
    func protocolVersion() throws {
        for version in [UInt32(0), 2] {
            #expect(try code { $0[0].hello.protocol = version } == .protocolUnsupported)
        }
    }

    @Test(
        "Frames that do not belong in a request, or not there, are malformed",
        arguments: [
            { $0 = [] }, { $0.removeFirst() }, { $0.append($0[0]) }, { $0.append(.init()) },
            { $0.append(.with { $0.welcome.protocol = 1 }) }, { $0.append(.with { $0.summary.more = true }) },
        ] as [@Sendable (inout [Trialsync_V1_Frame]) -> Void])
    func frames(spoil: @Sendable (inout [Trialsync_V1_Frame]) -> Void) throws {
        #expect(try code(spoil) == .malformed)
    }

    @Test(
        "A hello of another form is malformed",
        arguments: [
            { $0.site = "*" }, { $0.site = "pku" }, { $0.site = "" }, { $0.epoch = Data(count: 15) },
            { $0.epoch = Data() },
            { $0.program = String(repeating: "p", count: 129) }, { $0.covered.n = [] },
            { $0.covered.verdict.removeAll() },
            // What only a hostile program sends: the centre must neither trap on it nor lease past it.
            { $0.numbersHeld = [1] }, { $0.numbersHeld = [0, 4] }, { $0.numbersHeld = [5, 4] },
            { $0.numbersHeld = [1, .max] },
            { $0.numbersHeld = Array(repeating: 7, count: 2 * WireLimits.numberBlocks + 2) },
            { $0.clockMs = .min }, { $0.clockMs = .max }, { $0.pending = .max }, { $0.numbersSeen = .max },
            { $0.covered.n[0] = 1 << 53 },
            { $0.covered.verdict[0] = Data(count: 7) }, { $0.covered.journal[0] = Data(count: 15) },
            { $0.coveredAll.journal.append(Data(count: 16)) },
            {
                let count = WireLimits.vectorJournals + 1
                $0.covered.journal = Array(repeating: Data(count: 16), count: count)
                $0.covered.n = Array(repeating: 1, count: count)
                $0.covered.verdict = Array(repeating: Data(count: 8), count: count)
            },
        ] as [@Sendable (inout Trialsync_V1_Hello) -> Void])
    func hello(spoil: @Sendable (inout Trialsync_V1_Hello) -> Void) throws {
        #expect(try code { spoil(&$0[0].hello) } == .malformed)
    }

    @Test(
        "The wish for page sizes is kept within the limits",
        arguments: [(UInt32(0), 1), (1, 1), (999, 999), (5000, 1000), (.max, 1000)])
    func entryLimit(wish: UInt32, limit: Int) throws {
        var frames = try FrameCodec.decode(try Compression.decompress(try Self.full().encoded()))
        frames[0].hello.entryLimit = wish
        let body = try Compression.compress(try FrameCodec.encode(frames))
        #expect(try SyncRequest(decoding: body).hello.entryLimit == limit)
    }

    @Test(
        "A run of another form is malformed",
        arguments: [
            { $0.changes = [] }, { $0.firstN = 0 }, { $0.firstN = 1 << 53 }, { $0.firstN = .max },
            { $0.headSignature = Data(count: 63) }, { $0.previous = Data(count: 31) },
            { $0.journal = Data(count: 17) },
            { $0.previousVerdict = Data(count: 33) }, { $0.verdicts.removeLast() },
            { $0.verdicts[0].count = 2 },
            { $0.verdicts[0].count = .max }, { $0.verdicts[0].kind = 0 }, { $0.verdicts[0].kind = 4 },
            { $0.verdicts[0].kind = 257 }, { $0.verdicts[0].code = String(repeating: "c", count: 65) },
            { $0.changes[0] = Data(count: WireLimits.changeBytes + 1) },
            { $0.changes = Array(repeating: Data([1]), count: 2 * WireLimits.pageEntries + 1) },
        ] as [@Sendable (inout Trialsync_V1_Entries) -> Void])
    func run(spoil: @Sendable (inout Trialsync_V1_Entries) -> Void) throws {
        #expect(try code { spoil(&$0[4].entries) } == .malformed)
    }

    @Test("A request carries at most two pages of entries")
    func tooManyEntries() throws {
        func request(_ second: Int) throws -> Data {
            var request = SyncRequest(hello: Hello(site: Fixed.site, epoch: Fixed.epoch))
            request.runs = [WireLimits.pageEntries, second].map {
                EntryRun(
                    journal: Fixed.journal(1), firstN: 1, previous: .zero,
                    changes: Array(repeating: Data([1]), count: $0))
            }
            return try request.encoded()
        }
        let (most, more) = (try request(WireLimits.pageEntries), try request(WireLimits.pageEntries + 1))
        #expect(problemCode { _ = try SyncRequest(decoding: most) } == nil)
        #expect(problemCode { _ = try SyncRequest(decoding: more) } == .bodyTooLarge)
    }

    @Test(
        "A receipt of another form is malformed",
        arguments: [
            { $0.journal = Data() }, { $0.epoch = Data(count: 17) }, { $0.signature = Data(count: 63) },
            { $0.signature = Data() }, { $0.hash = Data(count: 31) }, { $0.verdictHash = Data() },
        ] as [@Sendable (inout Trialsync_V1_Receipt) -> Void])
    func receipt(spoil: @Sendable (inout Trialsync_V1_Receipt) -> Void) throws {
        #expect(try code { spoil(&$0[6].receipt) } == .malformed)
    }

    @Test("A run's proof is kept without its changes", arguments: [true, false])
    func runProof(withReceipt: Bool) throws {
        let request = try Self.full()
        var run = request.runs[1]
        let receipt = withReceipt ? request.receipts[1] : nil
        let bytes = try RunProof.encode(request.introductions[1], run, receipt)
        let proof = try RunProof.decode(bytes)
        #expect(proof.introduction == request.introductions[1])
        #expect(proof.receipt == receipt)
        #expect(proof.run.judgements == run.judgements)
        run.changes = []
        let kept = try RunProof.decode(try RunProof.encode(request.introductions[1], run, receipt))
        #expect(kept.run.firstN == run.firstN && kept.run.previous == run.previous)
        #expect(kept.run.previousVerdict == run.previousVerdict && kept.run.judgements == run.judgements)
        #expect(problemCode { _ = try RunProof.decode(try FrameCodec.encode([])) } == .storeDamaged)
    }
}
