package import FoundationEssentials
import SwiftProtobuf
package import TrialModel

extension SyncRequest {
    /// The compressed body of a request.
    package func encoded() throws(Problem) -> Data {
        var frames: [Trialsync_V1_Frame] = [.with { $0.hello = Trialsync_V1_Hello(hello) }]
        frames += introductions.map { introduction in
            .with { $0.journal = Trialsync_V1_Journal(introduction) }
        }
        frames += runs.map { run in .with { $0.entries = Trialsync_V1_Entries(run) } }
        frames += receipts.map { receipt in .with { $0.receipt = Trialsync_V1_Receipt(receipt) } }
        return try Compression.compress(try FrameCodec.encode(frames))
    }

    /// - Throws: a coded problem for anything that is not a whole, well-formed request of this protocol
    ///   version.
    package init(decoding body: Data) throws(Problem) {
        let frames = try FrameCodec.decode(try Compression.decompress(body))
        guard case .hello(let hello)? = frames.first?.body else {
            throw Problem.misplaced(frames.first, "a request starts with hello")
        }
        guard hello.protocol == WireLimits.protocolVersion else {
            throw Problem(
                .protocolUnsupported,
                "this side speaks version \(WireLimits.protocolVersion), not \(hello.protocol)")
        }
        self.init(hello: try hello.model())
        for frame in frames.dropFirst() {
            switch frame.body {
            case .journal(let journal): introductions.append(try journal.model())
            case .entries(let entries): runs.append(try entries.model())
            case .receipt(let receipt): receipts.append(try receipt.model())
            default: throw Problem.misplaced(frame, "a request has no such frame")
            }
        }
        guard runs.reduce(0, { $0 + $1.changes.count }) <= 2 * WireLimits.pageEntries else {
            throw Problem(.bodyTooLarge, "a request carries at most \(2 * WireLimits.pageEntries) entries")
        }
    }
}

extension SyncAnswer {
    /// The compressed body of an answer.
    package func encoded() throws(Problem) -> Data {
        try Compression.compress(try FrameCodec.encode(frames))
    }

    private var frames: [Trialsync_V1_Frame] {
        switch self {
        case .exchanged(let response): response.frames
        case .epochChanged(let epoch, let held, let heldAll):
            [
                .with {
                    $0.epochChanged.epoch = epoch
                    $0.epochChanged.held = Trialsync_V1_Vector(held)
                    $0.epochChanged.heldAll = Trialsync_V1_Vector(heldAll)
                }
            ]
        case .prove(let journals): [.with { $0.prove.journal = journals.map { Data($0.bytes) } }]
        case .failed(let problem):
            [
                .with {
                    $0.failure.code = problem.code.rawValue
                    $0.failure.message = problem.message
                    $0.failure.remedy = problem.remedy
                }
            ]
        }
    }

    /// - Throws: a coded problem for anything that is not a whole, well-formed answer.
    package init(decoding body: Data) throws(Problem) {
        let frames = try FrameCodec.decode(try Compression.decompress(body))
        switch frames.first?.body {
        case .welcome(let welcome): self = .exchanged(try SyncResponse(welcome, frames.dropFirst()))
        case .epochChanged(let changed):
            guard changed.epoch.count == 16 else { throw Problem(.malformed, "an epoch has 16 bytes") }
            self = .epochChanged(
                epoch: changed.epoch, held: try changed.held.model(), heldAll: try changed.heldAll.model())
        case .prove(let prove):
            var journals: [JournalID] = []
            for bytes in prove.journal { journals.append(try JournalID(wire: bytes)) }
            self = .prove(journals)
        case .failure(let failure):
            let code = ProblemCode(rawValue: failure.code) ?? .serverFailed
            self = .failed(Problem(code, failure.message, remedy: failure.remedy))
        default: throw Problem.misplaced(frames.first, "an answer does not start like this")
        }
    }
}

