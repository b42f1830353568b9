package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

extension SQLiteReplica {
    /// Walks every journal, hash, receipt and signed head, merges every record anew, and holds every other
    /// table against them. Memory: one journal's row and one record at a time. It reads one snapshot, so it
    /// can run while others write.
    ///
    /// What was altered is a finding with its place, and the walk goes on. Only a file whose tables are not
    /// ours any more is not walked.
    package func verify() async throws -> VerifyReport { try await verify(expecting: []) }

    /// - Parameter heads: what is remembered of the store outside it: one without them was put back.
    package func verify(expecting heads: [KnownHead]) async throws -> VerifyReport {
        let (identity, isCentre) = (identity, isCentre)
        return try await read { store in
            var check = StoreCheck(store: store, identity: identity, isCentre: isCentre)
            guard try check.walkSchema() else { return check.report }
            try check.walkJournals()
            try check.walkOrder()
            try check.walkKnownHeads(heads)
            try check.walkResolutions()
            try check.walkBorrowed()
            try check.walkSettings()
            // The last: whether what follows from the entries can be written anew hangs on all the others.
            try check.walkRecords()
            return check.report
        }
    }
}

/// One walk over a store, within its snapshot.
struct StoreCheck {
    let store: StoreTransaction
    let identity: ReplicaIdentity
    let isCentre: Bool
    var report = VerifyReport()
    /// The public keys that each person has had.
    private var signingKeys: [String: [Data]] = [:]
    private var serverKey: Data { identity.serverKey }
    /// Entries beyond a journal's head stand there as live entries, without their chain.
    let firstSync: FirstSync?
    /// How many of the problems are of rows that follow from the entries: they say nothing of the entries.
    var problemsOfRows = 0
    /// What was found in such rows, until all is known that speaks for or against writing them anew.
    var wrongRows: [WrongRow] = []

    init(store: StoreTransaction, identity: ReplicaIdentity, isCentre: Bool) {
        (self.store, self.identity, self.isCentre) = (store, identity, isCentre)
        // A setting that does not open is named where settings are walked.
        firstSync = try? store.firstSync()
        report.historyLeft = Int(clamping: firstSync?.historyLeft ?? 0)
        report.repaired = (try? store.repairs())?.records ?? 0
        if let mended = try? store.rebuilds() {
            report.mended = mended.records
            report.mendedAt = DeviceTime(milliseconds: mended.at, offsetMinutes: 0).iso8601
        }
    }

    mutating func add(_ code: ProblemCode, _ place: String, _ message: String) {
        report.problems.append(VerifyProblem(code, place, message))
    }

    // MARK: Journals

    mutating func walkJournals() throws {
        for row in try store.rows("SELECT \(JournalRow.columns), name, device FROM journal ORDER BY id") {
            let stored = Hex.encode((row["name"] as Data).prefix(4))
            guard let journal = try? JournalRow(row) else {
                report.journals += 1
                add(.chainBroken, stored, "the journal's header cannot be read")
                continue
            }
            try check(journal, name: row["name"], device: row["device"])
            try walk(journal)
        }
    }

    /// The columns of a journal's row that say what its header says.
    private mutating func check(_ journal: JournalRow, name: Data, device: Data) throws {
        let (place, introduction) = (String(journal.id.hex.prefix(8)), journal.introduction)
        let site: String? = try store.row("SELECT code FROM site WHERE id = ?", [journal.siteRowID])?[0]
        if name != Data(journal.id.bytes) || site != introduction.site.text
            || device != Data(introduction.certificate.device.bytes)
        {
            add(.chainBroken, place, "the journal's name, site or device is not that of its header")
        }
        let isOurs = introduction.certificate.publicKey == identity.certificate.publicKey
        if (journal.isOwn || journal.isOpen) && !isOurs || journal.isOpen && !journal.isOwn {
            add(.chainBroken, place, "the journal says that it is written here, and its device is another")
        }
        if journal.centreN > journal.n || isCentre && journal.centreN < journal.n {
            add(.chainBroken, place, "how much of the journal the centre holds is not right")
        }
    }

