import Crypto
import Foundation
import SyncProtocol
import Testing
import TrialModel
import TrialStore
import TrialSyncTesting

/// A signature is of one person, on one record, on exactly what was shown.
@Suite(.tags(.store), .timeLimit(.minutes(10))) struct ForgedSignatureTests {
    let fixture: CaseBookFixture

    init() async throws { fixture = try await CaseBookFixture() }

    private func signed() async throws -> CaseBookFixture.Desk {
        let wang = try await fixture.desk("wang")
        try await wang.enrol("PKU-001")
        for event in ["BL", "D14"] { try await wang.save(["VS.weight=60"], at: event) }
        try await wang.sign()
        try await fixture.sync(wang)
        return wang
    }

    /// Pushes changes from a device that is the site's, and no person's; says what became of them.
    private func push(_ changes: [Data]) async throws -> [String] {
        var journal = try HandwrittenJournal(
            try fixture.replicas.laptopIdentity("stranger"), site: fixture.site, epoch: fixture.replicas.epoch
        )
        let request = journal.request([try journal.run(changes)])
        let outcomes = try await fixture.centre.take(request, by: CentreJudge())
        return outcomes.flatMap { $0.judgements.map(\.verdict.name) }
    }

    /// The bytes of wang's signature as they were saved.
    private func signature(of wang: CaseBookFixture.Desk) async throws -> (change: Change, bytes: Data) {
        let change = try wang.book.signing(try await wang.visit("BL"), meaning: "approved", by: wang.author)
        return (change, try EncodedChange(change, site: fixture.site, signedWith: wang.key).bytes)
    }

    @Test("Nobody signs in another's name: with another key, or none, it is kept aside")
    func otherKey() async throws {
        let wang = try await signed()
        let change = try await signature(of: wang).change
        let stranger = Curve25519.Signing.PrivateKey()
        let forged = try EncodedChange(change, site: fixture.site, signedWith: stranger)
        #expect(try await push([forged.bytes]) == ["quarantined:signature-invalid"])
        #expect(
            try await fixture.knownCentreDesk("zhang", .coordinator).view().signatures.map(\.meaning) == [
                "reviewed"
            ])
        #expect(try await fixture.centre.verify().problems == [])
    }

    @Test("A signature that is copied to another record is no signature there")
    func otherRecord() async throws {
        let wang = try await signed()
        let (change, bytes) = try await signature(of: wang)
        var moved = change
        moved.record = try await wang.visit("D14").key
        let unsigned = try EncodedChange(moved, site: fixture.site, signedWith: nil).bytes
        // 7A 40 and the 64 bytes of the signature that was made for the other record.
        let copied = unsigned + bytes.suffix(66)
        #expect(try await push([copied]) == ["quarantined:signature-invalid"])
        let id = Chain.changeID(of: copied)
        #expect(throws: Never.self) { try EncodedChange(received: copied, id: id) }
        #expect(
            try !EncodedChange(received: copied, id: id).isSigned(
                by: wang.key.publicKey.rawRepresentation, site: fixture.site))
        #expect(try await wang.view("D14").signatures.isEmpty)
    }

    @Test("A signature that stands in a store against its author's key is named by verify, with its place")
    func inTheStore() async throws {
        let wang = try await signed()
        let change = try await signature(of: wang).change
        let names = try await fixture.centre.save(
            [change], site: fixture.site, signedWith: Curve25519.Signing.PrivateKey())
        let problems = try await fixture.centre.verify().problems
        let name = try #require(names.first)
        #expect(problems.map(\.code) == [.signatureInvalid])
        #expect(problems.map(\.place) == ["\(name.journal.hex.prefix(8))/\(name.n)"])
    }

    @Test("Any later version ends a signature's validity, on both sides, and it stays in sight")
    func laterVersion() async throws {
        let wang = try await signed()
        let zhang = try await fixture.knownCentreDesk("zhang", .coordinator)
        for desk in [wang, zhang] { #expect(try await desk.view().signatures.map(\.isValid) == [true]) }
        try await wang.save(["PGA.vas=10"])
        #expect(try await wang.view().signatures.map(\.isValid) == [false], "at once where it was saved")
        try await fixture.sync(wang)
        let signature = try #require(try await zhang.view().signatures.first)
        #expect(signature.user == "wang" && signature.meaning == "reviewed" && !signature.isValid)
        #expect(!signature.at.isEmpty)
    }
}
