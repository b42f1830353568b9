package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

extension SQLiteReplica {
    /// Walks every journal, hash, receipt and signed head, and merges every record anew. Memory: one
    /// journal's row and one record at a time. It reads one snapshot, so it can run while others write.
    package func verify() async throws -> VerifyReport {
        let serverKey = identity.serverKey
        return try await read { store in
            var check = StoreCheck(store: store, serverKey: serverKey)
            for row in try store.rows("SELECT \(JournalRow.columns) FROM journal ORDER BY id") {
                try check.walk(try JournalRow(row))
            }
            try check.walkRecords()
            return check.report
        }
    }
}

/// One walk over a store, within its snapshot.
private struct StoreCheck {
    let store: StoreTransaction
    let serverKey: Data
    var report = VerifyReport()
    /// The public keys that each person has had.
    private var signingKeys: [String: [Data]] = [:]

    init(store: StoreTransaction, serverKey: Data) { (self.store, self.serverKey) = (store, serverKey) }

    private mutating func add(_ code: ProblemCode, _ place: String, _ message: String) {
        report.problems.append(VerifyProblem(code: code, place: place, message: message))
    }

    // MARK: Journals

    mutating func walk(_ journal: JournalRow) throws {
        report.journals += 1
        let name = String(journal.id.hex.prefix(8))
        if (try? DeviceCertificate(journal.introduction.certificate.encoded, serverKey: serverKey)) == nil {
            add(.signatureInvalid, name, "the journal's device certificate is not signed by the centre")
        }
        let marks = try Marks(journal, store)
        var (n, hash, verdict): (UInt64, ChainHash, ChainHash) = (0, journal.introduction.root, .zero)
        let statement = try store.db.makeStatement(
            sql:
                """
                SELECT n, hash, body, verdict, code, received_at, change FROM entry
                WHERE journal = ? ORDER BY n
                """
        )
        let cursor = try Row.fetchCursor(statement, arguments: [journal.rowID])
        while let row = try cursor.next() {
            n += 1
            report.entries += 1
            let place = "\(name)/\(n)"
            guard row[0] as Int64 == Int64(n) else {
                add(.chainBroken, place, "an entry is missing")
                return
            }
            hash = walk(row, journal, n, after: hash, place)
            let judgement = try StoreTransaction.verdict(row[3], row[4])
            if judgement.kind != .quarantined { try checkPerson(row, journal, place) }
            verdict = Chain.verdict(
                previous: verdict, entry: hash, verdict: judgement, receivedMilliseconds: row[5])
            check(marks, journal, n, hash, verdict, place)
        }
        if n != journal.n || hash != journal.hash || verdict != journal.verdictHash {
            add(.chainBroken, "\(name)/\(n)", "the journal's head does not match its entries")
        }
        if n > 0, marks.receipts[n] == nil {
            add(.receiptInvalid, "\(name)/\(n)", "the last entries have no receipt")
        }
        if let beyond = (Array(marks.receipts.keys) + Array(marks.heads.keys)).first(where: { $0 > n }) {
            add(
                .chainBroken, "\(name)/\(beyond)",
                "a receipt or signed head speaks of entries that are not here")
        }
        try walkPending(journal, name)
    }

    /// - Returns: the hash that the entry's bytes have at this place.
    private mutating func walk(
        _ row: Row, _ journal: JournalRow, _ n: UInt64, after previous: ChainHash, _ place: String
    ) -> ChainHash {
        guard let bytes = try? store.openBody(row[2], hash: row[1]) else {
            add(.sealBroken, place, "the entry's bytes do not open")
            return ChainHash(row[1] as Data) ?? previous
        }
        let hash = journal.introduction.hash(n: n, previous: previous, bytes: bytes)
        if hash.data != row[1] as Data { add(.chainBroken, place, "the entry's bytes do not match its hash") }
        if Data(Chain.changeID(of: bytes).bytes) != row[6] as Data {
            add(.chainBroken, place, "the entry's bytes do not match its ChangeID")
        }
        return hash
    }

    /// A change that needs the person's own signature must carry it, whatever the verdict says.
    private mutating func checkPerson(_ row: Row, _ journal: JournalRow, _ place: String) throws {
        guard let bytes = try? store.openBody(row[2], hash: row[1]), let id = ChangeID(bytes: row[6] as Data),
            let encoded = try? EncodedChange(received: bytes, id: id), encoded.change.kind.needsSignature
        else { return }
        let author = encoded.change.author
        let keys = try signingKeys[author] ?? store.signingKeys(of: author)
        signingKeys[author] = keys
        if !keys.contains(where: { encoded.isSigned(by: $0, site: journal.introduction.site) }) {
            add(.signatureInvalid, place, "the signature of its author does not verify")
        }
    }

