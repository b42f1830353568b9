import Crypto
import Foundation
import SyncProtocol
import Testing
import TrialModel
import TrialStore

@testable import SyncClient
@testable import SyncServer

@Suite("A new site key when a person's access ends", .timeLimit(.minutes(10)))
struct SiteKeyChangeTests {
    private static let other = "made-up-other-word"

    /// Laptops of one site, and two people on the first.
    private func run(_ body: @Sendable (DaemonUnderTest, SiteStore, SiteStore) async throws -> Void)
        async throws
    {
        try await DaemonUnderTest.run { daemon in
            for name in ["leaver-1", "leaver-2"] {
                _ = try await daemon.centre.addPerson(
                    name, role: .dataEntry, sites: ["PKU"], password: Self.other)
            }
            let store = try await daemon.laptop("ward-1")
            let leaver = try await SiteStore.open(
                at: daemon.places("ward-1"), user: "leaver-1", password: Self.other)
            try await body(daemon, store, leaver)
            await leaver.close()
            await store.close()
        }
    }

    private func sync(_ store: SiteStore) async throws { for try await _ in store.sync() {} }

    /// How many entries of a copy of the store's file do not open for somebody with these keys.
    private func closed(_ store: SiteStore, to slot: SlotContents) async throws -> Int {
        let places = store.places
        let copy = places.store.deletingLastPathComponent().appending(path: "copy-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: places.store, to: copy)
        let file = try StoreFile.open(at: copy.appending(path: "store.db").path, kind: .laptop)
        let replica = SQLiteReplica(
            file, cipher: SealingCipher(SiteKeyRing(slot)), identity: store.identity,
            environment: store.environment)
        defer { replica.close() }
        let report = try await replica.verify()
        #expect(report.entries > 0)
        return report.problems.count { $0.message == "the entry's bytes do not open" }
    }

    @Test("Who left opens nothing of what came later with the old slot; who stayed opens all, offline too")
    func left() async throws {
        try await run { daemon, store, leaver in
            let number = try await store.addParticipant().participant
            try await sync(store)
            let old = try await leaver.slotContents(password: Self.other)
            #expect(try await closed(store, to: old) == 0)

            _ = try await daemon.centre.setDisabled(true, person: "leaver-1")
            try await sync(store)
            #expect(try await closed(store, to: old) == 0, "what came with the news is under the old key")
            var draft = try await store.open(number, "BL")
            try draft.set("VS.weight", "71.5")
            _ = try await store.save(draft)
            try await sync(store)
            #expect(try await closed(store, to: old) == 1)

            // The person who stayed has an old slot too, and gets the key by way of the notice.
            await store.close()
            let again = try await SiteStore.open(
                at: daemon.places("ward-1"), user: "nurse-1", password: DaemonUnderTest.password)
            #expect(try await again.visit(number, "BL").items.contains { $0.item == "VS.weight" })
            let own = try await again.slotContents(password: DaemonUnderTest.password)
            #expect(own.laterKeys.isEmpty)
            #expect(try await again.verify().problems.isEmpty)
            await again.close()
        }
    }

    @Test("A second person who leaves brings another key; the one before opens nothing under it")
    func twice() async throws {
        try await run { daemon, store, leaver in
            let second = try await SiteStore.open(
                at: daemon.places("ward-1"), user: "leaver-2", password: Self.other)
            _ = try await daemon.centre.setDisabled(true, person: "leaver-1")
            try await sync(store)
            _ = try await store.addParticipant()
            try await sync(second)
            #expect(try await second.participants().count == 1)
            _ = try await daemon.centre.setDisabled(true, person: "leaver-2")
            #expect(try await daemon.centre.laterKeys(of: store.site)?.count == 2)
            try await sync(store)
            _ = try await store.addParticipant()
            await #expect(throws: Problem.self, "it has no key for the newest rows") {
                _ = try await second.participants()
            }
            #expect(try await store.participants().count == 2)
            #expect(try await store.verify().problems.isEmpty)
            await second.close()
            // A laptop that joins now gets every key with the log-in.
            let fresh = try await daemon.laptop("ward-2")
            try await sync(store)
            try await sync(fresh)
            #expect(try await fresh.participants().count == 2)
            let slot = try await fresh.slotContents(password: DaemonUnderTest.password)
            #expect(slot.laterKeys.count == 2)
            await fresh.close()
        }
    }

