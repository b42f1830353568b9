import FoundationEssentials

extension StoreTransaction {
    private static let clockSetting = "clock-offset"
    /// Smaller changes are the network's, and not worth a write.
    private static let clockStepMilliseconds: Int64 = 2000

    /// How far this device's clock was ahead of the centre's at the last answer, in milliseconds.
    func clockOffset() throws -> Int64? {
        try setting(Self.clockSetting).flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
    }

    func noteClock(_ milliseconds: Int64) throws {
        if let known = try clockOffset(), abs(known - milliseconds) < Self.clockStepMilliseconds { return }
        try set(Self.clockSetting, to: Data(String(milliseconds).utf8))
    }
}

extension SQLiteReplica {
    /// How far this device's clock was ahead of the centre's at the last answer, in milliseconds.
    package func clockOffset() async throws -> Int64? { try await read { try $0.clockOffset() } }
}
