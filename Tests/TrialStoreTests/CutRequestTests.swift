import Foundation
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

/// A connection may end anywhere: a request is taken whole or not at all.
@Suite(.tags(.store), .timeLimit(.minutes(10))) struct CutRequestTests {
    /// How a body was cut: on the wire, or before it was compressed.
    enum Cut: CaseIterable { case compressed, uncompressed }

    @Test(
        "A request cut at any byte is refused with a code, and the centre is as it was",
        arguments: Cut.allCases)
    func cutRequestsAreRefusedWhole(cut: Cut) async throws {
        let fixture = try StoreFixture()
        let (centre, laptop) = (
            try await fixture.replicas.makeCentre(), try await fixture.replicas.makeLaptop("a")
        )
        try await fixture.save(["i1": 1], in: laptop)
        try await fixture.save(["i1": 2, "i2": 3], in: laptop)
        let body = try await laptop.prepare(site: fixture.site, proving: [], limit: 10).encoded()
        let plain = try Compression.decompress(body)
        let before = try await centre.summary(of: fixture.site)
        let exchange = CentreExchange(store: centre, judge: ContractJudge())
        let whole = cut == .compressed ? body : plain
        for count in 0..<whole.count {
            let part = Data(whole.prefix(count))
            let sent = cut == .compressed ? part : try Compression.compress(part)
            let answer = try SyncAnswer(decoding: try await exchange.answer(sent))
            guard case .failed(let problem) = answer else {
                Issue.record("the first \(count) of \(whole.count) bytes were taken")
                continue
            }
            #expect([.bodyIncomplete, .malformed].contains(problem.code), "\(count) bytes: \(problem)")
            #expect(try await centre.summary(of: fixture.site) == before)
        }
        #expect(try await fixture.sync(laptop, centre).inStep)
        #expect(try await fixture.values("i1", in: centre) == [2])
    }
}
