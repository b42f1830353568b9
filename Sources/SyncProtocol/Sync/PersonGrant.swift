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
    /// How often the person's password has been set: key slots made before the last time are void.
    package let generation: Int

    package init(
        name: String, role: Role, sites: [SiteCode], isDisabled: Bool, publicKey: Data, generation: Int = 1
    ) {
        (self.name, self.role, self.sites) = (name, role, sites)
        (self.isDisabled, self.publicKey, self.generation) = (isDisabled, publicKey, generation)
    }

    /// The same person with other rights.
    package func with(role: Role? = nil, sites: [SiteCode]? = nil, isDisabled: Bool? = nil) -> PersonGrant {
        PersonGrant(
            name: name, role: role ?? self.role, sites: sites ?? self.sites,
            isDisabled: isDisabled ?? self.isDisabled, publicKey: publicKey, generation: generation)
    }

    /// Whether the person acts at this site.
    public func covers(_ site: SiteCode) -> Bool {
        !isDisabled && (!role.isBoundToSites || sites.contains(site))
    }

    /// Whether a key slot of this generation still opens a laptop of the site.
    package func admits(slotOf slotGeneration: Int, at site: SiteCode) -> Bool {
        covers(site) && role.may(.read) && slotGeneration >= generation
    }
}
