import Crypto
import Foundation
import SyncProtocol
import Testing
import TrialModel

@Suite("How a run of entries proves itself", .tags(.unit))
struct RunCheckTests {
    private let introduction: JournalIntroduction
    private let changes: [Data]
    private let serverKey = Fixed.publicKey(Fixed.serverKey)

    init() throws {
        introduction = try Fixed.introduction()
        changes = try (1...4).map { try EncodedChange(Fixed.change(salt: $0), site: Fixed.site).bytes }
    }

    /// Entries 3 to 6 of the journal, signed by its device.
    private func signed(_ introduction: JournalIntroduction? = nil) throws -> EntryRun {
        let journal = introduction ?? self.introduction
        var run = EntryRun(journal: journal.id, firstN: 3, previous: Fixed.hash(2), changes: changes)
        let value = SignedHead.value(
            journal: journal.origin, n: (journal.segment?.after ?? 0) + 6,
            hash: ChainedRun(run, in: journal).last)
        run.headSignature = try Signing.sign(.head, site: Fixed.site, value, with: Fixed.deviceKey)
        return run
    }

    /// The same entries with verdicts and the server's receipt.
    private func judged() throws -> (run: EntryRun, receipt: Receipt) {
        var run = EntryRun(journal: introduction.id, firstN: 3, previous: Fixed.hash(2), changes: changes)
        run.previousVerdict = Fixed.hash(9)
        let verdicts: [Verdict] = [.applied, .applied, .heldLock, .quarantined("locked")]
        run.judgements = verdicts.map { Judgement($0, receivedMilliseconds: 1000) }
        let chain = ChainedRun(run, in: introduction)
        var verdict = Fixed.hash(9)
        for (judgement, hash) in zip(run.judgements, chain.hashes) {
            verdict = Chain.verdict(
                previous: verdict, entry: hash, verdict: judgement.verdict,
                receivedMilliseconds: judgement.receivedMilliseconds)
        }
        let value = Receipt.value(
            journal: introduction.id, n: 6, hash: chain.last, verdict: verdict, epoch: Fixed.epoch)
        let signature = try Signing.sign(.receipt, site: Fixed.site, value, with: Fixed.serverKey)
        return (run, Receipt(journal: introduction.id, n: 6, epoch: Fixed.epoch, signature: signature))
    }

    private func code(_ run: EntryRun, _ journal: JournalIntroduction? = nil, _ receipts: [Receipt] = [])
        -> ProblemCode?
    {
        problemCode {
            try RunCheck.verify(run, journal ?? introduction, receipts: receipts, serverKey: serverKey)
        }
    }

    private func copy(
        _ run: EntryRun, firstN: UInt64? = nil, previous: ChainHash? = nil, changes: [Data]? = nil
    ) -> EntryRun {
        var copy = EntryRun(
            journal: run.journal, firstN: firstN ?? run.firstN, previous: previous ?? run.previous,
            changes: changes ?? run.changes)
        (copy.headSignature, copy.judgements) = (run.headSignature, run.judgements)
        copy.previousVerdict = run.previousVerdict
        return copy
    }

    @Test("A head signed by the journal's device proves the whole run")
    func signedRun() throws {
        let run = try signed()
        let chain = try RunCheck.verify(run, introduction, receipts: [], serverKey: serverKey).chain
        #expect(chain.hashes.count == 4)
        var previous = Fixed.hash(2)
        for (index, hash) in chain.hashes.enumerated() {
            #expect(chain.hash(before: index) == previous)
            previous = introduction.hash(n: UInt64(3 + index), previous: previous, bytes: changes[index])
            #expect(hash == previous)
        }
        #expect(chain.last == previous)
        #expect(chain.dropping(3).hashes == [previous])
        #expect(chain.dropping(3).hash(before: 0) == chain.hashes[2])
    }

