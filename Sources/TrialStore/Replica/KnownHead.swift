package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

/// A place in a journal that something outside the store remembers: a store that does not hold it is older
/// than that, or was put back.
package struct KnownHead: Sendable {
    package let journal: JournalID
    package let n: UInt64
    package let hash: ChainHash
    /// The change of that entry, where it is known: it may come back in another journal, or as somebody
    /// else's burden.
    package let change: ChangeID?

    package init(journal: JournalID, n: UInt64, hash: ChainHash, change: ChangeID? = nil) {
        (self.journal, self.n, self.hash, self.change) = (journal, n, hash, change)
    }

    package var name: EntryName { EntryName(journal: journal, n: n) }

    fileprivate static let placeByteCount = 56
    fileprivate static let byteCount = placeByteCount + ChangeID.byteCount
    /// Of so many own journals the heads are remembered.
    fileprivate static let journalLimit = 20

    /// JournalID (16) ‖ n (8) ‖ hash (32).
    fileprivate var place: Data {
        var bytes = Data(journal.bytes)
        bytes.append(bigEndian: n)
        return bytes + hash.data
    }

    /// The place, and behind it the ChangeID (16) where it is known.
    package var bytes: Data { place + Data(change?.bytes ?? []) }

    package init?(bytes: Data) {
        let bytes = Data(bytes)
        guard [Self.placeByteCount, Self.byteCount].contains(bytes.count),
            let journal = JournalID(bytes: bytes[..<16]),
            let hash = ChainHash(Data(bytes[24..<Self.placeByteCount]))
        else { return nil }
        self.init(
            journal: journal, n: bytes[16..<24].reduce(0) { $0 << 8 | UInt64($1) }, hash: hash,
            change: ChangeID(bytes: bytes[Self.placeByteCount...]))
    }

    fileprivate static func list(_ bytes: Data, each count: Int) -> [KnownHead] {
        stride(from: 0, to: bytes.count, by: count).compactMap {
            KnownHead(bytes: Data(bytes.dropFirst($0).prefix(count)))
        }
    }
}

/// One place is one head, whether its change is known or not.
extension KnownHead: Hashable {
    package static func == (one: KnownHead, other: KnownHead) -> Bool { one.place == other.place }

    package func hash(into hasher: inout Hasher) { hasher.combine(place) }
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
                    AND (id = (SELECT max(id) FROM journal WHERE site = ?1 AND own = 1 AND (n > 0
                            OR EXISTS (SELECT 1 FROM pending WHERE pending.journal = journal.id)))
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
                let own = try store.journal(head.journal).map { try store.pendingHead(of: $0).n } ?? 0
                let held = max(own, try store.borrowedEnd(of: head.journal))
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
            let heads = try store.missingHeads()
            // One that is here may be issued anew later, and would then be taken for lost.
            guard try !heads.contains(head) && !store.holds(head) else { return }
            try store.setMissing(heads + [head])
        }
    }

    /// What this store noted of itself as missing, what others brought since too: an older copy that is put
    /// back has that no more. What is here again like any other entry is forgotten: where it goes later is
    /// no loss.
    package func notedMissing() async throws -> [KnownHead] {
        let noted = try await read { store in (try? store.missingHeads()) ?? [] }
        guard !noted.isEmpty else { return [] }
        let left = try await read { store in try noted.filter { try !store.isBack($0) } }
        guard left.count < noted.count else { return noted }
        return try await write { store in
            let left = try store.missingHeads().filter { try !store.isBack($0) }
            try store.setMissing(left)
            return left
        }
    }
}

extension StoreTransaction {
    fileprivate static let missingSetting = "missing-heads"
    /// The same with their changes, of those whose change is known: an earlier version had the places only.
    fileprivate static let missingChangesSetting = "missing-changes"
    /// Those of which a person said that they are lost for good.
    fileprivate static let lostSetting = "lost-heads"
    /// Who said so, when and why: a line each.
    fileprivate static let acknowledgedSetting = "acknowledged"

