import Crypto
import Foundation
import SyncProtocol
import TrialModel
import TrialStore

/// A small centre and laptops in mid-trial. Each message that is made up meets fresh images of them: what
/// comes of it is an answer or a coded problem, and a store that verifies.
struct FuzzStores: Sendable {
    let replicas: TestReplicas
    private let centre: SQLiteReplica
    private let laptop: SQLiteReplica
    let material: FuzzMaterial

    private static let made = Task { try await FuzzStores() }

    static func shared() async throws -> FuzzStores { try await made.value }

    private init() async throws {
        replicas = try TestReplicas(seed: 11)
        let (replicas, site) = (replicas, replicas.site)
        centre = try await replicas.makeCentre()
        laptop = try await replicas.makeLaptop("laptop")
        let colleague = try await replicas.makeLaptop("colleague")
        let author = ContractAuthor()
        var random = SeededGenerator(seed: 12)
        let records = (1...3).map { _ in RecordKey.visit(EnrolmentID(using: &random), event: "BL") }
        let exchange = CentreExchange(store: centre, judge: ContractJudge())
        func sync(_ store: SQLiteReplica) async throws {
            _ = try await LaptopExchange(store: store, site: site).run { try await exchange.answer($0) }
        }
        for (store, value) in [(laptop, Int64(1)), (colleague, 2)] {
            let changes = records.map { author.save(["i1": value, "i2": value], on: $0) }
            _ = try await store.save(changes, site: site, signedWith: nil)
            try await sync(store)
        }
        try await sync(laptop)
        // Not sent yet, borrowed, and what the centre has since.
        _ = try await colleague.save([author.save(["i1": 3], on: records[0])], site: site, signedWith: nil)
        let lent = try await colleague.lend(site: site, beyond: ChangeVector())
        _ = try await laptop.borrow(lent, site: site)
        try await sync(colleague)
        let pending = (4...6).map { author.save(["i1": $0], on: records[1]) }
        _ = try await laptop.save(pending, site: site, signedWith: nil)
        material = try await FuzzMaterial(
            replicas: replicas, pushed: laptop.prepare(site: site, proving: [], limit: 1000),
            held: centre.lend(site: site, beyond: ChangeVector()), records: records)
    }

    // MARK: What meets them

    /// A request to the centre.
    func meetCentre(_ body: Data) async throws {
        try await withImage(of: centre) { image in
            let exchange = CentreExchange(store: image, judge: ContractJudge())
            _ = try SyncAnswer(decoding: try await exchange.answer(body))
        }
    }

    /// The centre's answer to a laptop.
    func meetLaptop(_ body: Data) async throws {
        guard case .exchanged(let response) = try SyncAnswer(decoding: body) else { return }
        // Nothing but the centre's word stands for what it says is live: `verify` names it where the entries
        // say something else, and the next comparison repairs it.
        let isWordOnly = response.livePage != nil || response.comparison != nil
        try await withImage(of: laptop, forgiving: isWordOnly ? [.digestMismatch] : []) {
            _ = try await $0.apply(response, site: replicas.site)
        }
    }

    /// A bundle to a laptop, or to the centre.
    func meet(bundle path: String, isForCentre: Bool) async throws {
        let seal = seal
        try await withImage(of: isForCentre ? centre : laptop) { image in
            if isForCentre {
                _ = try await image.takeBundle(path, judge: ContractJudge()) { _, _ in seal }
            } else {
                _ = try await image.importBundle(path, into: replicas.site)
            }
        }
    }

    /// What the site's bundles are sealed with.
    var seal: BundleSeal {
        let key = replicas.siteKey.withUnsafeBytes { Data($0) }
        return BundleSeal(SiteKey(first: key), notice: Data())
    }

    private func withImage(
        of store: SQLiteReplica, forgiving codes: [ProblemCode] = [],
        _ body: (SQLiteReplica) async throws -> Void
    ) async throws {
        let path = replicas.path("met-\(UUID().uuidString)")
        try await store.copy(to: path)
        let image = try replicas.open(path, as: store, kind: store.isCentre ? .centre : .laptop)
        defer {
            image.close()
            for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) }
        }
        do { try await body(image) } catch is Problem {}
        let problems = try await image.verify().problems.filter { !codes.contains($0.code) }
        guard problems.isEmpty else {
            throw FuzzFinding(
                description: "a store does not verify: \(problems[0].code) \(problems[0].message)")
        }
    }
}
