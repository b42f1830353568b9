package import Crypto
package import SyncProtocol
package import TrialModel
package import TrialStore

extension Centre {
    /// A person who acts at the centre.
    package struct Actor: Sendable {
        let author: Author
        let key: Curve25519.Signing.PrivateKey
        let grant: PersonGrant
    }

    /// - Throws: `Problem(.wrongPassword)`, `.userDisabled`; `.notAllowed` if the role may not do this.
    package func actor(_ name: String, password: String, may action: Action) async throws -> Actor {
        let (grant, key) = try await logIn(name, password: password)
        let author = Author(name: name, role: grant.role, now: now, random: environment.random)
        try author.check(may: action)
        return Actor(author: author, key: key, grant: grant)
    }

    /// Decides a conflict. What a lock holds of a participant who has gone is admitted where the participant
    /// is now.
    package func resolve(
        _ id: String, take: String?, set: [String], reason: String, by actor: Actor
    ) async throws -> ConflictView {
        let book = try await book()
        let open = try await book.openConflict(id)
        let site = open.shown.visit.site
        try actor.check(at: site)
        if let take, try book.readmits(open, taking: take) {
            return try await readmit(open.conflict.id, reason: reason, by: actor)
        }
        let decision: CaseBook.Decision = if let take { .take(take) } else { .set(try book.values(set)) }
        let change = try book.resolving(open, decision, reason: reason, by: actor.author)
        // The site is asked to acknowledge it.
        let query = book.acknowledging(change, of: open, by: actor.author)
        _ = try await replica.save([change] + [query].compactMap(\.self), site: site, signedWith: actor.key)
        return try await book.conflict(open.conflict.id.hex)
    }

    private func readmit(
        _ conflict: ConflictID, reason: String, by actor: Actor
    ) async throws -> ConflictView {
        let mover = CaseBook.Mover(author: actor.author, key: actor.key, reason: reason)
        return try await trying {
            let book = try await book()
            let (saves, site) = try await book.readmitting(
                try await book.openConflict(conflict.hex), by: mover)
            try actor.check(at: site)
            _ = try await replica.save(saves)
            return try await book.conflict(conflict.hex)
        }
    }

    // MARK: At a glance

    package struct SiteStatus: Sendable {
        package let site: SiteCode
        package let name: String
        package let participants: Int
        /// Where they stand in the study.
        package let standings: StandingCounts
        package let devices: Int
        package let lastSyncMilliseconds: Int64?
        package let openConflicts: Int
        package let openQueries: Int
    }

    package struct Status: Sendable {
        package let study: StudyDefinition
        package let participants: Int
        /// Where they stand in the study.
        package let standings: StandingCounts
        package let records: Int
        package let entries: Int
        package let quarantined: Int
        package let openConflicts: Int
        package let openQueries: Int
        package let seriousEvents: [SeriousEvent]
        package let sites: [SiteStatus]
        /// Laptops whose clock is off or has run backwards.
        package let wrongClocks: [DeviceStatus]
        /// `nil` if the centre was never restored.
        package let restored: CentreRestore?
    }

    package func status() async throws -> Status {
        let (list, devices) = (try await list(), try await self.devices())
        let sites = try await standings(in: list, devices)
        var (records, entries) = (0, 0)
        for site in sites {
            let summary = try await replica.summary(of: site.site)
            records += summary.records
            entries += summary.entries
        }
        return Status(
            study: list.study, participants: list.staying.count, standings: list.standings, records: records,
            entries: entries, quarantined: list.quarantine.count, openConflicts: list.conflicts.count,
            openQueries: list.openQueries, seriousEvents: list.seriousEvents(now: now), sites: sites,
            wrongClocks: devices.filter { $0.clockTrouble != nil },
            restored: try await restored(among: devices))
    }

    /// How each site stands.
    func standings(in list: CaseList, _ devices: [DeviceStatus]) async throws -> [SiteStatus] {
        try await sites().map { site in
            let (here, laptops) = (
                list.at { $0 == site.code }, devices.map(\.device).filter { $0.site == site.code }
            )
            return SiteStatus(
                site: site.code, name: site.name, participants: here.staying.count,
                standings: here.standings, devices: laptops.count,
                lastSyncMilliseconds: laptops.compactMap(\.lastSeenMilliseconds).max(),
                openConflicts: here.conflicts.count, openQueries: here.openQueries)
        }
    }
}
