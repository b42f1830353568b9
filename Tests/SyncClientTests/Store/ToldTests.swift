import Foundation
@testable import SyncClient
import SyncProtocol
import Testing
import TrialModel
import TrialStore
import TrialSyncTesting

/// A centre that has one answer to everything.
private struct AnsweringCentre: Transport {
    let status: Int
    let body: [UInt8]

    func send(_ request: TransportRequest) async throws(Problem) -> TransportResponse {
        TransportResponse(status: status, headers: [:], body: body, bytesSent: 0, bytesReceived: body.count)
    }

    func stream(_ request: TransportRequest) -> AsyncThrowingStream<[UInt8], any Error> {
        AsyncThrowingStream { $0.finish() }
    }
}

@Suite("What a person at a laptop is told of troubles that are not the laptop's")
struct ToldTests {
    @Test(
        "A centre's own disk or store is the centre's, whatever its version; nothing is to be entered again",
        arguments: [
            (ProblemCode.diskFull, ProblemCode.centreDiskFull), (.centreDiskFull, .centreDiskFull),
            (.storeDamaged, .serverFailed), (.diskFailed, .serverFailed), (.storeReadOnly, .serverFailed),
            (.storeBusy, .serverFailed),
            (.wrongPassword, .wrongPassword), (.deviceRevoked, .deviceRevoked),
        ])
    func centre(answered: ProblemCode, told: ProblemCode) async throws {
        let answer =
            #"{"error":{"code":"\#(answered.rawValue)","message":"m","remedy":"make room, then save again"}}"#
        let link = CentreLink(
            server: "https://h", transport: AnsweringCentre(status: 503, body: Array(answer.utf8)))
        let problem = await #expect(throws: Problem.self) {
            _ = try await link.call(
                "/v1/challenge", ChallengeRequest(device: Data()), as: ChallengeReply.self)
        }
        #expect(problem?.code == told)
        guard told != answered || told == .centreDiskFull else { return }
        #expect(problem?.description.contains("what was saved here is safe") == true)
        #expect(problem?.description.contains("save again") == false)
        #expect(problem?.remedy.contains("coordinator") == true)
    }

    @Test("A first sync that breaks off leaves a laptop that is enrolled, and that is said")
    func joined() {
        let problem = SiteStore.joined(Problem(.serverUnreachable, "no whole answer"))
        #expect(problem.code == .serverUnreachable && problem.message.contains("this laptop is enrolled"))
        #expect(problem.remedy.contains("`trialsync sync`"))
        let other = Problem(.receiptInvalid, "no")
        #expect(SiteStore.joined(other) == other)
    }

    @Test("A damaged store of a laptop names the rescue; the rest of an enrolment names the enrolment")
    func files() throws {
        let replicas = try TestReplicas()
        let places = SiteStore.Places(store: replicas.directory, state: replicas.directory)
        let file = replicas.directory.appending(path: "store.db")
        try Data(repeating: 0xA5, count: 8_192).write(to: file)
        let damaged = SiteStore.explained(Problem(.storeDamaged, "damaged"), at: places)
        #expect(damaged.code == .storeDamaged && damaged.remedy.contains("--rescue"))
        let failing = SiteStore.explained(Problem(.diskFailed, "the disk fails"), at: places)
        #expect(failing.code == .diskFailed && failing.remedy.contains("--rescue"))
        #expect(SiteStore.explained(failing, at: places) == failing)
        let ofStick = Problem(.diskFailed, "the stick fails", remedy: "take another")
        #expect(SiteStore.explained(ofStick, at: places) == ofStick)
        try Data().write(to: file)
        let rest = SiteStore.explained(Problem(.storeDamaged, "damaged"), at: places)
        #expect(rest.code == .notEnrolled && rest.message.contains("nothing was saved here"))
        try SiteStore.setAsideRemains(at: places, now: 1_772_000_000_000)
        let left = try FileManager.default.contentsOfDirectory(atPath: replicas.directory.path)
        #expect(left.count == 1 && left[0].hasPrefix("unfinished-"))
        let other = Problem(.siteUnknown, "no")
        #expect(SiteStore.explained(other, at: places) == other)
    }

    @Test("A laptop's file that was emptied is not taken for the rest of an enrolment, nor is it rescued")
    func emptied() async throws {
        let replicas = try TestReplicas()
        let state = replicas.directory.appending(path: "state")
        let places = SiteStore.Places(store: replicas.directory, state: state)
        let emptied = Problem(.storeDamaged, "empty")
        // An older program named the journal alone.
        for journal in [Data([1]), nil] {
            var marker = StoreMarker.here(places.file)
            (marker.journal, marker.enrolled) = (journal, journal == nil ? true : nil)
            try marker.write(in: state)
            // Another file than the one that the marker knows.
            try? FileManager.default.removeItem(atPath: places.file)
            try Data().write(to: URL(fileURLWithPath: places.file))
            let told = SiteStore.explained(emptied, at: places)
            #expect(told.code == .storeDamaged && told.message.contains("nothing is left in it"))
            #expect(told.remedy.contains("enrol anew") && !told.remedy.contains("--rescue"))
            let refused = await #expect(throws: Problem.self) {
                _ = try await SiteStore.rescue(
                    at: places, to: replicas.path("rescued"), user: "nurse-1", password: "made-up-word")
            }
            #expect(refused == told)
        }
        let log = places.file + "-wal"
        try Data([1]).write(to: URL(fileURLWithPath: log))
        let told = SiteStore.explained(emptied, at: places)
        #expect(told.code == .storeDamaged && !told.message.contains("nothing is left in it"))
        try FileManager.default.removeItem(atPath: log)
        try StoreMarker.here(places.file).write(in: state)
        #expect(SiteStore.explained(emptied, at: places).code == .notEnrolled, "an enrolment has begun")
        #expect(!FileManager.default.fileExists(atPath: replicas.path("rescued")))
    }

    @Test("An enrolment that is cut short where a laptop's store was set aside is the rest of an enrolment")
    func cutShort() throws {
        let replicas = try TestReplicas()
        let files = FileManager.default
        let (folder, state) = (replicas.path("folder"), replicas.directory.appending(path: "state"))
        let link = replicas.path("link")
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try files.createSymbolicLink(atPath: link, withDestinationPath: folder)
        let linked = SiteStore.Places(store: URL(fileURLWithPath: link), state: state)
        try SiteStore.makeFile(at: linked).close()
        #expect(StoreMarker.read(linked.file, in: state)?.isSamePlace(as: .here(linked.file)) == true)
        #expect(try files.contentsOfDirectory(atPath: state.path).count == 1, "the link is no other place")

        let places = SiteStore.Places(store: URL(fileURLWithPath: folder), state: state)
        var marker = StoreMarker.here(places.file)
        marker.enrolled = true
        try marker.write(in: state)
        try files.removeItem(atPath: folder)
        #expect(throws: Problem.self) { _ = try SiteStore.makeFile(at: places) }
        // Of the next enrolment no more came to be than the name of a file.
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: places.file))
        #expect(!SiteStore.isEnrolled(at: places))
        #expect(SiteStore.explained(Problem(.storeDamaged, "empty"), at: places).code == .notEnrolled)
    }

    @Test("A file that is no store any more is told from a wrong directory, by what is noted of the laptop")
    func exchanged() throws {
        let replicas = try TestReplicas()
        let state = replicas.directory.appending(path: "state")
        let places = SiteStore.Places(store: replicas.directory, state: state)
        try Data(repeating: 0xA5, count: 8_192).write(to: URL(fileURLWithPath: places.file))
        let foreign = Problem(.storeForeign, "it is no TrialSync store")
        #expect(SiteStore.explained(foreign, at: places) == foreign)
        var marker = StoreMarker.here(places.file)
        marker.enrolled = true
        try marker.write(in: state)
        let told = SiteStore.explained(foreign, at: places)
        #expect(told.code == .storeForeign && told.message.contains("damaged, or was exchanged"))
        #expect(told.remedy.contains("--rescue") && told.remedy.contains("enrol anew"))
        #expect(SiteStore.explained(told, at: places) == told)
        withExtendedLifetime(replicas) {}
    }

    @Test(
        "A full or read-only disk names the file, and the rescue, and asks nobody to save what was not saved",
        arguments: [ProblemCode.diskFull, .storeReadOnly])
    func barred(code: ProblemCode) throws {
        let replicas = try TestReplicas()
        let places = SiteStore.Places(store: replicas.directory, state: replicas.directory)
        let told = SiteStore.explained(Problem(code, "it cannot be written"), at: places)
        #expect(told.code == code && told.message.contains(places.file))
        #expect(told.remedy.contains("--rescue") && !told.remedy.contains("save again"))
        #expect(told.remedy.contains("read-only") == (code == .storeReadOnly))
        #expect(SiteStore.explained(told, at: places) == told)
        let ofStick = Problem(code, "the stick cannot be written", remedy: "take another")
        #expect(SiteStore.explained(ofStick, at: places) == ofStick)
    }

    @Test("Two programs do not enrol one laptop at the same time")
    func twice() throws {
        let replicas = try TestReplicas()
        let first = try EnrolmentLock(in: replicas.directory)
        let problem = #expect(throws: Problem.self) { try EnrolmentLock(in: replicas.directory) }
        #expect(problem?.code == .storeBusy)
        first.release()
        try EnrolmentLock(in: replicas.directory).release()
        #expect(try FileManager.default.contentsOfDirectory(atPath: replicas.directory.path).isEmpty)
    }
}
