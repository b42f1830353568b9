package import SyncProtocol
package import TrialModel
package import TrialStore

/// A person's rights from one moment on.
package struct GrantedRights: Hashable, Sendable {
    package let at: DeviceTime
    /// Who gave them.
    package let by: String
    package let grant: PersonGrant
}

/// What the centre knows of a person.
package struct PersonView: Sendable {
    package let name: String
    /// The rights on the day that was asked for, or now; `nil` before the person had any.
    package let grant: PersonGrant?
    /// Every change of the rights, the first first.
    package let history: [GrantedRights]
    package let attempts: LoginAttempts.Standing
}

/// A person in a list of all.
package struct ListedPerson: Sendable {
    package let grant: PersonGrant
    package let attempts: LoginAttempts.Standing
}

extension Centre {
    /// - Throws: `Problem(.notFound)`.
    func person(_ name: String) async throws -> PersonGrant {
        guard let grant = try await PeopleShelf(replica).person(name) else {
            throw Problem(.notFound, "there is no user \(name)", remedy: "see `trialsyncd user list`")
        }
        return grant
    }

    /// A person's rights now or at the end of a day, told from the journal: the record's own history.
    ///
    /// - Throws: `Problem(.notFound)`.
    package func show(person name: String, on day: CalendarDate?) async throws -> PersonView {
        let now = try await person(name)
        let history = try await rights(of: name)
        var grant: PersonGrant? = now
        if let end = day?.dayNumbers.upperBound {
            let offset = Int64(self.now.offsetMinutes) * 60_000
            let limit = (Int64(end) + 1) * 86_400_000 - offset
            grant = history.last { $0.at.milliseconds < limit }?.grant
        }
        return PersonView(
            name: name, grant: grant, history: history, attempts: try await attempts.standing(of: name))
    }

    private func rights(of name: String) async throws -> [GrantedRights] {
        var state = RecordState(key: .person(name))
        var applied: Set<ChangeID> = []
        var rights: [GrantedRights] = []
        for entry in try await replica.history(of: .person(name)) {
            guard let change = entry.change, entry.judgement?.verdict.kind == .applied else { continue }
            state.apply(change, id: entry.id) { applied.contains($0) }
            applied.insert(entry.id)
            guard let grant = PersonGrant(record: state) else { continue }
            rights.append(GrantedRights(at: change.at, by: change.author, grant: grant))
        }
        return rights
    }

    /// All people, with how their log-ins went.
    package func people() async throws -> [ListedPerson] {
        var people: [ListedPerson] = []
        for grant in try await PeopleShelf(replica).all() {
            people.append(ListedPerson(grant: grant, attempts: try await attempts.standing(of: grant.name)))
        }
        return people
    }

    /// Ends a person's access, or gives it back: at once here, on each laptop at its next contact. Ending it
    /// begins a new key at each site of the person.
    ///
    /// The line in ``RevocationFile`` comes first: if the power fails between the two, the record follows it
    /// when the store is opened next.
    /// - Parameter author: who does it; `nil` for the operator of the server.
    /// - Throws: `Problem(.notFound)`.
    package func setDisabled(
        _ isDisabled: Bool, person name: String, by author: Author? = nil
    ) async throws -> PersonGrant {
        let grant = try await person(name)
        guard grant.isDisabled != isDisabled else { return grant }
        try RevocationFile(url: directory.revocations).note(
            person: name, isDisabled: isDisabled, at: environment.now())
        return try await following("the access of \(name) is \(isDisabled ? "ended" : "given back")") {
            try await writeDisabled(isDisabled, grant, by: author)
        }
    }

    func writeDisabled(
        _ isDisabled: Bool, _ grant: PersonGrant, by author: Author? = nil
    ) async throws -> PersonGrant {
        let next = grant.with(isDisabled: isDisabled)
        try await change(
            grant, to: next,
            [
                RegisterWrite("@disabled", [ItemValue("@disabled", .yesNo(isDisabled))])
            ], by: author)
        return try await person(grant.name)
    }

    /// Writes a person's rights, and the site keys that begin with them, in one transaction.
    private func change(
        _ grant: PersonGrant, to next: PersonGrant, _ writes: [RegisterWrite], by author: Author? = nil
    ) async throws {
        let study = try await study()
        let own = try await administration(of: .person(grant.name), writes, study: study, by: author)
        let keys = try await newSiteKeys(before: grant, after: next, study: study)
        _ = try await replica.save([own] + keys, site: .all, signedWith: nil)
    }

    /// Gives a person another role or other sites.
    ///
    /// - Parameters:
    ///   - role: `nil` leaves it.
    ///   - texts: all sites of the person from now on; empty leaves them.
    /// - Throws: `Problem(.notFound)`, `.siteUnknown`, `.usage`.
    package func setRights(
        of name: String, role: Role?, sites texts: [String]
    ) async throws -> PersonGrant {
        let grant = try await person(name)
        let role = role ?? grant.role
        let sites = try await sites(texts.isEmpty ? grant.sites.map(\.text) : texts, for: role)
        guard role != grant.role || sites != grant.sites else { return grant }
        try await change(
            grant, to: grant.with(role: role, sites: sites),
            [
                RegisterWrite("@role", [ItemValue("@role", .text(role.name))]),
                RegisterWrite(
                    "@sites", [ItemValue("@sites", .text(sites.map(\.text).joined(separator: " ")))]),
            ])
        return try await person(name)
    }

    /// The sites of a person with that role, each once.
    ///
    /// - Throws: `Problem(.siteUnknown)`; `Problem(.usage)` for a role that needs one.
    func sites(_ texts: [String], for role: Role) async throws -> [SiteCode] {
        var sites: [SiteCode] = []
        for text in texts {
            let site = try await site(text)
            if !sites.contains(site) { sites.append(site) }
        }
        guard !role.isBoundToSites || !sites.isEmpty else {
            throw Problem(.usage, "a person who is \(role.name) works at a site", remedy: "give --site CODE")
        }
        // Who belongs to the whole trial is not shown as if bound to a site.
        return role.isBoundToSites ? sites : []
    }
}

extension PersonView {
    package var json: JSON {
        let changes = history.map { rights in
            JSON.keyed([
                "at": .string(rights.at.iso8601), "by": .string(rights.by),
                "role": .string(rights.grant.role.name),
                "sites": .array(rights.grant.sites.map { .string($0.text) }),
                "disabled": .bool(rights.grant.isDisabled), "passwordSet": .int(rights.grant.generation),
            ])
        }
        return .keyed([
            "user": .string(name), "role": .optional(grant?.role.name),
            "sites": .array((grant?.sites ?? []).map { .string($0.text) }),
            "disabled": .bool(grant?.isDisabled ?? false), "failedLogins": .int(attempts.failed.count),
            "refusedLogins": .int(attempts.refused), "lastRefused": .optional(attempts.lastRefused),
            "history": .array(changes),
        ])
    }
}

extension ListedPerson {
    package var json: JSON {
        .keyed([
            "user": .string(grant.name), "role": .string(grant.role.name),
            "sites": .array(grant.sites.map { .string($0.text) }), "disabled": .bool(grant.isDisabled),
            "refusedLogins": .int(attempts.refused), "lastRefused": .optional(attempts.lastRefused),
        ])
    }
}

extension LoginAttempts.Standing {
    /// ISO 8601 UTC of the last refusal.
    package var lastRefused: String? {
        refusedMilliseconds.map { DeviceTime(milliseconds: $0, offsetMinutes: 0).iso8601 }
    }
}
