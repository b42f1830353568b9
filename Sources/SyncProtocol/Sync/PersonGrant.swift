package import FoundationEssentials
public import TrialModel

/// A person's rights, as the records of `*` give them.
public struct PersonGrant: Hashable, Sendable {
    public let name: String
    public let role: Role
    /// Empty: every site.
    public let sites: [SiteCode]
    public let isDisabled: Bool
    /// The public key of the person's own signatures.
    package let publicKey: Data

    package init(name: String, role: Role, sites: [SiteCode], isDisabled: Bool, publicKey: Data) {
        (self.name, self.role, self.sites) = (name, role, sites)
        (self.isDisabled, self.publicKey) = (isDisabled, publicKey)
    }

    /// Whether the person acts at this site.
    public func covers(_ site: SiteCode) -> Bool {
        !isDisabled && (!role.isBoundToSites || sites.contains(site))
    }
}
