package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

/// A place in a journal that something outside the store remembers: a store that does not hold it is older
/// than that, or was put back.
package struct KnownHead: Hashable, Sendable {
    package let journal: JournalID
    package let n: UInt64
    package let hash: ChainHash

    package init(journal: JournalID, n: UInt64, hash: ChainHash) {
        (self.journal, self.n, self.hash) = (journal, n, hash)
    }

    package var name: EntryName { EntryName(journal: journal, n: n) }

    private static let byteCount = 56
    /// Of so many own journals the heads are remembered.
    fileprivate static let journalLimit = 20

    /// JournalID (16) ‖ n (8) ‖ hash (32).
    package var bytes: Data {
        var bytes = Data(journal.bytes)
        bytes.append(bigEndian: n)
        return bytes + hash.data
    }

    package init?(bytes: Data) {
        let bytes = Data(bytes)
        guard bytes.count == Self.byteCount, let journal = JournalID(bytes: bytes[..<16]),
            let hash = ChainHash(Data(bytes[24...]))
        else { return nil }
        self.init(journal: journal, n: bytes[16..<24].reduce(0) { $0 << 8 | UInt64($1) }, hash: hash)
    }

    fileprivate static func list(_ bytes: Data) -> [KnownHead] {
        stride(from: 0, to: bytes.count, by: byteCount).compactMap {
            KnownHead(bytes: Data(bytes.dropFirst($0).prefix(byteCount)))
        }
    }
}

/// Entries of one journal that stood in a store once, and are missing there.
public struct MissingEntries: Hashable, Sendable {
    /// The last of them: `verify` names it, and by it they are acknowledged as lost.
    public let last: EntryName
    /// How many there are, as far as is known: one at least.
    public let count: Int
}

extension SQLiteReplica {
    /// The entry that each site took last.
    package func newestHeads() async throws -> [KnownHead] {
        try await read { store in
            try store.rows(
                """
                SELECT j.name, e.n, e.hash, max(e.seq) FROM journal j
                JOIN entry e ON e.journal = j.id AND e.n = j.n GROUP BY j.site ORDER BY j.site
                """
            ).compactMap { row in
                guard let journal = JournalID(bytes: row[0] as Data), let hash = ChainHash(row[2] as Data),
                    let n = UInt64(exactly: row[1] as Int64)
                else { return nil }
                return KnownHead(journal: journal, n: n, hash: hash)
            }
        }
    }

    /// How far a site's own journals have come: the newest, and each in which something waits for its
    /// receipt. The open one comes first.
    package func ownHeads(site: SiteCode) async throws -> [KnownHead] {
        try await read { store in
            guard let siteRow = try store.siteRowID(site) else { return [] }
            return try store.rows(
                """
                SELECT \(JournalRow.columns) FROM journal WHERE site = ?1 AND own = 1
                    AND (id = (SELECT max(id) FROM journal WHERE site = ?1 AND own = 1)
                        OR EXISTS (SELECT 1 FROM pending WHERE pending.journal = journal.id))
                ORDER BY open DESC, id DESC LIMIT ?2
                """, [siteRow, KnownHead.journalLimit]
            ).compactMap { row in try store.knownHead(of: JournalRow(row)) }
        }
    }

    /// Whether the entry is here, or was until it was issued anew.
    package func holds(_ head: KnownHead) async throws -> Bool { try await read { try $0.holds(head) } }

    /// Those of the heads whose entry is not here, in whatever journal, and was not acknowledged as lost.
    package func missing(of heads: [KnownHead]) async throws -> [KnownHead] {
        try await read { store in
            let lost = try store.heads(StoreTransaction.lostSetting)
            return try heads.filter { try !lost.contains($0) && !store.holds($0) }
        }
    }

    /// What is not here and should be: of what this store noted itself and of what something outside it
    /// remembers.
    package func goneHeads(expecting heads: [KnownHead]) async throws -> [KnownHead] {
        try await read { try $0.goneHeads(expecting: heads) }
    }

    /// What this store noted of itself as missing.
    package func missingEntries() async throws -> [MissingEntries] {
        try await read { store in
            var found: [JournalID: MissingEntries] = [:]
            for head in try store.goneHeads(expecting: []) {
                if let other = found[head.journal], other.last.n >= head.n { continue }
                let held = try store.journal(head.journal).map { try store.pendingHead(of: $0).n } ?? 0
                // With another entry in its place nobody knows how many there were.
                let count = head.n > held ? Int(clamping: head.n - held) : 1
                found[head.journal] = MissingEntries(last: head.name, count: count)
            }
            return found.values.sorted { $0.last.description < $1.last.description }
        }
    }

    /// The one missing entry that a short form names.
    ///
    /// - Parameters:
    ///   - heads: what something outside the store remembers of it.
    ///   - program: whose `verify` names what is missing.
    /// - Throws: `Problem(.notFound)`, `.ambiguousNumber`.
    package func goneHead(
        named name: String, expecting heads: [KnownHead], program: String
    ) async throws -> KnownHead {
        let found = try await goneHeads(expecting: heads).filter {
            CaseBook.names(name, $0.name.description)
        }
        guard let head = found.first else {
            throw Problem(
                .notFound, "\(name) is no entry that is missing here",
                remedy: "see `\(program) verify`, which names those that are")
        }
        guard found.count == 1 else {
            throw Problem(.ambiguousNumber, "\(name) names \(found.count) entries", remedy: "give more of it")
        }
        return head
    }