    @Test(
        "A bundle under the new key opens at the centre and on a laptop that never heard of it; old ones too")
    func bundles() async throws {
        try await run { daemon, store, _ in
            let far = try await daemon.laptop("ward-far")
            let path = { (name: String) in daemon.folder.appending(path: name).path }
            let (old, new, back) = (path("old"), path("new"), path("back"))
            _ = try await far.addParticipant()
            _ = try await far.exportBundle(to: old)
            let leaver = try await SiteStore.open(
                at: daemon.places("ward-1"), user: "leaver-1", password: Self.other
            ).slotContents(password: Self.other)
            _ = try await daemon.centre.setDisabled(true, person: "leaver-1")
            try await sync(store)
            _ = try await store.addParticipant()
            _ = try await store.exportBundle(to: new)
            let reader = try BundleFile.Reader(new)
            #expect(throws: Problem.self) {
                try SiteKeyRing(leaver).opening(notice: reader.notice, site: store.site)
            }
            _ = try await far.importBundle(new)
            #expect(try await far.participants().count == 2)
            _ = try await daemon.centre.importBundle(new)
            _ = try await daemon.centre.importBundle(old)
            _ = try await daemon.centre.exportBundle(of: "PKU", to: back)
            for laptop in [far, store] { _ = try await laptop.importBundle(back) }
            #expect(try await store.participants().count == 2)
            #expect(try await far.status().pending == 0)
            for laptop in [far, store] { #expect(try await laptop.verify().problems.isEmpty) }
            await far.close()
        }
    }

    @Test("A laptop that hears nothing goes on with the old key, and nothing is lost when it comes back")
    func offline() async throws {
        try await run { daemon, store, _ in
            let far = try await daemon.laptop("ward-far")
            _ = try await daemon.centre.setDisabled(true, person: "leaver-1")
            for _ in 1...3 { _ = try await far.addParticipant() }
            try await sync(store)
            _ = try await store.addParticipant()
            try await sync(store)
            #expect(try await far.participants().count == 3)
            try await sync(far)
            try await sync(store)
            for laptop in [store, far] {
                #expect(try await laptop.participants().count == 4)
                #expect(try await laptop.verify().problems.isEmpty)
            }
            #expect(try await far.digest() == store.digest())
            await far.close()
        }
    }

    @Test("A session of the device alone is given no key: what travels opens for people only")
    func device() async throws {
        try await run { daemon, store, leaver in
            _ = try await daemon.centre.setDisabled(true, person: "leaver-1")
            let notice = try #require(try await daemon.centre.siteKeyNotices(of: store.site).last)
            let deviceKey = try #require(try await store.replica.setting("device-key"))
            #expect(notice.open(signingKey: deviceKey) == nil)
            #expect(notice.open(signingKey: leaver.signingKey.rawRepresentation) == nil)
            #expect(notice.open(signingKey: store.signingKey.rawRepresentation) != nil)
        }
    }

    @Test(
        "Losing a site begins a key at that site alone; the key is the same after the centre is opened anew")
    func rights() async throws {
        let centre = try await CentreUnderTest()
        _ = try await centre.centre.addPerson(
            "monitor-1", role: .monitor, sites: CentreUnderTest.sites, password: Self.other)
        _ = try await centre.centre.setRights(of: "monitor-1", role: nil, sites: ["SHA"])
        let sites = CentreUnderTest.sites.compactMap { SiteCode($0) }
        let keys = try await centre.centre.laterKeys(of: sites[0])
        #expect(keys?.count == 1)
        #expect(try await centre.centre.laterKeys(of: sites[1]) == nil)
        let again = try centre.reopened()
        #expect(try await again.laterKeys(of: sites[0]) == keys)
        again.close()
        _ = try await centre.centre.setDisabled(true, person: "monitor-1")
        #expect(try await centre.centre.laterKeys(of: sites[0])?.count == 1, "nothing was to lose there")
        #expect(try await centre.centre.laterKeys(of: sites[1])?.count == 1)
    }

    @Test("A file that names another centre is found out, put right, and said; then the laptop goes on")
    func otherCentre() async throws {
        try await run { daemon, store, _ in
            _ = try await store.addParticipant()
            await store.close()
            let places = daemon.places("ward-1")
            for (name, value) in [("server", "https://192.0.2.1:8443"), ("authority", "made up")] {
                let file = try SiteStore.file(of: places)
                try await SlotStore(file).setClear(name, Data(value.utf8))
                file.close()
                let problem = await #expect(throws: Problem.self) {
                    _ = try await SiteStore.open(
                        at: places, user: "nurse-1", password: DaemonUnderTest.password)
                }
                #expect(problem?.code == .serverChanged)
                let again = try await SiteStore.open(
                    at: places, user: "nurse-1", password: DaemonUnderTest.password)
                try await sync(again)
                #expect(try await again.status().pending == 0)
                await again.close()
            }
        }
    }
}
