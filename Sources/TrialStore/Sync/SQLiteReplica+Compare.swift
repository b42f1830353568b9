import FoundationEssentials
import GRDB
import SyncProtocol
import TrialModel

extension StoreTransaction {
    /// A record's name in comparisons: not the look-up value, which is keyed on a laptop.
    private func publicHash(_ key: RecordKey) -> Data { PlainCipher().lookup(.record, key.bytes) }

    /// The centre's part of a comparison; records under a long prefix go to the builder.
    func comparison(
        of prefixes: [Data], sites: [Int64], _ builder: inout LiveBuilder, _ budget: inout PageBudget
    ) throws -> Comparison {
        var comparison = Comparison(asked: [])
        for prefix in prefixes where !budget.isSpent {
            comparison.asked.append(prefix)
            let upper = prefix + Data(repeating: 0xFF, count: 17 - prefix.count)
            let rows = try Row.fetchCursor(
                db.cachedStatement(
                    sql: "SELECT key, digest FROM record WHERE key >= ? AND key < ? AND site IN (?, ?)"),
                arguments: [prefix, upper, sites.first, sites.last])
            while let row = try rows.next() {
                let hash: Data = row[0]
                guard prefix.count < Comparison.recordPrefixBytes else {
                    try builder.add(record: hash, &budget)
                    continue
                }
                let child = Data(hash.prefix(prefix.count + 1))
                comparison.sums[child, default: StateDigest()].add(
                    StateDigest(bytes: row[1] as Data) ?? StateDigest())
            }
        }
        comparison.sums = comparison.sums.filter { $0.value != StateDigest() }
        return comparison
    }

    /// A record of this replica, as a comparison sees it.
    private struct Compared {
        let lookup: Data
        let site: Int64
        let hash: Data
        let state: RecordState
    }

    /// Reads every record: only where digests differ. One that cannot be read counts for nothing, so that it
    /// is found by what it lacks.
    private func compared(sites: [Int64]) throws -> [Compared] {
        try rows("SELECT key, site, state FROM record WHERE site IN (?, ?)", [sites.first, sites.last])
            .compactMap { row in
                guard let state = try? decodeState(row[2], row[0]) else { return nil }
                return Compared(lookup: row[0], site: row[1], hash: publicHash(state.key), state: state)
            }
    }

    /// The prefixes under which something differs from the centre.
    func differing(from comparison: Comparison, sites: [Int64]) throws -> [Data] {
        let asked = comparison.asked.filter { $0.count < Comparison.recordPrefixBytes }
        guard !asked.isEmpty else { return [] }
        var sums: [Data: StateDigest] = [:]
        for record in try compared(sites: sites) {
            guard let prefix = asked.first(where: { record.hash.starts(with: $0) }) else { continue }
            sums[Data(record.hash.prefix(prefix.count + 1)), default: StateDigest()].add(record.state.digest)
        }
        let children = Set(sums.keys).union(comparison.sums.keys)
        let differing = children.filter {
            sums[$0] ?? StateDigest() != comparison.sums[$0] ?? StateDigest()
        }
        return Array(
            differing.sorted { $0.lexicographicallyPrecedes($1) }.prefix(WireLimits.comparedPrefixes))
    }

    /// Puts the centre's records in the place of those that differ from them.
    ///
    /// - Returns: how many differed.
    func repair(by contents: LiveContents, under prefixes: [Data], site: Int64, all: Int64) throws -> Int {
        var here: [Data: Compared] = [:]
        for record in try compared(sites: [site, all])
        where prefixes.contains(where: { record.hash.starts(with: $0) }) {
            here[record.hash] = record
        }
        var repaired = 0
        for record in contents.records {
            let known = here.removeValue(forKey: publicHash(record.key))
            let state = try record.state { try liveChange($0) }
            guard known?.state != state else { continue }
            try execute("DELETE FROM record WHERE key = ?", [lookup(record.key)])
            let isStudyWide = record.key.kind.isStudyWide
            try replace(state, site: isStudyWide ? all : site)
            repaired += 1
        }
        for record in here.values where record.state.digest != StateDigest() {
            try execute("DELETE FROM record WHERE key = ?", [record.lookup])
            repaired += 1
        }
        try flush()
        return repaired
    }