    /// Names an entry no more as missing, and saves the change that says who acknowledged it and why, in one
    /// transaction.
    package func acknowledge(_ head: KnownHead, with change: Change) async throws {
        let save = SiteSave(
            site: .all, changes: [try EncodedChange(change, site: .all, signedWith: nil)])
        _ = try await self.save([save]) { store in try store.acknowledge(head) }
    }

    /// The same at a laptop, whose journals have no record for it: who and why is kept in the store, and
    /// `verify` says it.
    package func acknowledge(_ head: KnownHead, saying note: String) async throws {
        try await write { store in
            try store.acknowledge(head)
            let notes = try store.acknowledgements() + [note.replacing("\n", with: " ")]
            let text = notes.joined(separator: "\n")
            try store.set(StoreTransaction.acknowledgedSetting, to: Data(text.utf8))
        }
    }

    /// Remembers a head that this store should have and has not, until it comes back: `verify` says so.
    package func noteMissing(_ head: KnownHead) async throws {
        try await write { store in
            let heads = try store.heads(StoreTransaction.missingSetting)
            // One that is here may be issued anew later, and would then be taken for lost.
            guard try !heads.contains(head) && !store.holds(head) else { return }
            try store.set(heads + [head], in: StoreTransaction.missingSetting)
        }
    }
}

extension StoreTransaction {
    fileprivate static let missingSetting = "missing-heads"
    /// Those of which a person said that they are lost for good.
    fileprivate static let lostSetting = "lost-heads"
    /// Who said so, when and why: a line each.
    fileprivate static let acknowledgedSetting = "acknowledged"

    fileprivate func heads(_ setting: String) throws -> [KnownHead] {
        KnownHead.list(try self.setting(setting) ?? Data())
    }

    fileprivate func set(_ heads: [KnownHead], in setting: String) throws {
        try set(setting, to: heads.isEmpty ? nil : heads.reduce(Data()) { $0 + $1.bytes })
    }

    fileprivate func acknowledge(_ head: KnownHead) throws {
        try set(try heads(Self.lostSetting) + [head], in: Self.lostSetting)
        try set(try heads(Self.missingSetting).filter { $0 != head }, in: Self.missingSetting)
    }

    fileprivate func acknowledgements() throws -> [String] {
        let text = String(decoding: try setting(Self.acknowledgedSetting) ?? Data(), as: UTF8.self)
        return text.split(separator: "\n").map(String.init)
    }

    fileprivate func goneHeads(expecting heads: [KnownHead]) throws -> [KnownHead] {
        // A setting that does not open is named where settings are walked.
        let noted = (try? self.heads(Self.missingSetting)) ?? []
        let lost = (try? self.heads(Self.lostSetting)) ?? []
        return try (noted + heads.filter { !noted.contains($0) }).filter {
            try !lost.contains($0) && !holds($0)
        }
    }

    /// How far a journal has come with what waits; `nil` while it has no entry.
    fileprivate func knownHead(of journal: JournalRow) throws -> KnownHead? {
        let head = try pendingHead(of: journal)
        return head.n > 0 ? KnownHead(journal: journal.id, n: head.n, hash: head.hash) : nil
    }

    /// What is known of an entry that is not here.
    fileprivate func describe(_ head: KnownHead) throws -> String {
        guard let journal = try journal(head.journal) else {
            return "an entry of a journal that is not here at all"
        }
        let introduction = journal.introduction
        let site = introduction.site == .all ? "the trial itself (*)" : "site \(introduction.site)"
        let kept =
            head.n <= journal.n
            ? "another entry stands in its place" : "\(journal.n) entries of this journal are here"
        let device = introduction.certificate.name
        return "entry \(head.n) of a journal that \(device) wrote for \(site); \(kept)"
    }

    /// Whether the entry is here: at its place, waiting, issued anew, or in a segment of another name.
    fileprivate func holds(_ head: KnownHead) throws -> Bool {
        if try isFormerHead(journal: head.journal, n: head.n, hash: head.hash) { return true }
        let place = try journal(head.journal).flatMap { journal in
            try row(
                """
                SELECT hash FROM entry WHERE journal = ?1 AND n = ?2
                UNION ALL SELECT hash FROM pending WHERE journal = ?1 AND n = ?2
                """, [journal.rowID, Int64(head.n)])
        }
        if place.map({ $0[0] as Data }) == head.hash.data { return true }
        return try row("SELECT 1 FROM entry WHERE hash = ? LIMIT 1", [head.hash.data]) != nil
    }
}

extension StoreCheck {
    /// - Parameter heads: what something outside the store remembers of it, besides what it noted itself.
    mutating func walkKnownHeads(_ heads: [KnownHead]) throws {
        report.acknowledged = (try? store.acknowledgements()) ?? []
        for head in try store.goneHeads(expecting: heads) {
            let remedy =
                isCentre
                ? "; if no laptop can bring it back: `verify --acknowledge`, with a reason"
                : "; put the newer store back, or sync and import the bundles that took it along; if it is "
                    + "lost for good: `verify --acknowledge`, with a reason"
            add(
                .storeRolledBack, "\(head.journal.hex.prefix(8))/\(head.n)",
                "this entry stood here once, and the store is from before it: "
                    + ((try? store.describe(head)) ?? "its journal cannot be read") + remedy)
        }
    }
}
