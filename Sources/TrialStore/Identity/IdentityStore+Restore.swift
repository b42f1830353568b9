package import FoundationEssentials
import GRDB
import SyncProtocol

extension IdentityStore {
    /// Begins a new epoch in a store that was taken out of a backup, in one transaction: sessions, challenges
    /// and enrolment links end, for nobody knows which of them were used since; and no number is leased
    /// twice.
    ///
    /// - Parameters:
    ///   - now: milliseconds since 1970 UTC.
    ///   - known: the numbers of the store in whose place this one stands.
    package func beginEpoch(_ epoch: Data, now: Int64, beyond known: LeasedNumbers?) async throws {
        try await replica.write { store in
            for table in ["session", "challenge", "invite"] { try store.execute("DELETE FROM \(table)") }
            try store.set(StoreTransaction.epochSetting, to: epoch)
            if let known { try store.take(known) }
            try store.noteRestore(at: now)
        }
    }

    /// Takes over what another store of the same centre knew of leases.
    package func take(_ known: LeasedNumbers) async throws { try await replica.write { try $0.take(known) } }

    /// Keeps a person's key that another store of the same centre has for the record as it is here.
    package func keep(_ key: PersonKey, of person: String) async throws {
        try await replica.write { store in
            try store.execute(
                "INSERT OR REPLACE INTO person_key (name, slot, recovery) VALUES (?, ?, ?)",
                [person, key.slot.bytes, key.recovery])
        }
    }

    /// When the store was put back to an earlier state, or that it had been was noticed, in milliseconds
    /// since 1970 UTC; `nil` if that never happened.
    package func restoredMilliseconds() async throws -> Int64? {
        try await replica.setting(StoreTransaction.restoredSetting).flatMap {
            Int64(String(decoding: $0, as: UTF8.self))
        }
    }
}

extension StoreTransaction {
    static let restoredSetting = "restored-at"

    /// Remembers that the store was put back: what laptops said before does not speak of it, and leases begin
    /// beyond those that it may not know.
    func noteRestore(at milliseconds: Int64) throws {
        try set(Self.restoredSetting, to: Data(String(milliseconds).utf8))
        try execute("UPDATE device SET digests_equal = NULL")
        try leapNumbers()
    }
}
