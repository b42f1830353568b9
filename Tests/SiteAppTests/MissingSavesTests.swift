import Foundation
@testable import SyncClient
import SyncProtocol
@testable import SyncServer
import Testing
import TrialModel
import TrialPages
import TrialStore

@testable import SiteApp

@Suite("A laptop whose store was put back to an earlier state", .serialized, .timeLimit(.minutes(10)))
struct MissingSavesTests {
    /// A laptop with a participant at the centre, and the bytes of its store then.
    private func laptop(_ site: SiteUnderTest) async throws -> Data {
        let link = try await site.centre.invite(site: "PKU", expiresSeconds: 3600, server: site.url).link
        let store = try await SiteStore.enroll(
            link.description, at: site.pages.places, device: "ward-1", user: "nurse-1",
            password: SiteUnderTest.password)
        _ = try await store.addParticipant()
        for try await _ in store.sync() {}
        await store.close()
        return try Data(contentsOf: URL(fileURLWithPath: site.pages.places.file))
    }

    private func open(_ site: SiteUnderTest) async throws -> SiteStore {
        try await SiteStore.open(
            at: site.pages.places, user: "nurse-1", password: SiteUnderTest.password)
    }

    /// Writes the older bytes into the same file, as a copy by hand does.
    private func putBack(_ image: Data, _ site: SiteUnderTest) throws {
        let file = site.pages.places.file
        for end in StoreFile.ends.dropFirst() { try? FileManager.default.removeItem(atPath: file + end) }
        try image.write(to: URL(fileURLWithPath: file))
    }

    @Test("Nothing is called safe while saves are known to be missing, until that is acknowledged")
    func acknowledged() async throws {
        try await SiteUnderTest.run { site in
            let image = try await laptop(site)
            let newer = try await open(site)
            for _ in 1...2 { _ = try await newer.addParticipant() }
            await newer.close()
            // The second time its marker names no journal: what was missing is in it.
            for _ in 1...2 {
                try putBack(image, site)
                let store = try await open(site)
                for try await _ in store.sync() {}
                let (status, standing) = (try await store.status(), try await store.standing())
                #expect(store.isCopied && status.missingCount == 2 && status.safeSince == nil)
                #expect(standing.missing == 2 && standing.safeSinceMilliseconds == nil)
                let line = SyncLine(.idle, standing, Words(.en))
                #expect(line.text == "2 saves made on this laptop are missing here" && line.kind == .stopped)
                await store.close()
            }
            let store = try await open(site)
            let found = try await store.verify().problems
            #expect(found.map(\.code) == [.storeRolledBack])
            let place = try #require(found.first).place
            await #expect(throws: Problem.self) { try await store.acknowledge(place, reason: " ") }
            try await store.acknowledge(place, reason: "the disk was replaced")
            let report = try await store.verify()
            #expect(report.problems == [])
            #expect(report.acknowledged.first?.contains("the disk was replaced") == true)
            let status = try await store.status()
            #expect(status.missing == [] && status.safeSince != nil)
            await store.close()
        }
    }

    @Test("What a bundle brings back is missing no more, before it is at the centre")
    func imported() async throws {
        try await SiteUnderTest.run { site in
            let image = try await laptop(site)
            let newer = try await open(site)
            for _ in 1...2 { _ = try await newer.addParticipant() }
            let bundle = site.folder.appending(path: "stick.bundle").path
            _ = try await newer.exportBundle(to: bundle)
            await newer.close()
            try putBack(image, site)
            let store = try await open(site)
            #expect(try await store.status().missingCount == 2)
            #expect(try await store.importBundle(bundle).imported == 2)
            let status = try await store.status()
            #expect(status.missing == [] && status.safeSince == nil && status.waiting == 2)
            #expect(try await store.verify().problems == [])
            await store.close()
            // The next copy that is put there has not even what the bundle brought.
            try putBack(image, site)
            let again = try await open(site)
            #expect(try await again.status().missingCount == 2)
            _ = try await again.importBundle(bundle)
            for try await _ in again.sync() {}
            let last = try await again.status()
            #expect(last.missing == [] && last.safeSince != nil)
            await again.close()
        }
    }

    @Test("What waits in a journal that is written no more is remembered too, before anything else is saved")
    func closedJournal() async throws {
        try await SiteUnderTest.run { site in
            let image = try await laptop(site)
            let newer = try await open(site)
            for _ in 1...2 { _ = try await newer.addParticipant() }
            await newer.close()
            // Another file with the same bytes: its journal is closed for that.
            let file = site.pages.places.file
            try FileManager.default.copyItem(atPath: file, toPath: file + "-copy")
            try FileManager.default.removeItem(atPath: file)
            try FileManager.default.moveItem(atPath: file + "-copy", toPath: file)
            let copy = try await open(site)
            let whole = try await copy.status()
            #expect(copy.isCopied && whole.missing == [] && whole.pending == 2)
            await copy.close()

            try putBack(image, site)
            let store = try await open(site)
            for try await _ in store.sync() {}
            let status = try await store.status()
            #expect(store.isCopied && status.missingCount == 2 && status.safeSince == nil)
            await store.close()
        }
    }

    @Test("What had reached the centre comes back by a sync, and nothing is missing any more")
    func comesBack() async throws {
        try await SiteUnderTest.run { site in
            let image = try await laptop(site)
            let newer = try await open(site)
            _ = try await newer.addParticipant()
            for try await _ in newer.sync() {}
            await newer.close()
            try putBack(image, site)
            let store = try await open(site)
            #expect(try await store.status().missingCount == 1)
            for try await _ in store.sync() {}
            let status = try await store.status()
            #expect(status.missing == [] && status.safeSince != nil)
            #expect(try await store.verify().problems == [])
            await store.close()
        }
    }
}
