/// What can go wrong in a simulated trial. In all, messages are lost and delayed, and requests come twice and
/// after later ones.
package enum Fault: String, Codable, Sendable, CaseIterable {
    /// A body arrives without its end.
    case cutBodies
    /// Sticks between laptops, to the centre and from it.
    case bundles
    /// A store is copied and both go on; the copies may even draw the same random numbers.
    case clones
    /// A laptop's disk is put back to an earlier image.
    case images
    /// A laptop's program ends at any write; what goes on is the files as they were then.
    case laptopCrashes
    case centreCrashes
    /// The centre is put back from a backup, and draws a new epoch as `restore` does.
    case announcedRestores
    /// The centre's file is put back by hand, with the epoch that stands in it.
    case silentRestores
    /// A laptop joins in the middle, with an empty store.
    case newcomers
    case fullDisks
    /// A write fails in the middle of a transaction.
    case writeErrors
    /// A clock is off by up to ten years, or runs backwards.
    case wrongClocks
    /// Locks, voids, signatures, resolutions and releases race with edits.
    case decisions
    /// People and laptops lose their access and get it back.
    case endedAccess
    /// The study is amended, and some laptops write by the new version before others have it.
    case amendments
    /// A participant moves to another site.
    case transfers
    /// Programs of another age: fields, items and versions that this one does not know.
    case otherPrograms
}

/// The kinds of trouble that are run by themselves: a thousand seeds each in CI (`scripts/seeds`),
/// and three in its debug build.
package enum FaultFamily: String, Codable, Sendable, CaseIterable {
    case network, bundles, copies, crashes, restores, firstSync, disks, clocks, decisions, access
    case amendments, transfers, otherPrograms, copiesAndRestores, everything

    /// Each is on in most runs of the family, and off in some (a swarm).
    package var faults: [Fault] {
        switch self {
        case .network: [.cutBodies]
        case .bundles: [.bundles]
        case .copies: [.clones, .images]
        case .crashes: [.laptopCrashes, .centreCrashes]
        case .restores: [.announcedRestores, .silentRestores]
        case .firstSync: [.newcomers, .laptopCrashes, .announcedRestores]
        case .disks: [.fullDisks, .writeErrors]
        case .clocks: [.wrongClocks]
        case .decisions: [.decisions]
        case .access: [.endedAccess, .decisions]
        case .amendments: [.amendments, .otherPrograms, .newcomers]
        case .transfers: [.transfers, .decisions]
        case .otherPrograms: [.otherPrograms, .bundles]
        case .copiesAndRestores: [.bundles, .clones, .images, .announcedRestores, .silentRestores]
        case .everything: Fault.allCases
        }
    }
}
