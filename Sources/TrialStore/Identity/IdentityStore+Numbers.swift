import FoundationEssentials
import GRDB
package import SyncProtocol
package import TrialModel

/// What the centre answers to a laptop's report of its participant numbers.
package struct NumbersReply: Hashable, Sendable {
    /// The next block, if the laptop runs low.
    package var lease: NumberLease?
    /// Of the numbers that the laptop holds, those that another one was leased since.
    package var withdrawn: [NumberLease] = []
}

/// What a centre knows of the participant numbers that it leased (decision 0024).
package struct LeasedNumbers: Sendable {
    /// The highest number leased at each site.
    let highest: [(site: String, number: Int)]
    let leases: [(site: String, device: Data, first: Int, last: Int)]
}

extension IdentityStore {
    /// How many participant numbers a laptop is leased at a time.
    package static let leaseNumbers = 20

    /// Takes a number that was given by hand out of what later leases give.
    package func reserve(number: Int, site: SiteCode) async throws {
        try await replica.write { try $0.leaseOn(from: number, site: site.text) }
    }

    /// The highest number of a site that a laptop was leased, or that was given by hand; 0 for none.
    package func highestLeased(at site: SiteCode) async throws -> Int {
        try await replica.read { try $0.highestLeased(at: site) }
    }

    package func leasedNumbers() async throws -> LeasedNumbers {
        try await replica.read { store in
            let highest = try store.rows("SELECT site, numbers_leased FROM site_key ORDER BY site")
            let leases = try store.rows("SELECT site, device, first, last FROM lease ORDER BY site, first")
            return LeasedNumbers(
                highest: highest.map { (site: $0[0] as String, number: $0[1] as Int) },
                leases: leases.map {
                    (
                        site: $0[0] as String, device: $0[1] as Data, first: $0[2] as Int,
                        last: $0[3] as Int
                    )
                })
        }
    }
}

extension StoreTransaction {
    fileprivate func highestLeased(at site: SiteCode) throws -> Int {
        let leased: Int = try row("SELECT numbers_leased FROM site_key WHERE site = ?", [site.text])?[0] ?? 0
        return leased
    }

    /// Leases the next block of a site's participant numbers, past every number that any laptop reports.
    func lease(site: SiteCode, device: DeviceID, count: Int) throws -> NumberLease {
        let leased = try highestLeased(at: site)
        let lease = NumberLease(first: leased + 1, last: leased + count)
        try leaseOn(from: lease.last, site: site.text)
        try note(lease, of: device, site: site)
        return lease
    }

    /// Settles what a laptop reports of its numbers: what it holds is its own, unless another laptop was
    /// leased it since; a laptop that runs low is leased more.
    ///
    /// After a restore this makes up for the leases that the backup does not know. The same report has the
    /// same effect again: an answer may be lost.
    func settleNumbers(of device: DeviceID, _ hello: Hello, count: Int) throws -> NumbersReply {
        var reply = NumbersReply()
        try leaseOn(from: hello.numbersSeen, site: hello.site.text)
        for block in hello.numbersHeld {
            try leaseOn(from: block.last, site: hello.site.text)
            reply.withdrawn += try settle(block, of: device, site: hello.site)
        }
        let taken = reply.withdrawn.reduce(0) { $0 + $1.last - $1.first + 1 }
        guard hello.numbersLeft - taken < count / 2 else { return reply }
        reply.lease = try lease(site: hello.site, device: device, count: count)
        return reply
    }

    /// - Returns: the parts of the block that other laptops were leased. What nobody was is noted as this
    ///   laptop's.
    private func settle(_ block: NumberLease, of device: DeviceID, site: SiteCode) throws -> [NumberLease] {
        var taken: [NumberLease] = []
        var next = block.first
        for row in try rows(
            """
            SELECT first, last, device FROM lease
            WHERE site = ? AND first <= ? AND last >= ? ORDER BY first
            """,
            [site.text, block.last, block.first])
        {
            let (first, last) = (max(row[0] as Int, block.first), min(row[1] as Int, block.last))
            if next < first {
                try note(NumberLease(first: next, last: first - 1), of: device, site: site)
            }
            if row[2] as Data != Data(device.bytes) { taken.append(NumberLease(first: first, last: last)) }
            next = max(next, last + 1)
        }
        if next <= block.last {
            try note(NumberLease(first: next, last: block.last), of: device, site: site)
        }
        return taken
    }

    private func note(_ lease: NumberLease, of device: DeviceID, site: SiteCode) throws {
        try execute(
            "INSERT OR IGNORE INTO lease (site, device, first, last) VALUES (?, ?, ?, ?)",
            [site.text, Data(device.bytes), lease.first, lease.last])
    }

    /// Takes over what the store that this one replaces knew of leases.
    func take(_ known: LeasedNumbers) throws {
        for entry in known.highest { try leaseOn(from: entry.number, site: entry.site) }
        for lease in known.leases {
            try execute(
                "INSERT OR IGNORE INTO lease (site, device, first, last) VALUES (?, ?, ?, ?)",
                [lease.site, lease.device, lease.first, lease.last])
        }
    }

    /// Later leases begin after this number.
    fileprivate func leaseOn(from number: Int, site: String) throws {
        try execute(
            "UPDATE site_key SET numbers_leased = ?1 WHERE site = ?2 AND numbers_leased < ?1", [number, site])
    }

    /// Leaves out, at each site, as many numbers as its laptops, and one that is not known here, can each
    /// have been leased since the store was as it is now.
    func leapNumbers() throws {
        try execute(
            """
            UPDATE site_key SET numbers_leased = numbers_leased + ? * (
                1 + (SELECT count(*) FROM device WHERE device.site = site_key.site))
            """, [IdentityStore.leaseNumbers])
    }
}
