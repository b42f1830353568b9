import Foundation
import SyncProtocol
import Testing
import TrialModel
import TrialStore
import TrialSyncTesting

/// A centre that was put back, by hand or unnoticed: found with real processes, kept here.
@Suite(.timeLimit(.minutes(10))) struct RestoreTests {
    private struct Cut: Error {}

    /// A centre that can be put back to an image, with laptops that sync with it.
    private final class Trial {
        let replicas: TestReplicas
        var centre: SQLiteReplica
        private var salt: UInt64 = 0

        init() async throws {
            replicas = try TestReplicas(seed: 11)
            centre = try await replicas.makeCentre()
        }

        func save(_ store: SQLiteReplica, count: Int) async throws {
            for _ in 0..<count {
                salt += salt % 7 == 6 ? 2 : 1
                var random = SeededGenerator(seed: salt)
                let write = RegisterWrite("i1", [ItemValue("i1", .integer(Int64(salt)))])
                let change = Change(
                    kind: .save, record: .visit(EnrolmentID(using: &random), event: "BL"), writes: [write],
                    author: "nurse",
                    role: .dataEntry, at: DeviceTime(milliseconds: 0, offsetMinutes: 0), studyVersion: 1,
                    salt: salt)
                _ = try await store.save([change], site: replicas.site, signedWith: nil)
            }
        }

        /// A connection that is cut after so many answers.
        actor Connection {
            private var left: Int?

            init(answers: Int?) { left = answers }

            func use() throws {
                guard let left else { return }
                guard left > 0 else { throw Cut() }
                self.left = left - 1
            }
        }

        /// - Parameter answers: how many answers arrive before the connection is cut; `nil` for all.
        func sync(_ store: SQLiteReplica, answers: Int? = nil) async throws -> SyncTotals {
            let exchange = CentreExchange(store: centre, judge: ContractJudge())
            let connection = Connection(answers: answers)
            return try await LaptopExchange(store: store, site: replicas.site, pageEntries: 2).run { body in
                try await connection.use()
                return try await exchange.answer(body)
            }
        }

        /// A sync of which the first answer is lost.
        func loseAnswer(_ store: SQLiteReplica) async throws {
            let exchange = CentreExchange(store: centre, judge: ContractJudge())
            _ = try await LaptopExchange(store: store, site: replicas.site, pageEntries: 2).run { body in
                _ = try await exchange.answer(body)
                throw Cut()
            }
        }

        func image(_ name: String) async throws -> String {
            try await centre.copy(to: replicas.path(name))
            return replicas.path(name)
        }

        /// Puts the centre back without telling anybody: the epoch stays.
        func restore(_ image: String, as name: String) async throws {
            let epoch = try await centre.epoch()
            try FileManager.default.copyItem(atPath: image, toPath: replicas.path(name))
            let restored = try replicas.open(replicas.path(name), as: centre, kind: .centre)
            centre.close()
            centre = restored
            try await centre.set("epoch", to: epoch)
        }
    }

    @Test(
        "A laptop cut while it offered entries again gets in step after another has offered them all"
    )
    func cutReoffer() async throws {
        let trial = try await Trial()
        let (a, b) = (try await trial.replicas.makeLaptop("a"), try await trial.replicas.makeLaptop("b"))
        let before = try await trial.image("before")
        try await trial.save(a, count: 9)
        _ = try await trial.sync(a)
        _ = try await trial.sync(b)
        try await trial.restore(before, as: "restored")
        await #expect(throws: Cut.self) { try await trial.sync(a, answers: 3) }
        #expect(try await trial.sync(b).inStep)
        #expect(try await trial.sync(a).inStep)
        #expect(try await trial.centre.summary(of: trial.replicas.site).entries == 9)
        #expect(try await a.verify().problems.isEmpty)
    }

    @Test("A laptop that offered nothing after one restore can still prove the next")
    func secondRestore() async throws {
        let trial = try await Trial()
        let (a, c) = (try await trial.replicas.makeLaptop("a"), try await trial.replicas.makeLaptop("c"))
        let empty = try await trial.image("empty")
        try await trial.save(a, count: 3)
        _ = try await trial.sync(a)
        let full = try await trial.image("full")
        try await trial.save(c, count: 2)
        _ = try await trial.sync(c)
        // Only what c wrote is lost: c proves it, and a offers nothing.
        try await trial.restore(full, as: "restored1")
        #expect(try await trial.sync(c).inStep)
        #expect(try await trial.sync(a).inStep)
        try await trial.restore(empty, as: "restored2")
        #expect(try await trial.sync(a).inStep)
        #expect(try await trial.sync(c).inStep)
        #expect(try await trial.sync(a).inStep)
        #expect(try await trial.centre.summary(of: trial.replicas.site).entries == 5)
        #expect(try await trial.centre.verify().problems.isEmpty)
    }

    @Test("A centre that was put back and judged the same entries anew is believed, once it has said so")
    func judgedAnew() async throws {
        let trial = try await Trial()
        let (a, b) = (try await trial.replicas.makeLaptop("a"), try await trial.replicas.makeLaptop("b"))
        try await trial.save(a, count: 2)
        _ = try await trial.sync(a)
        let before = try await trial.image("before")
        try await trial.save(a, count: 2)
        await #expect(throws: Cut.self) { try await trial.loseAnswer(a) }
        #expect(try await trial.sync(b).inStep)
        try await trial.restore(before, as: "restored")
        // The same bytes in the same places, but at another time: b's receipts tell of what is no more.
        #expect(try await trial.sync(a).inStep)
        for laptop in [b, a, b] { #expect(try await trial.sync(laptop).inStep) }
        for store in [trial.centre, a, b] {
            #expect(try await store.summary(of: trial.replicas.site).records == 4)
            #expect(try await store.verify().problems.isEmpty)
        }
    }

    @Test(
        "A centre that holds more of a journal than a laptop, and something else, draws an epoch for it once")
    func longerElsewhere() async throws {
        let trial = try await Trial()
        let (a, b) = (try await trial.replicas.makeLaptop("a"), try await trial.replicas.makeLaptop("b"))
        let empty = try await trial.image("empty")
        try await trial.save(a, count: 3)
        let twin = try await trial.replicas.image(of: a)
        _ = try await trial.sync(a)
        _ = try await trial.sync(b)
        try await trial.restore(empty, as: "restored")
        try await trial.save(twin, count: 4)
        #expect(try await trial.sync(twin).inStep)
        let epoch = try await trial.centre.epoch()
        for laptop in [b, a] { #expect(try await trial.sync(laptop).inStep) }
        let drawn = try await trial.centre.epoch()
        #expect(drawn != epoch)
        for laptop in [twin, b, a, twin, b, a] { #expect(try await trial.sync(laptop).inStep) }
        #expect(try await trial.centre.epoch() == drawn, "nothing is contradicted any more")
        for store in [trial.centre, a, b, twin] {
            #expect(try await store.summary(of: trial.replicas.site).records == 7)
            #expect(try await store.verify().problems.isEmpty)
        }
    }

    @Test("What a centre wrote for all sites and lost comes back, though it has written something else since")
    func studyWide() async throws {
        let trial = try await Trial()
        let a = try await trial.replicas.makeLaptop("a")
        let author = ContractAuthor()
        let empty = try await trial.image("empty")
        func grant(_ name: String) async throws {
            let change = author.save(["@role": 1], on: .person(name))
            _ = try await trial.centre.save([change], site: .all, signedWith: nil)
        }
        try await grant("wang")
        #expect(try await trial.sync(a).inStep)
        try await trial.restore(empty, as: "restored")
        try await grant("liu")
        try await trial.save(a, count: 1)
        #expect(try await trial.sync(a).inStep)
        for store in [trial.centre, a] {
            for name in ["wang", "liu"] {
                #expect(try await !store.view(of: .person(name), site: .all).state["@role"].live.isEmpty)
            }
            #expect(try await store.summary(of: .all).borrowed == 0)
            #expect(try await store.verify().problems.isEmpty)
        }
    }
}
