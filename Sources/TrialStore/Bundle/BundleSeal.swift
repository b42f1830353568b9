package import Crypto
package import FoundationEssentials
package import SyncProtocol

/// What a bundle is sealed with, and how whoever gets it comes by the key.
package struct BundleSeal: Sendable {
    package let key: SymmetricKey
    /// The notice of the site's key (``SiteKeyNotice``); empty for the first.
    package let notice: Data

    package init(_ key: SiteKey, notice: Data) {
        self.key = BundleFile.key(of: SymmetricKey(data: key.key))
        self.notice = notice
    }
}