    /// Writes each record's digest, and the sums of them, anew.
    ///
    /// - Returns: how many digests were not those of their records.
    func sumAnew(sites: [Int64]) throws -> Int {
        var sums: [Int64: StateDigest] = [:]
        var wrong = 0
        for record in try compared(sites: sites) {
            let digest = record.state.digest
            sums[record.site, default: StateDigest()].add(digest)
            let row = try row("SELECT digest FROM record WHERE key = ?", [record.lookup])
            guard row?[0] as Data? != Data(digest.bytes) else { continue }
            try execute(
                "UPDATE record SET digest = ? WHERE key = ?", [Data(digest.bytes), record.lookup])
            wrong += 1
        }
        for site in sites {
            let sum = Data((sums[site] ?? StateDigest()).bytes)
            if try Data(digest(ofSite: site).bytes) != sum {
                wrong = max(wrong, 1)
                try execute("UPDATE site SET digest = ? WHERE id = ?", [sum, site])
            }
        }
        return wrong
    }
}

extension ApplyWork {
    /// Takes the centre's part of a comparison over: looks further below, or repairs.
    mutating func takeComparison(_ response: SyncResponse, site: Int64, all: Int64) throws {
        guard let comparison = response.comparison, !response.page.more, response.page.runs.isEmpty else {
            return
        }
        let records = comparison.asked.filter { $0.count >= Comparison.recordPrefixBytes }
        if records.isEmpty {
            result.differing = try store.differing(from: comparison, sites: [site, all])
            guard result.differing.isEmpty else { return }
            // Every record is right, so it is the sums that are not.
            result.repaired = try store.sumAnew(sites: [site, all])
        } else {
            result.repaired = try store.repair(by: response.live, under: records, site: site, all: all)
            _ = try store.sumAnew(sites: [site, all])
        }
        guard result.repaired > 0 else { return }
        try store.noteRepairs(result.repaired, at: environment.now())
    }
}

/// Records whose merged state differed from the centre's and was replaced, or rows that were written anew
/// from the entries, since the store was made.
package struct RepairEvents: Hashable, Sendable {
    package let records: Int
    /// Of the last; milliseconds since 1970 UTC.
    package let at: Int64
}

extension SQLiteReplica {
    /// `nil` if nothing ever had to be repaired.
    package func repairs() async throws -> RepairEvents? { try await read { try $0.repairs() } }
}

extension StoreTransaction {
    private static let repairSetting = "repairs"

    func repairs() throws -> RepairEvents? { try events(Self.repairSetting) }

    fileprivate func noteRepairs(_ count: Int, at now: Int64) throws {
        try noteEvents(count, in: Self.repairSetting, at: now)
    }

    /// - Throws: `Problem(.storeDamaged)`, `.sealBroken` if the setting was altered.
    func events(_ setting: String) throws -> RepairEvents? {
        guard let bytes = try self.setting(setting) else { return nil }
        var row = RowReader(bytes)
        // No count of what stands in the row: it may be larger than the row is long.
        return RepairEvents(records: Int(clamping: try row.number()), at: try row.signed())
    }

    /// A setting that cannot be read bars no repair: the count begins anew.
    func noteEvents(_ count: Int, in setting: String, at now: Int64) throws {
        let before = (try? events(setting))?.records ?? 0
        var row = RowWriter()
        row.count(before.addingClamped(count))
        row.signed(now)
        try set(setting, to: Data(row.bytes))
    }
}

extension Int {
    /// The sum, or the largest number: what stands in a setting may have been altered.
    func addingClamped(_ other: Int) -> Int {
        let (sum, isTooLarge) = addingReportingOverflow(other)
        return isTooLarge ? .max : sum
    }
}
