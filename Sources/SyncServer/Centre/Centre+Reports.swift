import SyncProtocol
package import TrialModel
package import TrialStore

extension Centre {
    /// How a laptop's entries and the centre's agree, as far as the centre can know.
    package struct Reconciliation: Hashable, Sendable {
        package let site: SiteCode
        package let device: String
        /// What the laptop has made: what is here, and what it last said it still has.
        package var made: Int { receipted + pending }
        package let receipted: Int
        package let pending: Int
        /// Kept, not applied, and not released.
        package let quarantined: Int
        /// Whether the laptop found the digests equal at its last sync; `nil` before it has said so, and
        /// again after a restore.
        package let digestEqual: Bool?
        package let lastContactMilliseconds: Int64?
        /// When the centre was restored; `nil` if it never was.
        package let restored: CentreRestore?
        /// Whether the laptop has synced to the end since the centre was restored, if it was.
        package var sinceRestore: Bool { restored == nil || digestEqual != nil }
    }

    /// That the centre's store was put back, by `restore` or by hand, and who has synced to the end since.
    package struct CentreRestore: Hashable, Sendable {
        package let milliseconds: Int64
        package let synced: Int
        /// The laptops that are admitted.
        package let laptops: Int

        package var at: String { DeviceTime(milliseconds: milliseconds, offsetMinutes: 0).iso8601 }
        package var isWhole: Bool { synced == laptops }

        /// `restored TIME; 1 of 3 laptops have synced since`
        package var text: String {
            guard laptops > 0 else { return "restored \(at)" }
            return isWhole
                ? "restored \(at); every laptop has synced since"
                : "restored \(at); \(synced) of \(laptops) laptops have synced since"
        }
    }

    package func restored() async throws -> CentreRestore? { try await restored(among: try await devices()) }

    func restored(among devices: [DeviceStatus]) async throws -> CentreRestore? {
        guard let milliseconds = try await identities.restoredMilliseconds() else { return nil }
        let admitted = devices.filter { !$0.isRevoked }
        return CentreRestore(
            milliseconds: milliseconds, synced: admitted.count(where: { $0.device.digestsEqual != nil }),
            laptops: admitted.count)
    }

    /// The endpoints over all participants.
    package func endpoints() async throws -> EndpointReport {
        try await list().endpoints(asOf: now.iso8601)
    }

    /// Planned against taken doses, day by day, of all participants.
    package func dosing() async throws -> DosingReport {
        let book = try await book()
        return DosingReport(of: try await book.participantCases(), in: book.study, today: try today)
    }

    /// The visits of all participants, with their status today.
    package func schedule() async throws -> ScheduleReport {
        ScheduleReport(try await list().staying.compactMap(\.standing?.schedule))
    }

    /// Each laptop's entries here against what it says it has made.
    package func reconcile() async throws -> [Reconciliation] {
        var rows: [Reconciliation] = []
        let quarantine = Dictionary(grouping: try await replica.quarantine(), by: \.device)
        let devices = try await devices()
        let restored = try await restored(among: devices)
        for status in devices {
            let device = status.device
            let counts = try await replica.changeCounts(of: device.id)
            rows.append(
                Reconciliation(
                    site: device.site, device: device.certificate.name, receipted: counts.judged,
                    pending: device.pending,
                    quarantined: Set((quarantine[device.id] ?? []).map(\.id)).count,
                    digestEqual: device.digestsEqual, lastContactMilliseconds: device.lastSeenMilliseconds,
                    restored: restored))
        }
        return rows
    }

    var today: CalendarDate {
        get throws(Problem) {
            guard let date = now.localDate else {
                throw Problem(.clockWrong, "this machine's clock is outside the years that are allowed")
            }
            return date
        }
    }
}

extension Centre.Reconciliation {
    package var lastContact: String? {
        lastContactMilliseconds.map { DeviceTime(milliseconds: $0, offsetMinutes: 0).iso8601 }
    }

    package var json: JSON {
        .keyed([
            "site": .string(site.text), "device": .string(device), "made": .int(made),
            "receipted": .int(receipted), "pending": .int(pending), "quarantined": .int(quarantined),
            "digestEqual": digestEqual.map(JSON.bool) ?? .null, "lastContact": .optional(lastContact),
            "restoredAt": .optional(restored?.at), "sinceRestore": .bool(sinceRestore),
        ])
    }

    /// What is known of the digests, in words.
    package var digestText: String {
        guard let digestEqual else { return sinceRestore ? "unknown" : "not since the restore" }
        return digestEqual ? "equal" : "differs"
    }
}
