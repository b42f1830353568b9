import Crypto
import Foundation
import SyncProtocol
import Testing
import TrialModel
import TrialStore
import TrialSyncTesting

/// A centre that judges as it does in the field, and people at laptops of one site.
struct CaseBookFixture {
    let replicas: TestReplicas
    let centre: SQLiteReplica
    let study: StudyDefinition
    var site: SiteCode { replicas.site }

    init() async throws {
        replicas = try TestReplicas()
        centre = try await replicas.makeCentre()
        study = try StudyDefinition.shipped()
        let text = Value.text(String(decoding: study.json, as: UTF8.self))
        let write = RegisterWrite("@definition", [ItemValue("@definition", text)])
        let change = author("centre", .centre).change(
            .administer, .study(version: study.version), [write], study: study)
        _ = try await centre.save([change], site: .all, signedWith: nil)
    }

    /// One person at one replica.
    struct Desk {
        let store: SQLiteReplica
        let book: CaseBook
        let author: Author
        let key: Curve25519.Signing.PrivateKey
        let site: SiteCode
        let random: @Sendable () -> UInt64

        private func newID<Tag>() -> Identifier<Tag> {
            var bytes: [UInt8] = []
            while bytes.count < 16 { bytes.append(UInt8(truncatingIfNeeded: random())) }
            return Identifier(prefixOf: bytes)
        }

        @discardableResult
        func enrol(_ number: String) async throws -> EnrolmentID {
            let id: EnrolmentID = newID()
            let write = RegisterWrite("@number", [ItemValue("@number", .text(number))])
            let change = author.change(.save, .participant(id), [write], study: book.study)
            _ = try await store.save([change], site: site, signedWith: key)
            return id
        }

        func visit(_ event: String, of number: String = "PKU-001") async throws -> CaseBook.Sheet {
            try await book.visit(try await book.participant(number, site: site), event) { newID() }
        }

        func view(_ event: String = "BL", withHistory: Bool = false) async throws -> VisitView {
            try await book.view(of: try await visit(event), withHistory: withHistory)
        }

        /// The change that a save would write.
        func saving(
            _ values: [String], at event: String = "BL", base: Base? = nil, reason: String = ""
        ) async throws -> Change? {
            try await book.saving(
                try book.values(values), on: try await visit(event), base: base, reason: reason, by: author)
        }

        @discardableResult
        func save(
            _ values: [String], at event: String = "BL", base: Base? = nil, reason: String = ""
        ) async throws -> Change? {
            let change = try await saving(values, at: event, base: base, reason: reason)
            if let change { _ = try await store.save([change], site: site, signedWith: key) }
            return change
        }

        @discardableResult
        func resolve(_ id: ConflictID, _ decision: CaseBook.Decision, reason: String = "looked it up")
            async throws
            -> ChangeID
        {
            let open = try await book.openConflict(id.hex)
            let change = try book.resolving(open, decision, reason: reason, by: author)
            _ = try await store.save([change], site: site, signedWith: key)
            return try EncodedChange(change, site: site, signedWith: key).id
        }

        /// The live values of a register as a person would type them, sorted.
        func weights() async throws -> [String] {
            try await visit("BL").view.state["VS.weight"].live.map { version in
                guard case .decimal(let quantity) = version.value(of: "VS.weight") else { return "" }
                return quantity.number.description
            }.sorted()
        }

        /// The only open conflict.
        func conflict() async throws -> CaseBook.OpenConflict {
            let open = try await book.conflicts()
            try #require(open.count == 1, "\(open.map(\.conflict))")
            return open[0]
        }
    }

    /// A person who is granted the role at the centre, at a laptop of their own.
    func desk(_ name: String, _ role: Role = .investigator) async throws -> Desk {
        let key = try await grant(name, role)
        return desk(at: try await replicas.makeLaptop(name), name, role, key)
    }

    private func grant(_ name: String, _ role: Role) async throws -> Curve25519.Signing.PrivateKey {
        let key = Curve25519.Signing.PrivateKey()
        let grant = PersonGrant(
            name: name, role: role, sites: [site], isDisabled: false,
            publicKey: key.publicKey.rawRepresentation)
        let shown = try await centre.view(of: .person(name), site: .all).base
        let writes = grant.writes.map { write in
            RegisterWrite(
                write.register, write.values, replaces: shown.registers[write.register]?.shown ?? [])
        }
        let admin = author("centre", .centre)
        let change = admin.change(.administer, .person(name), writes, study: study)
        _ = try await centre.save([change], site: .all, signedWith: nil)
        return key
    }

    /// Someone with that role at the centre itself.
    func centreDesk(_ name: String, _ role: Role) async throws -> Desk {
        desk(at: centre, name, role, try await grant(name, role))
    }

    private func author(_ name: String, _ role: Role) -> Author {
        Author(
            name: name, role: role, now: DeviceTime(milliseconds: 1_772_000_000_000, offsetMinutes: 480),
            random: replicas.environment.random)
    }

    private func desk(
        at store: SQLiteReplica, _ name: String, _ role: Role, _ key: Curve25519.Signing.PrivateKey
    ) -> Desk {
        Desk(
            store: store, book: CaseBook(store: store, study: study), author: author(name, role), key: key,
            site: site, random: replicas.environment.random)
    }

    func sync(_ desks: Desk...) async throws {
        for desk in desks {
            let totals = try await LaptopExchange(store: desk.store, site: site).run {
                try await CentreExchange(store: centre, judge: CentreJudge()).answer($0)
            }
            #expect(totals.inStep && totals.quarantined == 0, "\(desk.author.name): \(totals)")
        }
    }

    /// Two investigators and PKU-001, whose weight at baseline both changed apart: 61 and 62, where 60 was
    /// shown.
    func conflicting() async throws -> (wang: Desk, liu: Desk) {
        let (wang, liu) = (try await desk("wang"), try await desk("liu"))
        try await wang.enrol("PKU-001")
        try await wang.save(["VS.weight=60"])
        try await sync(wang, liu)
        try await wang.save(["VS.weight=61"], reason: "scale was read wrongly")
        try await liu.save(["VS.weight=62"], reason: "typing error")
        try await sync(wang, liu, wang)
        return (wang, liu)
    }
}
