import FoundationEssentials
import GRDB
import SyncProtocol
import TrialModel

extension StoreTransaction {
    /// Whether the pending entries follow the confirmed head, one after the other.
    func isContinuous(_ journal: JournalRow) throws -> Bool {
        guard
            let row = try row(
                "SELECT count(*), min(n), max(n) FROM pending WHERE journal = ?", [journal.rowID]),
            let first = row[1] as Int64?, let last = row[2] as Int64?
        else { return true }
        guard first == Int64(journal.n) + 1, last - first + 1 == (row[0] as Int64),
            let entry = try self.row(
                "SELECT hash, body FROM pending WHERE journal = ? AND n = ?", [journal.rowID, first])
        else { return false }
        let bytes = try openBody(entry[1], hash: entry[0])
        return journal.introduction.hash(n: UInt64(first), previous: journal.hash, bytes: bytes).data
            == entry[0] as Data
    }

    /// Opens a new journal and moves the pending entries of these there, byte for byte and in order.
    func reissue(
        _ journals: [JournalRow], site: SiteCode, _ siteRow: Int64, _ identity: ReplicaIdentity,
        _ environment: ReplicaEnvironment, reason: JournalIntroduction.Reason
    ) throws {
        var moved: [EncodedChange] = []
        for journal in journals {
            try noteFormerHead(of: journal)
            let found = try rows(
                "SELECT change, hash, body FROM pending WHERE journal = ? ORDER BY n", [journal.rowID])
            for row in found {
                guard let id = ChangeID(bytes: row[0] as Data) else { continue }
                moved.append(try EncodedChange(received: try openBody(row[2], hash: row[1]), id: id))
            }
            try execute("DELETE FROM pending WHERE journal = ?", [journal.rowID])
            try execute("UPDATE journal SET open = 0 WHERE id = ?", [journal.rowID])
        }
        guard !moved.isEmpty else { return }
        let journal = try journalForWriting(site: site, siteRow, identity, environment, reason: reason)
        var head = (n: journal.n, hash: journal.hash)
        for change in moved { try appendPending(change, to: journal, after: &head) }
    }

    private static let formerHeadSetting = "former-head"

    /// Remembers where an open journal stood before its entries go elsewhere: a note outside the store may
    /// still name that place, and the store is not a copy for it.
    func noteFormerHead(of journal: JournalRow) throws {
        guard journal.isOwn, journal.isOpen else { return }
        let head = try pendingHead(of: journal)
        let place = SignedHead.value(journal: journal.id, n: head.n, hash: head.hash)
        try set(Self.formerHeadSetting, to: place)
    }

    /// Whether this was the head of an own journal until its entries went elsewhere.
    func isFormerHead(journal: JournalID, n: UInt64, hash: ChainHash) throws -> Bool {
        try setting(Self.formerHeadSetting) == SignedHead.value(journal: journal, n: n, hash: hash)
    }

    /// What still has to reach the centre: own, borrowed, and what a restored centre lost.
    func waiting(site: Int64) throws -> Int {
        let row = try row(
            """
            SELECT (SELECT count(*) FROM pending WHERE journal IN (SELECT id FROM journal WHERE site = ?1))
                + (SELECT count(*) FROM borrowed_run WHERE proven = 1)
                + (SELECT coalesce(sum(n - centre_n), 0) FROM journal)
            """, [site])
        return row?[0] ?? 0
    }

    /// How many entries the centre took and lost again, as far as this replica knows.
    func reofferedCount() throws -> Int {
        try row("SELECT coalesce(sum(n - centre_n), 0) FROM journal")?[0] ?? 0
    }

    /// How many changes were brought here from elsewhere, to be sent to the centre, and have no verdict yet.
    func carriedCount() throws -> Int {
        guard try row("SELECT 1 FROM borrowed_run LIMIT 1") != nil else { return 0 }
        let row = try row(
            """
            SELECT count(DISTINCT b.change) FROM borrowed b JOIN borrowed_run r ON r.id = b.run
            WHERE r.proven = 1
                AND NOT EXISTS (SELECT 1 FROM entry e WHERE e.change = b.change)
                AND NOT EXISTS (SELECT 1 FROM pending p WHERE p.change = b.change)
            """)
        return row?[0] ?? 0
    }

    /// The unjudged changes of other devices that these outcomes speak of and that have no verdict here yet.
    func passing(_ outcomes: [Outcome], from own: DeviceID) throws -> Set<ChangeID> {
        var found: Set<ChangeID> = []
        for outcome in outcomes where outcome.forwarded {
            let runs = try rows(
                "SELECT id, proof FROM borrowed_run WHERE journal = ? AND first_n = ?",
                [Data(outcome.journal.bytes), Int64(outcome.firstN)])
            for run in runs {
                let proof = try BorrowedProof(decoding: run[1])
                guard proof.run.judgements.isEmpty, proof.introduction.certificate.device != own else {
                    continue
                }
                for row in try rows("SELECT change FROM borrowed WHERE run = ?", [run[0] as Int64]) {
                    guard let id = ChangeID(bytes: row[0] as Data), try verdict(of: id) == nil else {
                        continue
                    }
                    found.insert(id)
                }
            }
        }
        return found
    }

    /// Borrowed runs of which every change has a verdict are borrowed no more.
    func dropSettledBorrowed() throws {
        guard try row("SELECT 1 FROM borrowed_run LIMIT 1") != nil else { return }
        try execute(
            """
            DELETE FROM borrowed_run WHERE NOT EXISTS (
                SELECT 1 FROM borrowed b WHERE b.run = borrowed_run.id
                AND NOT EXISTS (SELECT 1 FROM entry e WHERE e.change = b.change))
            """)
    }
}
