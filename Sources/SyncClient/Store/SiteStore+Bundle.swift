public import Foundation
import SyncProtocol
public import TrialModel
import TrialStore

extension SiteStore {
    /// What a bundle brought, or took along.
    public struct BundleReport: Hashable, Sendable {
        /// Entries in a bundle that was written.
        public let exported: Int
        /// Entries of a bundle that were new here.
        public let imported: Int
        /// Saves of this laptop that the bundle brought the centre's receipt for.
        public let confirmed: Int
        /// The size of the file.
        public let bytes: Int
        /// Nothing waits here for the centre's receipt.
        public let isNothingWaiting: Bool
    }

    /// Writes everything that this laptop holds to a file for another laptop of the site or for the centre:
    /// what is not yet at the centre too. Only the site's laptops and the centre can open it.
    ///
    /// - Throws: `Problem(.alreadyExists)`, `.fileUnreadable`, `.diskFull`.
    public func exportBundle(to file: String, progress: (Int) -> Void = { _ in }) async throws -> BundleReport
    {
        guard let seal = try await replica.bundleSeal() else {
            throw Problem(.internalError, "a laptop's store has a key for bundles")
        }
        return try await report(
            try await replica.exportBundle(of: site, to: file, seal: seal, progress: progress))
    }

    /// Takes over a bundle of this site, from another laptop or from the centre.
    ///
    /// What has the centre's receipt is confirmed; the rest is shown, and brought to the centre by whoever
    /// gets there first.
    ///
    /// - Throws: `Problem(.otherSite)`, `.siteKeyMissing`, `.sealBroken`, `.bodyIncomplete`,
    ///   `.malformed`, `.receiptInvalid`,
    ///   `.signatureInvalid`, `.notInStep`, `.fileUnreadable`.
    public func importBundle(_ file: String) async throws -> BundleReport {
        let hadWaiting = try await replica.standing(of: site).waiting > 0
        let totals = try await replica.importBundle(file, into: site)
        if hadWaiting { try await noteSafe() }
        try await mark()
        try await keepToRights()
        try await followAuthority()
        return try await report(totals)
    }

    private func report(_ totals: BundleTotals) async throws -> BundleReport {
        BundleReport(
            exported: totals.exported, imported: totals.imported, confirmed: totals.confirmed,
            bytes: totals.bytes, isNothingWaiting: try await replica.standing(of: site).waiting == 0)
    }
}
