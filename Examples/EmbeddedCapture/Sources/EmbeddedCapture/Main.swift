import Foundation
import SyncClient

/// The smallest data-capture app: joins a site, enrols a participant, saves a visit and syncs.
///
///     EmbeddedCapture LINK USER PASSWORD
///
/// `scripts/example` starts a centre, makes the link and runs this.
@main
struct Main {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4 else {
            print("usage: EmbeddedCapture LINK USER PASSWORD")
            return
        }
        let home = FileManager.default.temporaryDirectory.appending(
            path: "embedded-capture-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let places = SiteStore.Places(
            store: home.appending(path: "store"), state: home.appending(path: "state"))
        let store = try await SiteStore.enroll(
            arguments[1], at: places, device: "embedded app", user: arguments[2], password: arguments[3])

        // From here on no network is needed.
        let participant = try await store.addParticipant(["DM.sex=F", "DM.birthYear=1961"])
        var form = try await store.open(participant.participant, "BL")
        try form.set("SV.date", "2026-03-02")
        try form.set("VS.weight", "71.5")
        let saved = try await store.save(form)
        print("saved \(participant.participant): \(saved.pending) not yet at the centre")

        for try await progress in store.sync() where progress.isFinished {
            print("in step: \(progress.totals.inStep), \(progress.totals.pushed) sent")
        }
        let problems = try await store.verify().problems
        print("verified: \(problems.isEmpty)")
        await store.close()
    }
}