extension SyncResponse {
    fileprivate var frames: [Trialsync_V1_Frame] {
        var frames: [Trialsync_V1_Frame] = [
            .with {
                $0.welcome.protocol = WireLimits.protocolVersion
                $0.welcome.epoch = epoch
                $0.welcome.studyVersion = UInt32(clamping: studyVersion)
                $0.welcome.serverMs = serverMilliseconds
            }
        ]
        frames += outcomes.map { outcome in .with { $0.outcome = Trialsync_V1_Outcome(outcome) } }
        frames += page.introductions.map { introduction in
            .with { $0.journal = Trialsync_V1_Journal(introduction) }
        }
        frames += page.runs.map { run in .with { $0.entries = Trialsync_V1_Entries(run) } }
        frames += page.receipts.map { receipt in .with { $0.receipt = Trialsync_V1_Receipt(receipt) } }
        frames += liveFrames
        frames.append(
            .with {
                $0.summary.more = page.more
                $0.summary.digest = digest.map { Data($0.bytes) } ?? Data()
                $0.summary.digestAll = digestAll.map { Data($0.bytes) } ?? Data()
                $0.summary.leaseFirst = UInt32(clamping: lease?.first ?? 0)
                $0.summary.leaseLast = UInt32(clamping: lease?.last ?? 0)
                $0.summary.revoked = isRevoked
                $0.summary.numbersWithdrawn = withdrawn.wire
            })
        return frames
    }

    fileprivate init(_ welcome: Trialsync_V1_Welcome, _ frames: ArraySlice<Trialsync_V1_Frame>)
        throws(Problem)
    {
        guard welcome.protocol == WireLimits.protocolVersion, welcome.epoch.count == 16 else {
            throw Problem(
                .protocolUnsupported, "the server speaks version \(welcome.protocol) of the protocol")
        }
        let clockLimit = WireLimits.clockLimitMilliseconds
        guard (-clockLimit...clockLimit).contains(welcome.serverMs) else {
            throw Problem(.malformed, "the server's clock is further off than a clock can be")
        }
        self.init(epoch: welcome.epoch)
        studyVersion = Int(welcome.studyVersion)
        serverMilliseconds = welcome.serverMs
        guard case .summary(let summary)? = frames.last?.body else {
            throw Problem.misplaced(frames.last, "an answer has no summary")
        }
        for frame in frames.dropLast() {
            switch frame.body {
            case .outcome(let outcome): outcomes.append(try outcome.model())
            case .journal(let journal): page.introductions.append(try journal.model())
            case .entries(let entries): page.runs.append(try entries.model())
            case .receipt(let receipt): page.receipts.append(try receipt.model())
            case .livePage, .liveRecord, .liveEntries, .comparison: try takeLive(frame)
            default: throw Problem.misplaced(frame, "an answer has no such frame")
            }
        }
        page.more = summary.more
        isRevoked = summary.revoked
        digest = summary.digest.isEmpty ? nil : StateDigest(bytes: summary.digest)
        digestAll = summary.digestAll.isEmpty ? nil : StateDigest(bytes: summary.digestAll)
        if summary.leaseFirst > 0, summary.leaseLast >= summary.leaseFirst {
            lease = NumberLease(first: Int(summary.leaseFirst), last: Int(summary.leaseLast))
        }
        withdrawn = try summary.numbersWithdrawn.leases()
    }
}

extension Problem {
    /// What only a newer program sends: nothing of the body that holds it is taken.
    static func unknownKind(_ what: String) -> Problem {
        Problem(
            .malformed, "\(what) is of a kind that this program does not know",
            remedy: "update the older program")
    }

    /// A frame that does not belong where it stands, or that nobody here knows.
    fileprivate static func misplaced(_ frame: Trialsync_V1_Frame?, _ message: String) -> Problem {
        guard let frame, frame.body == nil else { return Problem(.malformed, message) }
        return unknownKind("a frame")
    }
}
