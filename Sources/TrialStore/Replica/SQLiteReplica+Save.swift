package import Crypto
package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

extension SQLiteReplica {
    package func save(
        _ changes: [Change], site: SiteCode, signedWith key: Curve25519.Signing.PrivateKey?
    ) async throws -> [EntryName] {
        var encoded: [EncodedChange] = []
        for change in changes {
            encoded.append(
                try EncodedChange(change, site: site, signedWith: change.kind.needsSignature ? key : nil))
        }
        return try await save([SiteSave(site: site, changes: encoded)])
    }

    package func save(_ saves: [SiteSave]) async throws -> [EntryName] {
        try await save(saves) { _ in }
    }

    /// - Parameter before: runs in the same transaction, first.
    func save(
        _ saves: [SiteSave], _ before: @escaping @Sendable (StoreTransaction) throws -> Void
    ) async throws -> [EntryName] {
        let (identity, environment, isCentre) = (identity, environment, isCentre)
        return try await write { store in
            try before(store)
            var names: [EntryName] = []
            for save in saves {
                let siteRow = try store.makeSite(save.site)
                if let expected = save.expected, try store.digest(ofSite: siteRow) != expected {
                    throw Problem(.storeBusy, "site \(save.site) has changed in this moment")
                }
                // A journal without an entry has no place that a receipt could speak of.
                guard !save.changes.isEmpty else { continue }
                let journal = try store.journalForWriting(site: save.site, siteRow, identity, environment)
                if isCentre {
                    names += try store.commit(save.changes, to: journal, identity, environment)
                    continue
                }
                var head = try store.pendingHead(of: journal)
                for change in save.changes {
                    try store.appendPending(change, to: journal, after: &head)
                    names.append(EntryName(journal: journal.id, n: head.n))
                }
            }
            return names
        }
    }

    package func closeJournals() async throws {
        try await write { store in
            try store.execute("UPDATE journal SET open = 0 WHERE own = 1")
            var pool = try store.numbers()
            pool.dropAll()
            try store.set(pool)
        }
    }

    package func ownHead(site: SiteCode) async throws -> (journal: JournalID, n: UInt64, hash: ChainHash)? {
        try await read { store in
            guard let siteRow = try store.siteRowID(site), let journal = try store.openJournal(site: siteRow)
            else { return nil }
            let head = try store.pendingHead(of: journal)
            return (journal.id, head.n, head.hash)
        }
    }

    package func holds(journal: JournalID, n: UInt64, hash: ChainHash) async throws -> Bool {
        try await holds(KnownHead(journal: journal, n: n, hash: hash))
    }
}

extension StoreTransaction {
    /// The open journal of this replica for a site, or a new one.
    func journalForWriting(
        site: SiteCode, _ siteRow: Int64, _ identity: ReplicaIdentity, _ environment: ReplicaEnvironment,
        reason: JournalIntroduction.Reason? = nil
    ) throws -> JournalRow {
        let epoch = try epoch()
        if reason == nil, let open = try openJournal(site: siteRow), open.introduction.epoch == epoch {
            return open
        }
        let isOldEpoch = try openJournal(site: siteRow).map { $0.introduction.epoch != epoch } ?? false
        try execute("UPDATE journal SET open = 0 WHERE own = 1 AND site = ?", [siteRow])
        let isFirst = try row("SELECT 1 FROM journal WHERE own = 1 AND site = ? LIMIT 1", [siteRow]) == nil
        let usual: JournalIntroduction.Reason = isOldEpoch ? .epoch : isFirst ? .enrolled : .copied
        let why = reason ?? (identity.certificate.site == .all ? .centre : usual)
        let introduction = try JournalIntroduction(
            opening: site, certificate: identity.certificate, epoch: epoch, reason: why,
            salt: environment.randomBytes(16))
        return try insert(introduction, site: siteRow, own: true)
    }

