import FoundationEssentials
package import SyncProtocol
package import TrialModel

/// What a judge may look up, within the transaction in which it judges; people and studies are read once in
/// it.
struct StoreEvidence: JudgeEvidence {
    let store: StoreTransaction
    let siteRowID: Int64

    func change(_ id: ChangeID) throws -> Change? { try store.change(id) }

    func wasApplied(_ id: ChangeID) throws -> Bool { try store.verdict(of: id)?.kind == .applied }

    func state(of record: RecordKey) throws -> RecordState? { try store.state(of: record, site: siteRowID) }

    func isElsewhere(_ record: RecordKey) throws -> Bool {
        let home = try store.home(of: record, site: siteRowID)
        return home != nil && home != siteRowID
    }

    func person(_ name: String) throws -> PersonGrant? {
        if let known = store.people[name] { return known }
        let grant = try store.existingState(store.lookup(.person(name))).flatMap(PersonGrant.init(record:))
        store.people[name] = .some(grant)
        return grant
    }

    func isRevoked(_ device: DeviceID) throws -> Bool {
        if let known = store.revoked[device] { return known }
        let isRevoked = try store.existingState(store.lookup(.device(device)))?["@revoked"].standing != nil
        store.revoked[device] = isRevoked
        return isRevoked
    }

    func study(version: Int) throws -> StudyDefinition? {
        if let known = store.studies[version] { return known }
        let record = try store.existingState(store.lookup(.study(version: version)))
        let study = try record.flatMap { record throws(Problem) in try store.studyCache.definition(in: record)
        }
        store.studies[version] = .some(study)
        return study
    }
}

extension PersonGrant {
    /// Reads a person's record of `*`; `nil` if it has no role or key, or if two versions of them stand
    /// against each other.
    package init?(record: RecordState) {
        func text(_ register: String) -> String? {
            guard case .text(let text)? = record[register].agreed?.value(of: register) else { return nil }
            return text
        }
        guard record.key.kind == .person, let role = text("@role").flatMap(Role.init(name:)),
            let key = text("@key").flatMap({ Hex.decode($0) })
        else { return nil }
        let sites = (text("@sites") ?? "").split(separator: " ").compactMap { SiteCode($0) }
        // Of passwords set at the same time all count.
        let generations = record["@slots"].live.compactMap { version -> Int64? in
            if case .integer(let count) = version.value(of: "@slots") { count } else { nil }
        }
        self.init(
            name: record.key.name, role: role, sites: sites, isDisabled: record["@disabled"].standing != nil,
            publicKey: Data(key), generation: Int(clamping: generations.max() ?? 1))
    }

    /// The registers that say the same.
    package var writes: [RegisterWrite] {
        [
            RegisterWrite("@role", [ItemValue("@role", .text(role.name))]),
            RegisterWrite("@sites", [ItemValue("@sites", .text(sites.map(\.text).joined(separator: " ")))]),
            RegisterWrite("@key", [ItemValue("@key", .text(Hex.encode(publicKey)))]),
            RegisterWrite("@slots", [ItemValue("@slots", .integer(Int64(generation)))]),
        ]
    }
}
