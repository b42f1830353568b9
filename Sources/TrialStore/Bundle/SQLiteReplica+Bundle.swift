package import Crypto
package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

/// What a bundle held, or brought.
package struct BundleTotals: Hashable, Sendable {
    /// Entries written to a bundle.
    package var exported = 0
    /// Entries that were new here.
    package var imported = 0
    /// Of them, those that stand here with a verdict other than applied.
    package var quarantined = 0
    /// Own saves that the bundle brought the centre's receipt for.
    package var confirmed = 0
    package var bytes = 0

    package init() {}
}

extension SQLiteReplica {
    /// The name under which the epochs before the current one are kept.
    static let formerEpochs = "former-epochs"

    // MARK: Out

    /// Writes everything held at a site and at `*` to a bundle, with unreceipted entries on their owners'
    /// signed heads.
    ///
    /// - Parameter progress: entries written so far.
    /// - Throws: `Problem(.alreadyExists)`, `.fileUnreadable`, `.diskFull`; then there is no file.
    package func exportBundle(
        of site: SiteCode, to path: String, seal: BundleSeal, progress: (Int) -> Void = { _ in }
    ) async throws -> BundleTotals {
        var writer = try BundleFile.Writer(
            to: path, site: site, origin: isCentre ? .centre : .laptop, key: seal.key, notice: seal.notice)
        do {
            var totals = BundleTotals()
            var hello = Hello(site: site, epoch: try await epoch())
            hello.covered = try await places(site: site)
            hello.coveredAll = try await places(site: .all)
            for part in [SiteCode.all, site] {
                var vector = ChangeVector()
                while true {
                    let page = try await lend(site: part, beyond: vector, limit: WireLimits.pageEntries)
                    for request in page.requests(hello) { try writer.add(try request.encoded()) }
                    for run in page.runs where !run.judgements.isEmpty {
                        vector[run.journal] = max(vector[run.journal], run.lastN)
                    }
                    totals.exported += page.entryCount
                    progress(totals.exported)
                    guard page.more else { break }
                }
            }
            try writer.finish()
            totals.bytes = writer.bytesWritten
            return totals
        } catch {
            writer.abandon()
            throw error
        }
    }

    private func places(site: SiteCode) async throws -> [Place] {
        try await read { store in
            guard let row = try store.siteRowID(site) else { return [] }
            return try store.coveredPlaces(site: row)
        }
    }

    // MARK: In, on a laptop

    /// Takes over a bundle of this laptop's site: what comes on a receipt of the current epoch is confirmed
    /// as if it had been pulled, the rest is borrowed.
    ///
    /// - Throws: `Problem(.otherSite)`, `.siteKeyMissing`, `.sealBroken`, `.bodyIncomplete`,
    ///   `.malformed`; `.signatureInvalid`
    ///   or `.receiptInvalid` if a run does not prove itself; `.notInStep` for the bundle of a centre before
    ///   it was restored. Parts that were taken over until then stay.
    package func importBundle(_ path: String, into site: SiteCode) async throws -> BundleTotals {
        var reader = try BundleFile.Reader(path)
        guard reader.site == site else {
            throw Problem(.otherSite, "the bundle is of site \(reader.site), and this laptop of \(site)")
        }
        guard let ring = cipher.keyRing else {
            throw Problem(.internalError, "a laptop's store has keys for bundles")
        }
        let key = try ring.opening(notice: reader.notice, site: site).key
        var totals = BundleTotals()
        let (before, waiting) = (try await entryCount(), try await standing(of: site).pending)
        while let body = try reader.next(key) {
            let request = try SyncRequest(decoding: body)
            guard request.hello.site == site else {
                throw Problem(.otherSite, "a part of the bundle is of another site")
            }
            try await absorb(request, from: reader.origin, site: site)
        }
        totals.imported = try await entryCount() - before
        totals.confirmed = max(0, waiting - (try await standing(of: site).pending))
        totals.imported -= totals.confirmed
        totals.bytes = reader.bytesRead
        return totals
    }

    private func entryCount() async throws -> Int {
        try await read { store in
            let counts = try store.row("SELECT (SELECT count(*) FROM entry), (SELECT count(*) FROM borrowed)")
            return (counts?[0] ?? 0) + (counts?[1] ?? 0)
        }
    }

    private func absorb(_ request: SyncRequest, from origin: BundleFile.Origin, site: SiteCode) async throws {
        let identity = identity
        var introductions: [JournalID: JournalIntroduction] = [:]
        for introduction in request.introductions {
            guard [site, .all].contains(introduction.site) else {
                throw Problem(.otherSite, "a journal of the bundle is of another site")
            }
            _ = try DeviceCertificate(introduction.certificate.encoded, serverKey: identity.serverKey)
            introductions[introduction.id] = introduction
        }
        for run in request.runs {
            guard let introduction = introductions[run.journal] else {
                throw Problem(.malformed, "entries came without an introduction of their journal")
            }
            try RunCheck.verify(run, introduction, receipts: request.receipts, serverKey: identity.serverKey)
        }
        let current = try await epoch()
        if origin == .centre, request.hello.epoch != current {
            try await adopt(request, site: site)
        }
        let epoch = try await epoch()
        let rest = try await confirm(request, epoch: epoch, site: site)
        for part in [SiteCode.all, site] {
            let page = rest.page { introductions[$0.journal]?.site == part }
            guard !page.runs.isEmpty else { continue }
            _ = try await borrow(page, site: part)
        }
    }

