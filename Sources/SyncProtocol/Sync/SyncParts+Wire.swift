import FoundationEssentials
import SwiftProtobuf
import TrialModel

extension JournalID {
    init(wire bytes: Data) throws(Problem) {
        guard let id = JournalID(bytes: bytes) else {
            throw Problem(.malformed, "a journal's name has 16 bytes")
        }
        self = id
    }
}

extension ChainHash {
    init(wire bytes: Data) throws(Problem) {
        guard let hash = ChainHash(bytes) else { throw Problem(.malformed, "a hash has 32 bytes") }
        self = hash
    }
}

extension Trialsync_V1_Vector {
    init(_ places: [Place]) {
        self.init()
        let sorted = places.sorted { $0.journal < $1.journal }
        journal = sorted.map { Data($0.journal.bytes) }
        n = sorted.map(\.n)
        verdict = sorted.map(\.verdictPrefix)
    }

    func model() throws(Problem) -> [Place] {
        guard journal.count == n.count, n.count == verdict.count, n.count <= WireLimits.vectorJournals else {
            throw Problem(.malformed, "a vector's columns do not match")
        }
        var places: [Place] = []
        places.reserveCapacity(n.count)
        for index in n.indices {
            guard verdict[index].count == Place.prefixBytes, n[index] < WireLimits.placeLimit else {
                throw Problem(.malformed, "a place has a number below 2^53 and 8 bytes of the verdict chain")
            }
            let name = try JournalID(wire: journal[index])
            if let last = places.last, !(last.journal < name) {
                throw Problem(.malformed, "a vector names each journal once, in order")
            }
            places.append(Place(journal: name, n: n[index], verdictPrefix: verdict[index]))
        }
        return places
    }
}

extension Trialsync_V1_Hello {
    init(_ hello: Hello) {
        self.init()
        self.protocol = WireLimits.protocolVersion
        studyVersion = UInt32(clamping: hello.studyVersion)
        epoch = hello.epoch
        site = hello.site.text
        covered = Trialsync_V1_Vector(hello.covered)
        coveredAll = Trialsync_V1_Vector(hello.coveredAll)
        pending = hello.pending
        clockMs = hello.clockMilliseconds
        numbersLeft = UInt32(clamping: hello.numbersLeft)
        // A lease may have gone past the limit where a hostile program claimed a number just below it.
        numbersSeen = min(UInt32(clamping: hello.numbersSeen), UInt32(WireLimits.participantNumber))
        numbersHeld = hello.numbersHeld.wire
        entryLimit = UInt32(clamping: hello.entryLimit)
        digests = hello.digestsEqual.map { $0 ? 1 : 2 } ?? 0
        copied = hello.copied
        program = hello.program
        if let live = hello.live { self.live = Trialsync_V1_LiveCursor(live) }
        compare = hello.compare
    }

    func model() throws(Problem) -> Hello {
        guard let site = SiteCode(site), site != .all, epoch.count == 16,
            program.utf8.count <= WireLimits.nameBytes, pending < WireLimits.placeLimit,
            (-WireLimits.clockLimitMilliseconds...WireLimits.clockLimitMilliseconds).contains(clockMs),
            numbersSeen <= WireLimits.participantNumber
        else {
            throw Problem(.malformed, "hello is not of the expected form")
        }
        var hello = Hello(site: site, epoch: epoch)
        hello.studyVersion = Int(studyVersion)
        hello.covered = try covered.model()
        hello.coveredAll = try coveredAll.model()
        hello.pending = pending
        hello.clockMilliseconds = clockMs
        hello.numbersLeft = Int(numbersLeft)
        hello.numbersSeen = Int(numbersSeen)
        hello.numbersHeld = try numbersHeld.leases()
        hello.entryLimit = min(max(1, Int(entryLimit)), WireLimits.pageEntries)
        hello.digestsEqual = digests == 0 ? nil : digests == 1
        hello.copied = copied
        hello.program = program
        if hasLive { hello.live = try live.model() }
        guard compare.count <= WireLimits.comparedPrefixes, compare.allSatisfy({ $0.count <= 2 }) else {
            throw Problem(.malformed, "hello compares too much")
        }
        hello.compare = compare
        return hello
    }
}

extension [NumberLease] {
    /// First and last of each in turn, of as many as a message carries. Numbers past the limit, which no
    /// centre reads, are left out.
    var wire: [UInt32] {
        filter { $0.first <= $0.last && $0.last <= WireLimits.participantNumber }
            .prefix(WireLimits.numberBlocks)
            .flatMap { [UInt32(clamping: $0.first), UInt32(clamping: $0.last)] }
    }
}

extension [UInt32] {
    func leases() throws(Problem) -> [NumberLease] {
        guard count.isMultiple(of: 2), count <= 2 * WireLimits.numberBlocks else {
            throw Problem(.malformed, "blocks of participant numbers are not of the expected form")
        }
        var leases: [NumberLease] = []
        for index in stride(from: 0, to: count, by: 2) {
            let lease = NumberLease(first: Int(self[index]), last: Int(self[index + 1]))
            guard lease.first > 0, lease.first <= lease.last, lease.last <= WireLimits.participantNumber
            else { throw Problem(.malformed, "a block of participant numbers is out of range") }
            leases.append(lease)
        }
        return leases
    }
}

extension Trialsync_V1_Journal {
    init(_ introduction: JournalIntroduction) {
        self.init()
        header = introduction.header
        guard let segment = introduction.segment else { return }
        segmentAfter = segment.after
        segmentPrevious = segment.previous.data
        segmentFirst = segment.first.data
    }

