package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

extension SQLiteReplica {
    /// Everything held at a site with an unbroken chain from its journal's start, whether it has a receipt or
    /// not.
    package func stored(site: SiteCode) async throws -> ChangeVector {
        try await read { store in
            var vector = ChangeVector()
            guard let site = try store.siteRowID(site) else { return vector }
            for journal in try store.journals(site: site) {
                vector[journal.id] = try store.pendingHead(of: journal).n
            }
            return vector
        }
    }

    /// What a replica that holds `stored` lacks: judged runs on their receipts, own ones on a signed head,
    /// borrowed ones with the proof they came with.
    package func lend(site: SiteCode, beyond stored: ChangeVector) async throws -> PullPage {
        try await lend(site: site, beyond: stored, limit: .max)
    }

    /// The same in pages: judged runs first, as long as they stay within the limit or are the first. `more`
    /// says that some are left; own and borrowed runs come with the last page.
    func lend(site: SiteCode, beyond stored: ChangeVector, limit: Int) async throws -> PullPage {
        let identity = identity
        return try await read { store in
            var page = PullPage()
            guard let siteRow = try store.siteRowID(site) else { return page }
            for journal in try store.journals(site: siteRow) {
                try store.lendConfirmed(journal, beyond: stored[journal.id], limit, identity, to: &page)
                if page.more { return page }
            }
            for journal in try store.journals(site: siteRow) where journal.isOwn {
                try store.lendPending(journal, identity, to: &page)
            }
            for row in try store.rows(
                "SELECT id, proof FROM borrowed_run WHERE site = ? AND proven = 1 ORDER BY id", [siteRow])
            {
                let proof = try BorrowedProof(decoding: row[1])
                var run = proof.run
                run.changes = try store.borrowedBodies(run: row[0])
                page.introductions.append(proof.introduction)
                page.runs.append(run)
                if let receipt = proof.receipt { page.receipts.append(receipt) }
            }
            return page
        }
    }

    /// Keeps what came from another replica and has no verdict here as borrowed.
    ///
    /// - Returns: how many runs were kept.
    /// - Throws: `Problem(.signatureInvalid)` or `.receiptInvalid` if a run does not prove itself; then
    ///   nothing is kept.
    package func borrow(_ page: PullPage, site: SiteCode) async throws -> Int {
        let identity = identity
        return try await write { store in
            let siteRow = try store.makeSite(site)
            var kept = 0
            for run in page.runs {
                guard let introduction = page.introductions.first(where: { $0.id == run.journal }) else {
                    throw Problem(.malformed, "entries came without an introduction of their journal")
                }
                guard introduction.site == site else {
                    throw Problem(.otherSite, "a journal is of another site")
                }
                _ = try DeviceCertificate(introduction.certificate.encoded, serverKey: identity.serverKey)
                let receipt = try RunCheck.verify(
                    run, introduction, receipts: page.receipts, serverKey: identity.serverKey
                ).receipt
                guard try store.isNews(run) else { continue }
                try store.keepBorrowed(run, introduction: introduction, receipt: receipt, site: siteRow) {
                    _ in
                }
                kept += 1
            }
            return kept
        }
    }
}

extension StoreTransaction {
    func borrowedBodies(run: Int64) throws -> [Data] {
        try rows("SELECT change, body FROM borrowed WHERE run = ? ORDER BY place", [run]).map { row in
            guard let id = ChangeID(bytes: row[0] as Data) else {
                throw Problem(.storeDamaged, "a borrowed entry cannot be read")
            }
            return try cipher.open(row[1], as: RowIdentity.borrowed(change: id))
        }
    }

    /// Whether a run has a change that is neither judged, pending nor borrowed here.
    fileprivate func isNews(_ run: EntryRun) throws -> Bool {
        try run.changes.contains { bytes in try !holds(Chain.changeID(of: bytes)) }
    }

    /// Whether a change is judged, pending or borrowed here.
    func holds(_ change: ChangeID) throws -> Bool {
        try row(
            """
            SELECT 1 FROM entry WHERE change = ?1 UNION ALL SELECT 1 FROM pending WHERE change = ?1
            UNION ALL SELECT 1 FROM borrowed WHERE change = ?1 LIMIT 1
            """, [Data(change.bytes)]) != nil
    }

    fileprivate func lendConfirmed(
        _ journal: JournalRow, beyond n: UInt64, _ limit: Int, _ identity: ReplicaIdentity,
        to page: inout PullPage
    ) throws {
        var next = n + 1
        while next <= journal.n, let kept = try keptReceipt(of: journal, from: next) {
            guard page.runs.isEmpty || page.entryCount + Int(kept.n + 1 - next) <= limit else {
                page.more = true
                return
            }
            // What the centre lends, it lends on its word of today.
            let isCentre = identity.certificate.site == .all
            page.introductions.append(journal.introduction)
            page.runs.append(try judgedRun(of: journal, from: next, to: kept.n))
            page.receipts.append(isCentre ? try receipt(for: journal, at: kept.n, identity) : kept)
            next = kept.n + 1
        }
    }

    fileprivate func lendPending(_ journal: JournalRow, _ identity: ReplicaIdentity, to page: inout PullPage)
        throws
    {
        var place: UInt64 = 0
        while true {
            var budget = PageBudget(entries: WireLimits.pageEntries)
            guard var run = try pendingRun(of: journal, after: place, &budget) else { return }
            try sign(&run, of: journal, identity)
            page.introductions.append(journal.introduction)
            page.runs.append(run)
            place = run.lastN
        }
    }

    /// Puts the device's signature over the head at the end of a pending run.
    func sign(_ run: inout EntryRun, of journal: JournalRow, _ identity: ReplicaIdentity) throws {
        let value = SignedHead.value(
            journal: journal.introduction.origin, n: (journal.introduction.segment?.after ?? 0) + run.lastN,
            hash: try hashOfPending(journal, at: run.lastN))
        run.headSignature = try Signing.sign(
            .head, site: journal.introduction.site, value, with: identity.key)
    }
}
