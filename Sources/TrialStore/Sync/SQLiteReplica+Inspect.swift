package import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

extension SQLiteReplica {
    /// What the centre's store says of a request before anything of it is processed.
    package func inspect(_ request: SyncRequest) async throws -> CentreStanding {
        let identity = identity
        return try await read { store in
            guard let site = try store.siteRowID(request.hello.site) else {
                throw Problem(.siteUnknown, "there is no site \(request.hello.site)")
            }
            var standing = CentreStanding(epoch: try store.epoch())
            if request.hello.epoch != standing.epoch {
                return try store.fillHeld(standing, site: site)
            }
            for place in request.hello.covered + request.hello.coveredAll where try store.contradicts(place) {
                standing.contradicted.append(place.journal)
            }
            if !standing.contradicted.isEmpty {
                // Receipts of other journals come with what is offered again: that is known.
                let contradicted = Set(standing.contradicted)
                standing.isProvenRestored = try request.receipts.contains { receipt in
                    try contradicted.contains(receipt.journal)
                        && store.isProof(receipt, site: request.hello.site, identity.serverKey)
                }
            }
            return standing
        }
    }

    /// Draws a new epoch: the store was restored, or that it was has been proven.
    package func drawEpoch(for site: SiteCode) async throws -> CentreStanding {
        let environment = environment
        return try await write { store in
            let epoch = environment.randomBytes(16)
            try store.set(StoreTransaction.epochSetting, to: epoch)
            try store.noteRestore(at: environment.now())
            return try store.fillHeld(CentreStanding(epoch: epoch), site: try store.makeSite(site))
        }
    }
}

extension StoreTransaction {
    fileprivate func fillHeld(_ standing: CentreStanding, site: Int64) throws -> CentreStanding {
        var standing = standing
        standing.held = try journals(site: site).filter { $0.n > 0 }.map(\.place)
        standing.heldAll = try journals(site: try siteRowID(.all) ?? -1).filter { $0.n > 0 }.map(\.place)
        return standing
    }

    /// Whether the store holds less of a journal than a laptop was given, or other entries or verdicts there.
    func contradicts(_ place: Place) throws -> Bool {
        guard place.n > 0 else { return false }
        guard let journal = try journal(place.journal), place.n <= journal.n else { return true }
        let verdict = try verdictHash(of: journal, at: place.n)
        return Place(journal: place.journal, n: place.n, verdict: verdict) != place
    }

    /// Whether a receipt that this centre signed, in whatever epoch, speaks of entries that are not here: a
    /// laptop of this epoch claims only what it knows the centre to have had in this epoch.
    fileprivate func isProof(_ receipt: Receipt, site: SiteCode, _ serverKey: Data) throws
        -> Bool
    {
        guard let signed = receipt.signed else { return false }
        let isOurs = [site, .all].contains {
            receipt.isValid(site: $0, hash: signed.hash, verdict: signed.verdict, serverKey: serverKey)
        }
        let place = Place(journal: receipt.journal, n: receipt.n, verdict: signed.verdict)
        return try isOurs && contradicts(place)
    }
}
