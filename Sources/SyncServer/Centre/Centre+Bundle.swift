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
        let notice = try await siteKeyNotices(of: site).last
        return try await replica.exportBundle(
            of: site, to: file, seal: try await bundleSeal(site, notice?.encoded ?? Data()),
            progress: progress)
    }

    /// Takes a laptop's bundle: every entry of it is judged as if it had been pushed.
    ///
    /// - Throws: `Problem(.siteUnknown)`, `.sealBroken`, `.bodyIncomplete`, `.malformed`, `.receiptInvalid`,
    ///   `.signatureInvalid`, `.fileUnreadable`.
    package func importBundle(_ file: String) async throws -> (site: SiteCode, totals: BundleTotals) {
        let taken = try await replica.takeBundle(file, judge: CentreJudge()) {
            try await bundleSeal($0, $1)
        }
        try await identities.listLatecomers()
        return taken
    }

    /// - Throws: `Problem(.siteUnknown)`; `Problem(.malformed)` for a notice that is none of the site.
    private func bundleSeal(_ site: SiteCode, _ notice: Data) async throws -> BundleSeal {
        let first = try await firstKey(of: site)
        guard !notice.isEmpty else { return BundleSeal(first, notice: notice) }
        let decoded = try SiteKeyNotice(decoding: notice)
        guard decoded.site == site else {
            throw Problem(.malformed, "the bundle's key is of another site")
        }
        return BundleSeal(laterKey(of: decoded), notice: notice)
    }
}
