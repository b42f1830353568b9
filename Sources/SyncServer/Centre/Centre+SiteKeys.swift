import Crypto
import Foundation
import SyncProtocol
import TrialModel
import TrialStore

/// A site gets a new key when somebody's access to it ends (decision 0018). Later keys are derived from the
/// server's key and their id, so that a database that was put back forgets none.
extension Centre {
    /// - Throws: `Problem(.siteUnknown)`.
    func firstKey(of site: SiteCode) async throws -> SiteKey {
        guard let key = try await identities.siteKey(site) else {
            throw Problem(.siteUnknown, "there is no site \(site)", remedy: "see `trialsyncd site list`")
        }
        return SiteKey(first: key)
    }

    /// What was published of a site's later keys, the oldest first.
    func siteKeyNotices(of site: SiteCode) async throws -> [SiteKeyNotice] {
        SiteKeyNotice.all(in: try await replica.view(of: .site(site), site: .all).state, of: site)
    }

    /// The site's keys after the first; `nil` if there are none.
    func laterKeys(of site: SiteCode) async throws -> [SiteKey]? {
        let keys = try await siteKeyNotices(of: site).map { laterKey(of: $0) }
        return keys.isEmpty ? nil : keys
    }

    func laterKey(of notice: SiteKeyNotice) -> SiteKey {
        laterKey(id: notice.id, order: notice.order, of: notice.site)
    }

    private func laterKey(id: Data, order: Int64, of site: SiteCode) -> SiteKey {
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: serverKey.rawRepresentation), salt: id,
            info: Array("trialsync later key of site \(site)".utf8), outputByteCount: 32)
        return SiteKey(id: id, order: order, key: key.withUnsafeBytes { Data($0) })
    }

    /// The changes that begin a new key at each site that the person could read before and cannot after.
    ///
    /// - Parameter after: the person's rights once these changes are saved, together with what ends them.
    func newSiteKeys(
        before: PersonGrant, after: PersonGrant, study: StudyDefinition
    ) async throws -> [Change] {
        let others = try await PeopleShelf(replica).all().filter { $0.name != before.name } + [after]
        var changes: [Change] = []
        for site in try await sites().map(\.code) where before.reads(site) && !after.reads(site) {
            var readers: [Data] = []
            for person in others where person.reads(site) {
                guard let kept = try await identities.key(of: person.name) else { continue }
                readers.append(try recoveryKey.open(kept.recovery, of: person.name))
            }
            // Later than every other, also of those that a restore has lost.
            let newest = try await siteKeyNotices(of: site).last?.order ?? 0
            let key = laterKey(
                id: environment.randomBytes(8), order: max(newest + 1, environment.now()), of: site)
            let notice = try SiteKeyNotice(key, of: site, for: readers)
            changes.append(
                try await administration(of: .site(site), [notice.write], study: study))
        }
        return changes
    }
}

extension PersonGrant {
    /// Whether a laptop of the site may hold a slot of the person.
    fileprivate func reads(_ site: SiteCode) -> Bool { covers(site) && role.may(.read) }
}