    private mutating func check(
        _ marks: Marks, _ journal: JournalRow, _ n: UInt64, _ hash: ChainHash, _ verdict: ChainHash,
        _ place: String
    ) {
        let site = journal.introduction.site
        if let receipt = marks.receipts[n],
            !receipt.isValid(site: site, hash: hash, verdict: verdict, serverKey: serverKey)
        {
            add(.receiptInvalid, place, "the receipt does not verify")
        }
        if let signature = marks.heads[n] {
            let place = (journal.introduction.segment?.after ?? 0) + n
            let value = SignedHead.value(journal: journal.introduction.origin, n: place, hash: hash)
            if !Signing.isValid(
                signature, .head, site: site, value, by: journal.introduction.certificate.publicKey)
            {
                add(.signatureInvalid, "\(journal.id.hex.prefix(8))/\(n)", "the signed head does not verify")
            }
        }
    }

    private mutating func walkPending(_ journal: JournalRow, _ name: String) throws {
        var (n, hash) = (journal.n, journal.hash)
        for row in try store.rows(
            "SELECT n, hash, body FROM pending WHERE journal = ? ORDER BY n", [journal.rowID])
        {
            n += 1
            guard row[0] as Int64 == Int64(n), let bytes = try? store.openBody(row[2], hash: row[1]),
                case let found = journal.introduction.hash(n: n, previous: hash, bytes: bytes),
                found.data == row[1] as Data
            else {
                add(.chainBroken, "\(name)/\(n)", "an entry that waits does not continue its journal")
                return
            }
            hash = found
        }
    }

    /// The receipts and signed heads of a journal, by place.
    private struct Marks {
        var receipts: [UInt64: Receipt] = [:]
        var heads: [UInt64: Data] = [:]

        init(_ journal: JournalRow, _ store: StoreTransaction) throws {
            for row in try store.rows(
                "SELECT n, epoch, signature FROM receipt WHERE journal = ?", [journal.rowID])
            {
                let n = UInt64(row[0] as Int64)
                receipts[n] = Receipt(journal: journal.id, n: n, epoch: row[1], signature: row[2])
            }
            for row in try store.rows("SELECT n, signature FROM head WHERE journal = ?", [journal.rowID]) {
                heads[UInt64(row[0] as Int64)] = row[1]
            }
        }
    }

    // MARK: Records

    private mutating func check(
        _ state: RecordState, _ digest: StateDigest, _ row: Row, _ lookup: Data, _ place: String
    ) {
        // Entries that do not open have been named already.
        guard let anew = try? store.mergedAnew(state.key, lookup) else {
            add(.digestMismatch, place, "the record cannot be merged anew from its entries")
            return
        }
        if state != anew || digest != anew.digest {
            add(.digestMismatch, place, "the merged state is not what its entries give")
        }
        let isFindable =
            row[4] as Int == Int(state.key.kind.rawValue) && lookup == store.lookup(state.key)
            && row[5] as Data? == state.key.participant.map { store.lookup(participant: $0) }
            && row[6] as Data? == NumberKey(state).map { store.lookup($0) }
            && row[7] as Int == state.conflicts.count
        if !isFindable { add(.digestMismatch, place, "the columns the record is found by are not its own") }
    }

    mutating func walkRecords() throws {
        var sums: [Int64: StateDigest] = [:]
        let statement = try store.db.makeStatement(
            sql: """
                SELECT site, key, digest, state, kind, participant, number, conflicts
                FROM record ORDER BY id
                """)
        let cursor = try Row.fetchCursor(statement)
        while let row = try cursor.next() {
            report.records += 1
            let lookup: Data = row[1]
            let place = "record " + Hex.encode(lookup.prefix(4))
            let digest = StateDigest(bytes: row[2] as Data) ?? StateDigest()
            sums[row[0], default: StateDigest()].add(digest)
            guard let state = try? store.decodeState(row[3], lookup) else {
                add(.sealBroken, place, "the merged state cannot be read")
                continue
            }
            check(state, digest, row, lookup, place)
        }
        for row in try store.rows("SELECT id, code, digest FROM site ORDER BY id") {
            let sum = sums[row[0]] ?? StateDigest()
            if Data(sum.bytes) != row[2] as Data {
                add(
                    .digestMismatch, "site " + (row[1] as String),
                    "the site's digest is not the sum of its records")
            }
        }
    }
}

extension StoreTransaction {
    /// The public keys that a person has had, by the person's record of `*`.
    fileprivate func signingKeys(of person: String) throws -> [Data] {
        let entries = try historyRows("WHERE e.record = ? AND e.verdict = 1", [lookup(.person(person))])
        return entries.flatMap { $0.change?.writes ?? [] }.filter { $0.register == "@key" }.compactMap {
            guard case .text(let hex)? = $0.values.first?.value else { return nil }
            return Hex.decode(hex).map { Data($0) }
        }
    }
}
