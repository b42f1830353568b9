import Crypto
import Foundation
import SyncProtocol
package import TrialModel
package import TrialStore

extension Centre {
    /// Writes all that the centre holds of a site to a file for its laptops.
    ///
    /// - Throws: `Problem(.siteUnknown)`, `.alreadyExists`, `.fileUnreadable`, `.diskFull`.
    package func exportBundle(
        of site: String, to file: String, progress: (Int) -> Void = { _ in }
    ) async throws -> BundleTotals {
        let site = try await self.site(site)
        return try await replica.exportBundle(
            of: site, to: file, key: try await bundleKey(site), progress: progress)
    }

    /// Takes a laptop's bundle: every entry of it is judged as if it had been pushed.
    ///
    /// - Throws: `Problem(.siteUnknown)`, `.sealBroken`, `.bodyIncomplete`, `.malformed`, `.receiptInvalid`,
    ///   `.signatureInvalid`, `.fileUnreadable`.
    package func importBundle(_ file: String) async throws -> (site: SiteCode, totals: BundleTotals) {
        try await replica.takeBundle(file, judge: CentreJudge()) { try await bundleKey($0) }
    }

    private func bundleKey(_ site: SiteCode) async throws -> SymmetricKey {
        guard let key = try await identities.siteKey(site) else {
            throw Problem(.siteUnknown, "there is no site \(site)", remedy: "see `trialsyncd site list`")
        }
        return BundleFile.key(of: SymmetricKey(data: key))
    }
}
