package import Foundation
package import SyncProtocol
package import Testing
package import TrialModel
package import TrialStore

/// What every `ReplicaStore` must do, whatever it is made of: run it with replicas of the implementation
/// under test.
///
/// ```swift
/// @Test(arguments: ContractRule.allCases)
/// func contract(rule: ContractRule) async throws {
///     try await ReplicaStoreContract(TestReplicas()).check(rule)
/// }
/// ```
package struct ReplicaStoreContract<Replicas: ContractReplicas>: Sendable {
    let replicas: Replicas
    let author = ContractAuthor()
    let stranger = ContractAuthor("stranger", seed: 8)
    let record: RecordKey
    let other: RecordKey

    package init(_ replicas: Replicas) {
        self.replicas = replicas
        var random = SeededGenerator(seed: 99)
        record = .visit(EnrolmentID(using: &random), event: "BL")
        other = .visit(EnrolmentID(using: &random), event: "W12")
    }

    var site: SiteCode { replicas.site }

    // MARK: What the rules are told with

    /// One whole sync over a network that loses nothing.
    @discardableResult
    func sync(
        _ laptop: Replicas.Store, _ centre: Replicas.Store, pageEntries: Int = WireLimits.pageEntries
    ) async throws -> SyncTotals {
        let exchange = LaptopExchange(store: laptop, site: site, pageEntries: pageEntries)
        let answering = CentreExchange(store: centre, judge: ContractJudge())
        return try await exchange.run { try await answering.answer($0) }
    }

    @discardableResult
    func save(_ changes: [Change], in store: Replicas.Store) async throws -> [EntryName] {
        try await store.save(changes, site: site, signedWith: nil)
    }

    /// Saves a value from what the store shows.
    @discardableResult
    func save(
        _ values: [String: Int64], by author: ContractAuthor? = nil, in store: Replicas.Store
    ) async throws -> ChangeID {
        let base = try await view(store).base
        let change = (author ?? self.author).save(values, on: record, from: base)
        try await save([change], in: store)
        return try id(of: change)
    }

    func id(of change: Change) throws -> ChangeID { try EncodedChange(change, site: site).id }

    func view(_ store: Replicas.Store) async throws -> RecordView {
        try await store.view(of: record, site: site)
    }

    /// The live values of a register, sorted.
    func values(_ item: String, in store: Replicas.Store) async throws -> [Int64] {
        try await view(store).state[item].live.compactMap { version in
            if case .integer(let number) = version.value(of: item) { number } else { nil }
        }.sorted()
    }

    func summary(_ store: Replicas.Store) async throws -> ReplicaSummary { try await store.summary(of: site) }

    func expectSound(_ stores: [Replicas.Store], _ location: SourceLocation = #_sourceLocation) async throws {
        for store in stores {
            #expect(try await store.verify().problems == [], sourceLocation: location)
        }
    }

    /// Nothing waits, and all show and count the same.
    func expectInStep(
        _ laptops: [Replicas.Store], _ centre: Replicas.Store, _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let state = try await view(centre).state
        let digest = try await summary(centre).digest
        for laptop in laptops {
            let summary = try await summary(laptop)
            #expect(summary.pending == 0 && summary.borrowed == 0, sourceLocation: location)
            #expect(summary.digest == digest, sourceLocation: location)
            #expect(try await view(laptop).state == state, sourceLocation: location)
        }
        try await expectSound(laptops + [centre], location)
    }
}

/// Expects exactly this problem.
package func expectProblem(
    _ code: ProblemCode, _ location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("expected \(code.rawValue), and nothing was refused", sourceLocation: location)
    } catch {
        #expect((error as? Problem)?.code == code, "\(error)", sourceLocation: location)
    }
}