    fileprivate func heads(_ setting: String) throws -> [KnownHead] {
        KnownHead.list(try self.setting(setting) ?? Data(), each: KnownHead.placeByteCount)
    }

    fileprivate func set(_ heads: [KnownHead], in setting: String) throws {
        try set(setting, to: heads.isEmpty ? nil : heads.reduce(Data()) { $0 + $1.place })
    }

    fileprivate func missingHeads() throws -> [KnownHead] {
        let changes = (try? self.setting(Self.missingChangesSetting)) ?? Data()
        let known = KnownHead.list(changes, each: KnownHead.byteCount)
        return try heads(Self.missingSetting).map { head in known.first { $0 == head } ?? head }
    }

    fileprivate func setMissing(_ heads: [KnownHead]) throws {
        try set(heads, in: Self.missingSetting)
        let changes = heads.filter { $0.change != nil }.reduce(Data()) { $0 + $1.bytes }
        try set(Self.missingChangesSetting, to: changes.isEmpty ? nil : changes)
    }

    fileprivate func acknowledge(_ head: KnownHead) throws {
        try set(try heads(Self.lostSetting) + [head], in: Self.lostSetting)
        try setMissing(try missingHeads().filter { $0 != head })
    }

    fileprivate func acknowledgements() throws -> [String] {
        let text = String(decoding: try setting(Self.acknowledgedSetting) ?? Data(), as: UTF8.self)
        return text.split(separator: "\n").map(String.init)
    }

    fileprivate func goneHeads(expecting heads: [KnownHead]) throws -> [KnownHead] {
        // A setting that does not open is named where settings are walked.
        let noted = (try? missingHeads()) ?? []
        let lost = (try? self.heads(Self.lostSetting)) ?? []
        return try (noted + heads.filter { !noted.contains($0) }).filter {
            try !lost.contains($0) && !holds($0)
        }
    }

    /// How far a journal has come with what waits; `nil` while it has no entry.
    fileprivate func knownHead(of journal: JournalRow) throws -> KnownHead? {
        let head = try pendingHead(of: journal)
        guard head.n > 0 else { return nil }
        let row = try row(
            """
            SELECT change FROM pending WHERE journal = ?1 AND n = ?2
            UNION ALL SELECT change FROM entry WHERE journal = ?1 AND n = ?2
            """, [journal.rowID, Int64(head.n)])
        return KnownHead(
            journal: journal.id, n: head.n, hash: head.hash,
            change: row.flatMap { ChangeID(bytes: $0[0] as Data) })
    }

    /// Where that ends which others brought of a journal; 0 if they brought nothing.
    fileprivate func borrowedEnd(of journal: JournalID) throws -> UInt64 {
        let row = try row(
            """
            SELECT max(first_n - 1 + (SELECT count(*) FROM borrowed WHERE borrowed.run = borrowed_run.id))
            FROM borrowed_run WHERE journal = ? AND proven = 1
            """, [Data(journal.bytes)])
        return row.flatMap { $0[0] as Int64? }.flatMap { UInt64(exactly: $0) } ?? 0
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

    /// Whether the entry is here: judged, waiting or brought by others, in whatever journal. Where its change
    /// is not known: at its place, or by its hash in a segment of another name.
    func holds(_ head: KnownHead) throws -> Bool {
        if try isFormerHead(journal: head.journal, n: head.n, hash: head.hash) { return true }
        if let change = head.change { return try holds(change) }
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

    /// Whether the entry is here, and not only because others brought it.
    fileprivate func isBack(_ head: KnownHead) throws -> Bool {
        guard try holds(head) else { return false }
        guard let change = head.change, try verdict(of: change) == nil else { return true }
        return try row("SELECT 1 FROM pending WHERE change = ? LIMIT 1", [Data(change.bytes)]) != nil
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
