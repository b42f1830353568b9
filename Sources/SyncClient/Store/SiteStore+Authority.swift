import Foundation
import SyncProtocol
import TrialModel
import TrialStore

/// The centre may change its certificate authority: it publishes the pins that count over the signed sync,
/// the new one beside the old one, and changes over when every laptop has both.
extension SiteStore {
    /// Takes the pins over that the centre has published, for the next connection: after each sync, and after
    /// each bundle, which is the way back for a laptop that missed the change.
    ///
    /// They came as an entry of the centre's own journal under a receipt by its key, which is another than
    /// the authority's. A laptop that trusts its system's authorities, or speaks on loopback, pins nothing.
    func followAuthority() async throws {
        let address = try await replica.centreAddress()
        guard !address.authority.isEmpty else { return }
        let record = try await replica.view(of: .site(.all), site: .all).state
        guard
            case .text(let text)? = record[RegisterName.authority].agreed?.value(of: RegisterName.authority),
            CentreLink.fingerprint(ofPEM: Array(text.utf8)) != nil
        else { return }
        let published = Data(text.utf8)
        guard published != address.authority else { return }
        try await replica.set(CentreAddress(server: address.server, authority: published))
        link.trust(caPEM: published)
    }
}