    /// Where the next own entry goes.
    func pendingHead(of journal: JournalRow) throws -> (n: UInt64, hash: ChainHash) {
        guard
            let row = try row(
                "SELECT n, hash FROM pending WHERE journal = ? ORDER BY n DESC LIMIT 1", [journal.rowID])
        else { return (journal.n, journal.hash) }
        guard let hash = ChainHash(row[1] as Data) else {
            throw Problem(.storeDamaged, "a hash cannot be read")
        }
        return (row.place(0), hash)
    }

    /// Adds an entry that waits for its receipt.
    func appendPending(
        _ change: EncodedChange, to journal: JournalRow, after head: inout (n: UInt64, hash: ChainHash)
    ) throws {
        let bytes = change.bytes
        let hash = journal.introduction.hash(n: head.n + 1, previous: head.hash, bytes: bytes)
        try execute(
            """
            INSERT INTO pending (journal, n, change, record, participant, number, hash, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                journal.rowID, Int64(head.n + 1), Data(change.id.bytes), lookup(change.change.record),
                change.change.record.participant.map { lookup(participant: $0) },
                NumberKey(change.change).map { lookup($0) }, hash.data,
                try cipher.seal(bytes, as: RowIdentity.entry(hash: hash)),
            ])
        head = (head.n + 1, hash)
    }

    /// The centre's own entries: they have their verdict and their receipt at once.
    func commit(
        _ changes: [EncodedChange], to journal: JournalRow, _ identity: ReplicaIdentity,
        _ environment: ReplicaEnvironment
    ) throws -> [EntryName] {
        var journal = journal
        let judgement = Judgement(.applied, receivedMilliseconds: environment.now())
        var seq = try nextSequence(site: journal.siteRowID, count: changes.count)
        var names: [EntryName] = []
        for change in changes {
            try checkRelease(change, in: journal)
            let hash = journal.introduction.hash(
                n: journal.n + 1, previous: journal.hash, bytes: change.bytes)
            try append(
                change.bytes, id: change.id, change: change, hash: hash, judgement: judgement,
                known: verdict(of: change.id)?.kind, seq: seq, to: &journal)
            names.append(EntryName(journal: journal.id, n: journal.n))
            seq += 1
        }
        try update(journal)
        _ = try receipt(for: journal, at: journal.n, identity)
        return names
    }

    /// A release writes what somebody else's program sent, so it is judged like an entry from outside, and
    /// refused where that would be quarantined: releasing is no way past the rules.
    private func checkRelease(_ change: EncodedChange, in journal: JournalRow) throws {
        guard change.change.kind == .release else { return }
        let evidence = StoreEvidence(store: self, siteRowID: journal.siteRowID)
        let verdict = try CentreJudge().verdict(on: change, in: journal.introduction, evidence: evidence)
        guard verdict.kind != .applied else { return }
        throw Problem(
            ProblemCode(rawValue: verdict.code) ?? .notAllowed,
            "what is to be released would not be applied here (\(verdict.name))",
            remedy: "it stays in quarantine, with its history")
    }

    /// The centre's receipt for a place: the one that was given, or a new one of the current epoch.
    func receipt(for journal: JournalRow, at n: UInt64, _ identity: ReplicaIdentity) throws -> Receipt {
        let epoch = try epoch()
        if let row = try row(
            "SELECT epoch, signature FROM receipt WHERE journal = ? AND n = ?", [journal.rowID, Int64(n)]),
            row[0] as Data == epoch
        {
            return Receipt(journal: journal.id, n: n, epoch: epoch, signature: row[1])
        }
        let value = Receipt.value(
            journal: journal.id, n: n, hash: try hash(of: journal, at: n),
            verdict: try verdictHash(of: journal, at: n),
            epoch: epoch)
        let signature = try Signing.sign(.receipt, site: journal.introduction.site, value, with: identity.key)
        let receipt = Receipt(journal: journal.id, n: n, epoch: epoch, signature: signature)
        if !db.configuration.readonly, n == journal.n { try keep(receipt, of: journal) }
        return receipt
    }
}
