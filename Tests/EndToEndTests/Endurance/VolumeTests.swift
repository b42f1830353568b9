import Testing

extension Endurance {
    /// As much as a large trial has.
    @Suite(.timeLimit(.minutes(5))) struct VolumeTests {
        @Test("Ten thousand visits go in at once, up, and down to a fresh laptop, with equal digests")
        func tenThousand() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            for _ in 1...10 { try await laptop("participant", "add") }
            let visits = 10_000
            let imported = try await laptop.importing(VisitTable.csv(0..<visits))
            #expect(try imported.done()["saved"].int == visits)
            let sync = try await laptop.reply(["sync"])
            #expect(try sync.done()["pushed"].int == visits + 10)
            let start = ContinuousClock.now
            let fresh = try await trial.laptop("ward-2", user: "nurse-2")
            let enrolled = ContinuousClock.now - start
            print("10,000 visits: import \(imported.elapsed), push \(sync.elapsed), first sync \(enrolled)")
            let digest = try await trial.digest()
            #expect(digest["entries"].int == visits + 10 && digest["records"].int == visits + 10)
            for one in [laptop, fresh] { #expect(try await one.digest() == digest) }
            let visit = try await fresh("visit", "show", "PKU-010", "UNS#1000")
            #expect(visit["items", "VS.weight", "value"] == 99.9 && visit["pending"] == 0)
        }
    }
}
