import Crypto
import SyncProtocol
import TrialModel
import TrialStore
import TrialSyncTesting

extension CaseBookFixture.Desk {
    /// The same person, so many minutes after the fixture's time.
    func later(minutes: Int64) -> Self {
        let now = DeviceTime(
            milliseconds: author.now.milliseconds + minutes * 60_000, offsetMinutes: author.now.offsetMinutes)
        return Self(
            store: store, book: book,
            author: Author(name: author.name, role: author.role, now: now, random: author.random), key: key,
            site: site, random: random)
    }

    func decide(_ decision: RecordDecision, at event: String = "BL", reason: String = "as agreed")
        async throws
    {
        let change = try book.deciding(decision, on: try await visit(event), reason: reason, by: author)
        _ = try await store.save([change], site: site, signedWith: key)
    }

    func seals(of number: String = "PKU-001") async throws -> [CaseBook.Seal] {
        try await book.seals(of: try await book.participant(number))
    }

    func sign(at event: String = "BL", meaning: String = "reviewed") async throws {
        let change = try book.signing(try await visit(event), meaning: meaning, by: author)
        _ = try await store.save([change], site: site, signedWith: key)
    }

    func confirm(_ check: String, reason: String = "weighed twice", at event: String = "BL") async throws {
        let change = try await book.confirming(check, on: try await visit(event), reason: reason, by: author)
        _ = try await store.save([change], site: site, signedWith: nil)
    }
}

extension CaseBookFixture {
    /// A person who is granted the role, at the centre itself.
    func knownCentreDesk(_ name: String, _ role: Role) async throws -> Desk {
        let person = try await desk(name, role)
        return Desk(
            store: centre, book: CaseBook(store: centre, study: study), author: person.author,
            key: person.key,
            site: site, random: replicas.environment.random)
    }

    /// A sync that may find that something was refused.
    func syncLeniently(_ desk: Desk) async throws {
        _ = try await LaptopExchange(store: desk.store, site: site).run {
            try await CentreExchange(store: centre, judge: CentreJudge()).answer($0)
        }
    }
}