    mutating func walk(_ journal: JournalRow) throws {
        report.journals += 1
        let name = String(journal.id.hex.prefix(8))
        if (try? DeviceCertificate(journal.introduction.certificate.encoded, serverKey: serverKey)) == nil {
            add(.signatureInvalid, name, "the journal's device certificate is not signed by the centre")
        }
        let marks = try Marks(journal, store)
        var (n, hash, verdict): (UInt64, ChainHash, ChainHash) = (0, journal.introduction.root, .zero)
        let statement = try store.db.cachedStatement(
            sql:
                """
                SELECT n, hash, body, verdict, code, received_at, change, record, seq FROM entry
                WHERE journal = ?1 AND (?2 OR n <= ?3) ORDER BY n
                """
        )
        var seq: Int64 = 0
        let isWhole = firstSync == nil
        let cursor = try Row.fetchCursor(
            statement, arguments: [journal.rowID, isWhole, Int64(journal.n)])
        while let row = try cursor.next() {
            n += 1
            report.entries += 1
            let place = "\(name)/\(n)"
            guard row[0] as Int64 == Int64(n) else {
                add(.chainBroken, place, "an entry is missing")
                return
            }
            hash = try walk(row, journal, n, after: hash, place)
            if (row[8] as Int64) <= seq {
                add(.chainBroken, place, "the order of acceptance is not the order of the journal")
            }
            seq = row[8]
            guard let judgement = try? StoreTransaction.verdict(row[3], row[4]) else {
                add(.chainBroken, place, "the verdict cannot be read")
                continue
            }
            if judgement.kind != .quarantined, (row[4] as String?) != nil {
                add(.chainBroken, place, "the verdict bears a code that is none of its own")
            }
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
        for beyond in marks.places.sorted() where beyond > Int64(clamping: n) || beyond < 1 {
            add(
                .chainBroken, "\(name)/\(beyond)",
                "a receipt or signed head speaks of entries that are not here")
        }
        try walkPending(journal, name)
    }

    /// - Returns: the hash that the entry's bytes have at this place.
    private mutating func walk(
        _ row: Row, _ journal: JournalRow, _ n: UInt64, after previous: ChainHash, _ place: String
    ) throws -> ChainHash {
        guard let bytes = try? store.openBody(row[2], hash: row[1]) else {
            add(.sealBroken, place, "the entry's bytes do not open")
            return ChainHash(row[1] as Data) ?? previous
        }
        let hash = journal.introduction.hash(n: n, previous: previous, bytes: bytes)
        if hash.data != row[1] as Data { add(.chainBroken, place, "the entry's bytes do not match its hash") }
        let id = Chain.changeID(of: bytes)
        if Data(id.bytes) != row[6] as Data {
            add(.chainBroken, place, "the entry's bytes do not match its ChangeID")
        }
        let encoded = try? EncodedChange(received: bytes, id: id)
        if (row[7] as Data?) != encoded.map({ store.lookup($0.change.record) }) {
            add(.chainBroken, place, "the entry is filed under a record that is not its own")
        }
        if let encoded, row[3] as Int != Int(Verdict.Kind.quarantined.rawValue) {
            try checkPerson(encoded, site: journal.introduction.site, place)
            // What is in quarantine decided nothing.
            try checkResolution(encoded, place)
        }
        return hash
    }

    /// A change that needs the person's own signature must carry it, whatever the verdict says.
    private mutating func checkPerson(_ encoded: EncodedChange, site: SiteCode, _ place: String) throws {
        guard encoded.change.kind.needsSignature else { return }
        let author = encoded.change.author
        let keys = signingKeys[author] ?? (try? store.signingKeys(of: author)) ?? []
        signingKeys[author] = keys
        if !keys.contains(where: { encoded.isSigned(by: $0, site: site) }) {
            add(.signatureInvalid, place, "the signature of \(author) does not verify")
        }
    }

    private mutating func check(
        _ marks: Marks, _ journal: JournalRow, _ n: UInt64, _ hash: ChainHash, _ verdict: ChainHash,
        _ place: String
    ) {
        let site = journal.introduction.site
        if let receipt = marks.receipts[n],
            !receipt.isValid(site: site, hash: hash, verdict: verdict, serverKey: serverKey)
                || marks.signed[n] != [hash.data, verdict.data]
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

    /// The receipts and signed heads of a journal, by place.
    private struct Marks {
        var receipts: [UInt64: Receipt] = [:]
        /// The two hashes that a receipt's row says were signed.
        var signed: [UInt64: [Data]] = [:]
        var heads: [UInt64: Data] = [:]
        /// As they stand in the rows.
        var places: Set<Int64> = []

        init(_ journal: JournalRow, _ store: StoreTransaction) throws {
            for row in try store.rows(
                "SELECT n, epoch, signature, hash, verdict_hash FROM receipt WHERE journal = ?",
                [journal.rowID])
            {
                places.insert(row[0])
                guard let n = UInt64(exactly: row[0] as Int64) else { continue }
                signed[n] = [row[3], row[4]]
                receipts[n] = Receipt(journal: journal.id, n: n, epoch: row[1], signature: row[2])
            }
            for row in try store.rows("SELECT n, signature FROM head WHERE journal = ?", [journal.rowID]) {
                places.insert(row[0])
                if let n = UInt64(exactly: row[0] as Int64) { heads[n] = row[1] }
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