    @Test("A signed run altered in any way is refused")
    func alteredSignedRun() throws {
        let run = try signed()
        for index in changes.indices {
            var altered = changes
            altered[index] = altered[index].flipped(at: 0)
            #expect(code(copy(run, changes: altered)) == .signatureInvalid)
        }
        #expect(code(copy(run, changes: changes.reversed())) == .signatureInvalid)
        #expect(code(copy(run, changes: Array(changes.dropLast()))) == .signatureInvalid)
        #expect(code(copy(run, changes: changes + [changes[0]])) == .signatureInvalid)
        #expect(code(copy(run, firstN: 4)) == .signatureInvalid)
        #expect(code(copy(run, previous: Fixed.hash(3))) == .signatureInvalid)
        var unsigned = run
        unsigned.headSignature = nil
        #expect(code(unsigned) == .signatureInvalid)
        unsigned.headSignature = run.headSignature?.flipped(at: 63)
        #expect(code(unsigned) == .signatureInvalid)
    }

    @Test("A run signed for another journal, or by another device, is refused")
    func otherJournal() throws {
        #expect(code(try signed(), try Fixed.introduction(salt: 8)) == .signatureInvalid)
        #expect(code(try signed(), try Fixed.introduction(device: .all)) == .signatureInvalid)
        #expect(code(try signed(), try Fixed.introduction(site: Fixed.otherSite)) == .signatureInvalid)
    }

    @Test("The server's receipt proves what has been judged, entries and verdicts")
    func judgedRun() throws {
        let (run, receipt) = try judged()
        #expect(code(run, nil, [receipt]) == nil)
        let other = Receipt(journal: Fixed.journal(1), n: 6, epoch: Fixed.epoch, signature: receipt.signature)
        #expect(code(run, nil, [other, receipt]) == nil)
    }

    @Test("A judged run altered in any way is refused")
    func alteredJudgedRun() throws {
        let (run, receipt) = try judged()
        func refused(_ run: EntryRun, _ receipts: [Receipt]) -> Bool {
            code(run, nil, receipts) == .receiptInvalid
        }
        for index in run.judgements.indices {
            for judgement in [
                Judgement(.quarantined("voided"), receivedMilliseconds: 1000),
                Judgement(run.judgements[index].verdict, receivedMilliseconds: 1001),
            ] {
                var altered = run
                altered.judgements[index] = judgement
                #expect(refused(altered, [receipt]))
            }
            var bytes = changes
            bytes[index] = bytes[index].flipped(at: 1)
            #expect(refused(copy(run, changes: bytes), [receipt]))
        }
        var altered = run
        altered.previousVerdict = nil
        #expect(refused(altered, [receipt]))
        #expect(refused(copy(run, previous: Fixed.hash(4)), [receipt]))
        #expect(refused(copy(run, firstN: 2), [receipt]))
        #expect(refused(run, []))
    }

    @Test("A receipt altered in any field proves nothing")
    func alteredReceipt() throws {
        let (run, receipt) = try judged()
        let altered = [
            Receipt(journal: Fixed.journal(1), n: 6, epoch: Fixed.epoch, signature: receipt.signature),
            Receipt(journal: receipt.journal, n: 5, epoch: Fixed.epoch, signature: receipt.signature),
            Receipt(journal: receipt.journal, n: 6, epoch: Data(count: 16), signature: receipt.signature),
            Receipt(
                journal: receipt.journal, n: 6, epoch: Fixed.epoch,
                signature: receipt.signature.flipped(at: 0)),
        ]
        for receipt in altered { #expect(code(run, nil, [receipt]) == .receiptInvalid) }
        #expect(
            problemCode {
                try RunCheck.verify(
                    run, introduction, receipts: [receipt], serverKey: Fixed.publicKey(Fixed.otherKey))
            } == .receiptInvalid)
    }

    @Test("A device cannot judge its own entries: its head does not stand for a receipt")
    func headIsNoReceipt() throws {
        var run = try signed()
        run.judgements = Array(repeating: Judgement(.applied, receivedMilliseconds: 0), count: 4)
        #expect(code(run) == .receiptInvalid)
    }

    @Test("A segment is proven by a head of its journal, at its place there")
    func segment() throws {
        let segment = try introduction.cut(after: 10, previous: Fixed.hash(2), first: Fixed.hash(3))
        #expect(code(try signed(segment), segment) == nil)
        let elsewhere = try introduction.cut(after: 11, previous: Fixed.hash(2), first: Fixed.hash(3))
        #expect(code(try signed(segment), elsewhere) == .signatureInvalid)
        #expect(code(try signed(segment), introduction) == .signatureInvalid)
    }
}
