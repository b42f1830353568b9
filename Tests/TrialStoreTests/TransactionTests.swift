import Foundation
import GRDB
import SyncProtocol
import Synchronization
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// Entries and the new vector move in one transaction, or nothing does.
@Suite(.tags(.store), .timeLimit(.minutes(10))) struct TransactionTests {
    /// A way to spoil an answer, and the code it is refused with.
    struct Spoiling: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let code: ProblemCode
        let spoil: @Sendable (inout SyncResponse) -> Void

        init(_ name: String, _ code: ProblemCode, _ spoil: @escaping @Sendable (inout SyncResponse) -> Void) {
            (testDescription, self.code, self.spoil) = (name, code, spoil)
        }
    }

    static let spoilings = [
        Spoiling("the receipt of what was pushed is altered", .receiptInvalid) { response in
            response.outcomes[0] = Self.outcome(
                response.outcomes[0], receipt: Self.altered(response.outcomes[0].receipt!))
        },
        Spoiling("the verdict of what was pushed is altered", .receiptInvalid) { response in
            let (outcome, judgement) = (response.outcomes[0], response.outcomes[0].judgements[0])
            let other = Judgement(
                .quarantined("not-allowed"), receivedMilliseconds: judgement.receivedMilliseconds)
            response.outcomes[0] = Self.outcome(outcome, judgements: [other], receipt: outcome.receipt)
        },
        Spoiling("verdicts come without a receipt", .receiptInvalid) { response in
            response.outcomes[0] = Self.outcome(response.outcomes[0], receipt: nil)
        },
        Spoiling("the centre accepts what was not sent", .receiptInvalid) { response in
            let outcome = response.outcomes[0]
            response.outcomes[0] = Self.outcome(
                outcome, judgements: outcome.judgements + outcome.judgements, receipt: outcome.receipt)
        },
        Spoiling("the second run of the page is altered", .receiptInvalid) { response in
            response.page.runs[1].changes[0][5] ^= 1
        },
        Spoiling("the last receipt of the page is altered", .receiptInvalid) { response in
            response.page.receipts[1] = Self.altered(response.page.receipts[1])
        },
        Spoiling("the last receipt of the page is missing", .receiptInvalid) { response in
            response.page.receipts.removeLast()
        },
        Spoiling("the verdict of an entry of the page is altered", .receiptInvalid) { response in
            response.page.runs[1].judgements[0] = Judgement(.heldLock, receivedMilliseconds: 1)
        },
        Spoiling("entries are missing before the second run", .chainBroken) { response in
            let run = response.page.runs[1]
            var late = EntryRun(
                journal: run.journal, firstN: run.firstN + 5, previous: run.previous, changes: run.changes)
            late.judgements = run.judgements
            response.page.runs[1] = late
        },
        Spoiling("a journal is not introduced", .malformed) { response in
            response.page.introductions.removeLast()
        },
        Spoiling("the answer is of another epoch", .receiptInvalid) { response in
            response.epoch[0] ^= 1
        },
    ]

    private static func altered(_ receipt: Receipt) -> Receipt {
        var signature = receipt.signature
        signature[10] ^= 1
        return Receipt(journal: receipt.journal, n: receipt.n, epoch: receipt.epoch, signature: signature)
    }

    private static func outcome(_ outcome: Outcome, judgements: [Judgement]? = nil, receipt: Receipt?)
        -> Outcome
    {
        Outcome(
            journal: outcome.journal, kind: outcome.kind, firstN: outcome.firstN,
            judgements: judgements ?? outcome.judgements, receipt: receipt, head: outcome.head)
    }

    @Test("An answer that fails in its middle leaves nothing behind", arguments: spoilings)
    func spoiltAnswersLeaveNothing(spoiling: Spoiling) async throws {
        let fixture = try StoreFixture()
        let replicas = fixture.replicas
        let (centre, laptop) = (try await replicas.makeCentre(), try await replicas.makeLaptop("reader"))
        for name in ["a", "b"] {
            let writer = try await replicas.makeLaptop(name)
            try await fixture.save(["i1": 1], in: writer)
            try await fixture.sync(writer, centre)
        }
        try await fixture.save(["i2": 2], in: laptop)
        let good = try await fixture.answer(to: laptop, of: centre)
        try #require(good.page.runs.count == 2 && good.outcomes.count == 1)
        let before = try await fixture.standing(of: laptop)
        var spoilt = good
        spoiling.spoil(&spoilt)
        await expectProblem(spoiling.code) { _ = try await laptop.apply(spoilt, site: fixture.site) }
        #expect(try await fixture.standing(of: laptop) == before)
        #expect(try await laptop.verify().problems == [])
        _ = try await laptop.apply(good, site: fixture.site)
        #expect(try await laptop.summary(of: fixture.site).digest == centre.summary(of: fixture.site).digest)
        #expect(try await laptop.summary(of: fixture.site).pending == 0)
    }

    @Test("A journal of a device that the centre did not certify is refused whole")
    func foreignDevicesAreRefused() async throws {
        let (fixture, others) = (try StoreFixture(), try StoreFixture())
        let laptop = try await fixture.replicas.makeLaptop("a")
        let (centre, writer) = (
            try await others.replicas.makeCentre(), try await others.replicas.makeLaptop("b")
        )
        try await others.save(["i1": 1], in: writer)
        try await others.sync(writer, centre)
        let page = try await centre.page(
            for: Hello(site: others.site, epoch: others.replicas.epoch), outcomes: [])
        let before = try await fixture.standing(of: laptop)
        await expectProblem(.signatureInvalid) { _ = try await laptop.apply(page, site: fixture.site) }
        #expect(try await fixture.standing(of: laptop) == before)
    }

    @Test(
        "A save of several changes that fails in its middle keeps none",
        arguments: [StoreFile.Kind.laptop, .centre])
    func savesRollBack(kind: StoreFile.Kind) async throws {
        let fixture = try StoreFixture()
        let store =
            try await kind == .centre ? fixture.replicas.makeCentre() : fixture.replicas.makeLaptop("a")
        let table = kind == .centre ? "entry" : "pending"
        try store.tamper(
            "CREATE TRIGGER stop BEFORE INSERT ON \(table) WHEN NEW.n = 3 BEGIN SELECT raise(ABORT, ''); END"
        )
        let before = try await store.summary(of: fixture.site)
        let changes = (1...3).map { fixture.author.save(["i\($0)": 1], on: fixture.record) }
        await expectProblem(.storeFailed) {
            _ = try await store.save(changes, site: fixture.site, signedWith: nil)
        }
        #expect(try await store.summary(of: fixture.site) == before)
        #expect(try await store.history(of: fixture.record).isEmpty)
        try store.tamper("DROP TRIGGER stop")
        #expect(try await store.save(changes, site: fixture.site, signedWith: nil).map(\.n) == [1, 2, 3])
        #expect(try await store.verify().problems == [])
    }

    @Test("A push that fails in its middle leaves the centre as it was, and comes again")
    func pushesRollBack() async throws {
        let fixture = try StoreFixture()
        let (centre, laptop) = (
            try await fixture.replicas.makeCentre(), try await fixture.replicas.makeLaptop("a")
        )
        for value in 1...3 as ClosedRange<Int64> { try await fixture.save(["i1": value], in: laptop) }
        let before = try await centre.summary(of: fixture.site)
        try centre.tamper(
            "CREATE TRIGGER stop BEFORE INSERT ON entry WHEN NEW.n = 3 BEGIN SELECT raise(ABORT, 'full'); END"
        )
        await expectProblem(.storeFailed) { try await fixture.sync(laptop, centre) }
        #expect(try await centre.summary(of: fixture.site) == before)
        try centre.tamper("DROP TRIGGER stop")
        #expect(try await fixture.sync(laptop, centre).inStep)
    }

    @Test("A change was applied to the record that it is on, and to no other")
    func wasApplied() async throws {
        let fixture = try StoreFixture()
        let (centre, laptop) = (
            try await fixture.replicas.makeCentre(), try await fixture.replicas.makeLaptop("a")
        )
        let good = try await fixture.save(["i1": 1], in: laptop)
        let refused = try await fixture.save(["i2": 1], by: ContractAuthor("stranger"), in: laptop)
        let ids = try [good, refused].map { try EncodedChange($0, site: fixture.site).id }
        func applied(in store: SQLiteReplica) async throws -> [Bool] {
            try await store.read { store in
                let record = store.lookup(fixture.record)
                return try ids.map { try store.wasApplied($0, to: record) }
            }
        }
        #expect(try await applied(in: laptop) == [false, false])
        try await fixture.sync(laptop, centre)
        #expect(try await applied(in: laptop) == [true, false])
        #expect(try await applied(in: centre) == [true, false])
        let elsewhere = try await centre.read { store in
            try store.wasApplied(ids[0], to: store.lookup(.person("wang")))
        }
        #expect(!elsewhere)
    }

    /// A disk that a test makes fail.
    private final class Disk: Sendable {
        let isFailing = Mutex(false)
    }

    @Test("A COMMIT that fails is the disk's, and nothing of it is there", arguments: DiskFault.allCases)
    func failingCommit(fault: DiskFault) async throws {
        let replicas = try TestReplicas()
        let disk = Disk()
        let environment = ReplicaEnvironment(
            now: replicas.environment.now, random: replicas.environment.random,
            beforeCommitting: { disk.isFailing.withLock { $0 } ? fault : nil })
        let store = SQLiteReplica(
            try StoreFile.create(at: replicas.path("laptop"), kind: .laptop), cipher: PlainCipher(),
            identity: try replicas.laptopIdentity("laptop"), environment: environment)
        disk.isFailing.withLock { $0 = true }
        await expectProblem(fault == .full ? .diskFull : .diskFailed) {
            try await store.makeSite(replicas.site)
        }
        #expect(try await store.sites() == [])
        disk.isFailing.withLock { $0 = false }
        try await store.makeSite(replicas.site)
        #expect(try await store.sites() == [replicas.site])
    }
}