    /// Takes over the epoch of a restored centre from its bundle, as from its answer.
    private func adopt(_ request: SyncRequest, site: SiteCode) async throws {
        let former = try await setting(Self.formerEpochs) ?? Data()
        let epoch = request.hello.epoch
        guard
            !stride(from: 0, to: former.count, by: 16).contains(where: { former[$0...].prefix(16) == epoch })
        else {
            throw Problem(
                .notInStep, "the bundle was made before the centre was restored",
                remedy: "have the centre make a new one")
        }
        // That its receipts verify has been checked; one of the new epoch shows that the centre drew it.
        guard request.receipts.contains(where: { $0.epoch == epoch }) else {
            throw Problem(.receiptInvalid, "the bundle names an epoch that nothing in it proves")
        }
        try await adopt(
            epoch: epoch, held: request.hello.covered, heldAll: request.hello.coveredAll, contested: [],
            site: site)
    }

    /// Confirms the runs that go on where the journals stand, on receipts of the current epoch.
    ///
    /// - Returns: the request without them.
    private func confirm(_ request: SyncRequest, epoch: Data, site: SiteCode) async throws -> SyncRequest {
        let (identity, environment) = (identity, environment)
        return try await write { store in
            // While the history of a first sync is still coming, live entries stand ahead of their journals:
            // all of it is borrowed until then.
            guard try store.firstSync() == nil else { return request }
            let siteRow = try store.makeSite(site)
            var work = ApplyWork(store: store, identity: identity, environment: environment)
            var rest = request
            rest.runs = []
            for run in request.runs {
                let receipt = request.receipts.first { $0.journal == run.journal && $0.n == run.lastN }
                guard !run.judgements.isEmpty, let receipt, receipt.epoch == epoch,
                    try work.goesOn(run)
                else {
                    rest.runs.append(run)
                    continue
                }
                var page = PullPage()
                page.introductions = request.introductions.filter { $0.id == run.journal }
                (page.runs, page.receipts) = ([run], [receipt])
                try work.pull(page, sites: [site, .all])
            }
            try work.reissueDisturbed(site: site, siteRow)
            try store.dropSettledBorrowed()
            try store.flush()
            try store.noteHighestNumber()
            return rest
        }
    }

    // MARK: In, at the centre

    /// Takes a laptop's bundle as if the laptop forwarded all of it.
    ///
    /// - Throws: as ``take(_:by:)``, and what ``BundleFile/Reader`` refuses.
    package func takeBundle(
        _ path: String, judge: some EntryJudge,
        seal: (_ site: SiteCode, _ notice: Data) async throws -> BundleSeal
    ) async throws -> (site: SiteCode, totals: BundleTotals) {
        var reader = try BundleFile.Reader(path)
        let key = try await seal(reader.site, reader.notice).key
        var totals = BundleTotals()
        let before = try await (entryCount(), notApplied(site: reader.site).count)
        while let body = try reader.next(key) {
            var request = try SyncRequest(decoding: body)
            guard request.hello.site == reader.site else {
                throw Problem(.otherSite, "a part of the bundle is of another site")
            }
            request.hello.epoch = try await epoch()
            for index in request.runs.indices { request.runs[index].forwarded = true }
            _ = try await take(request, by: judge)
        }
        totals.imported = try await entryCount() - before.0
        totals.quarantined = try await notApplied(site: reader.site).count - before.1
        totals.bytes = reader.bytesRead
        return (reader.site, totals)
    }
}

extension PullPage {
    /// The page as requests of at most one page each; what proves a run goes with it.
    func requests(_ hello: Hello) -> [SyncRequest] {
        var requests: [SyncRequest] = []
        var entries = 0
        for run in runs {
            if requests.isEmpty || entries + run.changes.count > WireLimits.pageEntries {
                requests.append(SyncRequest(hello: hello))
                entries = 0
            }
            entries += run.changes.count
            var request = requests.removeLast()
            if !request.introductions.contains(where: { $0.id == run.journal }) {
                request.introductions += introductions.filter { $0.id == run.journal }.prefix(1)
            }
            request.runs.append(run)
            request.receipts += receipts.filter { $0.journal == run.journal && $0.n == run.lastN }.prefix(1)
            requests.append(request)
        }
        return requests
    }
}

extension SyncRequest {
    /// The runs that fit, with what proves them.
    fileprivate func page(where fits: (EntryRun) -> Bool) -> PullPage {
        var page = PullPage()
        (page.introductions, page.receipts) = (introductions, receipts)
        page.runs = runs.filter(fits)
        return page
    }
}
