import FoundationEssentials
import GRDB
import SyncProtocol
import TrialModel

extension StoreCheck {
    // MARK: What waits for its receipt

    /// An own journal's entries without a receipt: they go on where what is confirmed ends.
    mutating func walkPending(_ journal: JournalRow, _ name: String) throws {
        var (n, hash) = (journal.n, journal.hash)
        for row in try store.rows(
            """
            SELECT n, hash, body, change, record, participant, number FROM pending
            WHERE journal = ? ORDER BY n
            """, [journal.rowID])
        {
            n += 1
            let place = "\(name)/\(n)"
            guard row[0] as Int64 == Int64(n), let stored = ChainHash(row[1] as Data) else {
                add(.chainBroken, place, "an entry that waits is missing")
                return
            }
            let bytes = try? store.openBody(row[2], hash: row[1])
            if bytes.map({ journal.introduction.hash(n: n, previous: hash, bytes: $0) }) != stored {
                add(.chainBroken, place, "an entry that waits does not continue its journal")
            }
            hash = stored
            if !journal.isOwn { add(.chainBroken, place, "an entry waits in a journal of another device") }
            if let bytes { check(bytes, row, place) }
        }
    }

    // MARK: What others lent

    mutating func walkBorrowed() throws {
        for row in try store.rows(
            "SELECT id, site, journal, first_n, proof, proven FROM borrowed_run ORDER BY id")
        {
            let place = "borrowed " + Hex.encode((row[2] as Data).prefix(4)) + "/\(row[3] as Int64)"
            guard let proof = try? BorrowedProof(decoding: row[4]) else {
                add(.signatureInvalid, place, "the proof of a borrowed run cannot be read")
                continue
            }
            let site: String? = try store.row("SELECT code FROM site WHERE id = ?", [row[1] as Int64])?[0]
            if proof.introduction.site.text != site || Data(proof.introduction.id.bytes) != row[2] as Data
                || Int64(clamping: proof.run.firstN) != row[3] as Int64
            {
                add(.chainBroken, place, "a borrowed run is filed under another site, journal or place")
            }
            try walk(proof, of: row[0], isProven: row[5] as Int == 1, place)
        }
    }

    private mutating func walk(
        _ proof: BorrowedProof, of run: Int64, isProven: Bool, _ name: String
    ) throws {
        var whole = proof.run
        for row in try store.rows(
            """
            SELECT place, applied, body, change, record, participant, number FROM borrowed
            WHERE run = ? ORDER BY place
            """, [run])
        {
            let place = "\(name)+\(row[0] as Int64)"
            guard row[0] as Int == whole.changes.count, let id = ChangeID(bytes: row[3] as Data),
                let bytes = try? store.cipher.open(row[2], as: RowIdentity.borrowed(change: id))
            else {
                add(.chainBroken, place, "a borrowed entry is missing, or does not open at its place")
                return
            }
            let judgements = proof.run.judgements
            let isApplied =
                judgements.isEmpty
                || judgements.indices.contains(whole.changes.count)
                    && judgements[whole.changes.count].verdict == .applied
            if row[1] as Bool != isApplied {
                add(
                    .chainBroken, place,
                    "a borrowed entry is shown against its verdict, or the other way round")
            }
            check(bytes, row, place)
            whole.changes.append(bytes)
        }
        checkProof(of: whole, proof, isProven: isProven, name)
    }

    /// What a first sync brought, and whose history the centre lost before it came, has no proof and says so.
    private mutating func checkProof(
        of run: EntryRun, _ proof: BorrowedProof, isProven: Bool, _ name: String
    ) {
        do {
            let introduction = proof.introduction
            _ = try DeviceCertificate(introduction.certificate.encoded, serverKey: identity.serverKey)
            try RunCheck.verify(
                run, introduction, receipts: proof.receipt.map { [$0] } ?? [], serverKey: identity.serverKey)
        } catch {
            if isProven { add(error.code, name, "a borrowed run does not prove itself") }
            return
        }
        if !isProven { add(.chainBroken, name, "a borrowed run that proves itself is kept from the centre") }
    }

    /// The columns by which an entry without a verdict is found: `change`, `record`, `participant`, `number`.
    private mutating func check(_ bytes: Data, _ row: Row, _ place: String) {
        let id = Chain.changeID(of: bytes)
        let change = try? EncodedChange(received: bytes, id: id).change
        let isFindable =
            row["change"] as Data == Data(id.bytes)
            && row["record"] as Data? == change.map { store.lookup($0.record) }
            && row["participant"] as Data?
                == change?.record.participant.map { store.lookup(participant: $0) }
            && row["number"] as Data? == change.flatMap { NumberKey($0) }.map { store.lookup($0) }
        if !isFindable { add(.chainBroken, place, "the columns an entry is found by are not its own") }
    }
}
