import Crypto
import Foundation
@testable import SyncClient
import SyncProtocol
import Synchronization
import Testing
import TrialModel
import TrialStore
import TrialSyncTesting

/// A centre that works, and whose answers a test makes those of another program.
private final class OtherCentre: Transport {
    typealias Alteration = @Sendable (Data) throws -> Data
    private let exchange: CentreExchange<ContractJudge>
    private let alteration = Mutex<Alteration>({ $0 })

    init(_ store: SQLiteReplica) { exchange = CentreExchange(store: store, judge: ContractJudge()) }

    func alter(_ alteration: @escaping Alteration) { self.alteration.withLock { $0 = alteration } }

    func send(_ request: TransportRequest) async throws(Problem) -> TransportResponse {
        if request.url.hasSuffix("/v1/challenge") {
            return answer(Data(#"{"nonce":"","expiresMilliseconds":1,"soon":[]}"#.utf8))
        }
        if request.url.hasSuffix("/v1/session") {
            return answer(Data(#"{"token":"t","expiresSeconds":3600,"soon":{}}"#.utf8))
        }
        do {
            let body = try await exchange.answer(Data(request.body ?? []))
            let alter = alteration.withLock { $0 }
            return answer(try alter(body))
        } catch { throw error as? Problem ?? Problem(.internalError, "\(error)") }
    }

    private func answer(_ body: Data) -> TransportResponse {
        TransportResponse(
            status: 200, headers: [:], body: Array(body), bytesSent: 0, bytesReceived: body.count)
    }

    func stream(_ request: TransportRequest) -> AsyncThrowingStream<[UInt8], any Error> {
        AsyncThrowingStream { $0.finish() }
    }
}

@Suite("A laptop whose centre has another program", .timeLimit(.minutes(5)))
struct OtherCentreTests {
    /// What stands in an answer that only a newer program knows.
    enum Newer: String, CaseIterable, Sendable {
        case frame, outcome, verdict, answer

        func spoil(_ body: Data) throws -> Data {
            var frames = try FrameCodec.decode(try Compression.decompress(body))
            let newer = try Trialsync_V1_Frame(decoding: NewerProgram.frame)
            switch self {
            case .frame: frames.insert(newer, at: 1)
            case .outcome: frames[1].outcome.kind = 6
            case .verdict: frames[1].outcome.verdicts[0].kind = 4
            case .answer: frames = [newer]
            }
            return try Compression.compress(try FrameCodec.encode(frames))
        }
    }

    private let replicas: TestReplicas
    private let centre: OtherCentre
    private let held: SQLiteReplica
    private let laptop: SiteStore

    /// A laptop with two saves that wait.
    init() async throws {
        replicas = try TestReplicas()
        held = try await replicas.makeCentre()
        centre = OtherCentre(held)
        let replica = try await replicas.makeLaptop("store")
        try await replica.set(CentreAddress(server: "https://h", authority: Data()))
        laptop = SiteStore(
            places: .init(store: replicas.directory, state: replicas.directory), user: "nurse",
            role: .dataEntry, isCopied: false, replica: replica,
            identity: try replicas.laptopIdentity("store"), signingKey: Curve25519.Signing.PrivateKey(),
            link: CentreLink(server: "https://h", transport: centre), environment: replicas.environment)
        var random = SeededGenerator(seed: 3)
        let record = RecordKey.visit(EnrolmentID(using: &random), event: "BL")
        let author = ContractAuthor()
        _ = try await replica.save(
            [author.save(["i1": 1], on: record), author.save(["i2": 2], on: record)], site: replicas.site,
            signedWith: nil)
    }

    private func sync() async throws -> SyncTotals {
        var totals = SyncTotals()
        for try await progress in laptop.sync() { totals = progress.totals }
        return totals
    }

    @Test(
        "An answer that it cannot read is refused with a code and what to do; the saves wait, and count once",
        arguments: Newer.allCases)
    func refused(newer: Newer) async throws {
        centre.alter { try newer.spoil($0) }
        let problem = await #expect(throws: Problem.self) { _ = try await sync() }
        #expect(problem?.code == .malformed && problem?.remedy == "update the older program")
        let standing = try await laptop.standing()
        #expect(standing.pending == 2 && standing.safeSinceMilliseconds == nil)
        #expect(try await laptop.replica.setting("in-step") == Data([0]))
        #expect(try await laptop.replica.setting("stopped-by") == Data("malformed".utf8))
        #expect(try await held.summary(of: replicas.site).entries == 2, "the centre has taken them")

        centre.alter { $0 }
        let totals = try await sync()
        #expect(totals.pushed == 2 && totals.inStep)
        let after = try await laptop.standing()
        #expect(after.pending == 0 && after.safeSinceMilliseconds != nil)
        #expect(try await laptop.replica.setting("stopped-by") == nil)
        #expect(try await held.summary(of: replicas.site).entries == 2)
    }

    @Test("A newer centre's refusal that has no name here is the centre's, in its words, and the saves wait")
    func unknownCode() async throws {
        centre.alter { _ in
            let failure = SyncAnswer.failed(Problem(.tooManyRequests, "closed for moving", remedy: "wait"))
            var frames = try FrameCodec.decode(try Compression.decompress(try failure.encoded()))
            frames[0].failure.code = "of-tomorrow"
            return try Compression.compress(try FrameCodec.encode(frames))
        }
        let problem = await #expect(throws: Problem.self) { _ = try await sync() }
        #expect(problem?.code == .serverFailed && problem?.message == "closed for moving")
        #expect(try await laptop.standing().pending == 2)
    }

    @Test("Fields that a newer centre adds to everything it says change nothing")
    func newerFields() async throws {
        centre.alter { try NewerProgram.grown(body: $0) }
        let totals = try await sync()
        #expect(totals.pushed == 2 && totals.inStep)
        #expect(try await laptop.standing().pending == 0)
        #expect(try await laptop.verify().problems == [])
        let digests = (
            try await laptop.digest().digest, try await held.summary(of: replicas.site).digest.hex
        )
        #expect(digests.0 == digests.1)
    }
}