    func model() throws(Problem) -> JournalIntroduction {
        guard !segmentFirst.isEmpty else { return try JournalIntroduction(header: header) }
        guard segmentAfter < WireLimits.placeLimit else {
            throw Problem(.malformed, "a segment's place is out of range")
        }
        let segment = JournalIntroduction.Segment(
            after: segmentAfter, previous: try ChainHash(wire: segmentPrevious),
            first: try ChainHash(wire: segmentFirst))
        return try JournalIntroduction(header: header, segment: segment)
    }
}

extension Trialsync_V1_Entries {
    init(_ run: EntryRun) {
        self.init()
        journal = Data(run.journal.bytes)
        firstN = run.firstN
        previous = run.previous.data
        changes = run.changes
        headSignature = run.headSignature ?? Data()
        verdicts = run.judgements.wire
        previousVerdict = run.previousVerdict?.data ?? Data()
        forwarded = run.forwarded
    }

    func model() throws(Problem) -> EntryRun {
        guard !changes.isEmpty, firstN > 0, firstN < WireLimits.placeLimit,
            changes.count <= 2 * WireLimits.pageEntries,
            headSignature.isEmpty || headSignature.count == Signing.byteCount,
            changes.allSatisfy({ $0.count <= WireLimits.changeBytes })
        else { throw Problem(.malformed, "a run of entries is not of the expected form") }
        var run = EntryRun(
            journal: try JournalID(wire: journal), firstN: firstN, previous: try ChainHash(wire: previous),
            changes: changes)
        run.headSignature = headSignature.isEmpty ? nil : headSignature
        run.judgements = try verdicts.judgements(limit: changes.count)
        guard run.judgements.isEmpty || run.judgements.count == changes.count else {
            throw Problem(.malformed, "a run of entries has verdicts for some of them only")
        }
        if !previousVerdict.isEmpty { run.previousVerdict = try ChainHash(wire: previousVerdict) }
        run.forwarded = forwarded
        return run
    }
}

extension [Judgement] {
    /// Equal neighbours as one.
    var wire: [Trialsync_V1_Verdicts] {
        var runs: [Trialsync_V1_Verdicts] = []
        var last: Judgement?
        for judgement in self {
            if judgement == last {
                runs[runs.count - 1].count += 1
                continue
            }
            runs.append(
                .with {
                    $0.count = 1
                    $0.kind = UInt32(judgement.verdict.kind.rawValue)
                    $0.code = judgement.verdict.code
                    $0.receivedMs = judgement.receivedMilliseconds
                })
            last = judgement
        }
        return runs
    }
}

extension [Trialsync_V1_Verdicts] {
    func judgements(limit: Int) throws(Problem) -> [Judgement] {
        var judgements: [Judgement] = []
        for run in self {
            guard let kind = UInt8(exactly: run.kind).flatMap(Verdict.Kind.init(rawValue:)) else {
                throw Problem.unknownKind("a verdict")
            }
            guard run.code.utf8.count <= 64, Int(run.count) <= limit - judgements.count else {
                throw Problem(.malformed, "a verdict is not of the expected form")
            }
            let judgement = Judgement(
                Verdict(kind: kind, code: run.code), receivedMilliseconds: run.receivedMs)
            judgements.append(contentsOf: repeatElement(judgement, count: Int(run.count)))
        }
        return judgements
    }
}

extension Trialsync_V1_Receipt {
    init(_ receipt: Receipt) {
        self.init()
        journal = Data(receipt.journal.bytes)
        n = receipt.n
        epoch = receipt.epoch
        signature = receipt.signature
        hash = receipt.signed?.hash.data ?? Data()
        verdictHash = receipt.signed?.verdict.data ?? Data()
    }

    func model() throws(Problem) -> Receipt {
        guard epoch.count == 16, signature.count == Signing.byteCount, n < WireLimits.placeLimit else {
            throw Problem(.malformed, "a receipt is not of the expected form")
        }
        var signed: Receipt.SignedHashes?
        if !hash.isEmpty {
            signed = .init(hash: try ChainHash(wire: hash), verdict: try ChainHash(wire: verdictHash))
        }
        return Receipt(
            journal: try JournalID(wire: journal), n: n, epoch: epoch, signature: signature, signed: signed)
    }
}

extension Trialsync_V1_Outcome {
    init(_ outcome: Outcome) {
        self.init()
        journal = Data(outcome.journal.bytes)
        kind = outcome.kind.rawValue
        firstN = outcome.firstN
        verdicts = outcome.judgements.wire
        if let receipt = outcome.receipt { self.receipt = Trialsync_V1_Receipt(receipt) }
        head = outcome.head
        forwarded = outcome.forwarded
    }

    func model() throws(Problem) -> Outcome {
        guard let kind = Outcome.Kind(rawValue: kind) else {
            throw Problem.unknownKind("an outcome")
        }
        guard firstN > 0, firstN < WireLimits.placeLimit, head < WireLimits.placeLimit else {
            throw Problem(.malformed, "an outcome is of places that no journal has")
        }
        var outcome = Outcome(
            journal: try JournalID(wire: journal), kind: kind, firstN: firstN,
            judgements: try verdicts.judgements(limit: 2 * WireLimits.pageEntries),
            receipt: hasReceipt ? try receipt.model() : nil, head: head)
        outcome.forwarded = forwarded
        return outcome
    }
}
