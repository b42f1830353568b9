import TrialModel
public import TrialStore

extension SiteStore {
    /// Walks every journal, signature and receipt of this store, and merges every record anew.
    ///
    /// - Parameter repairs: whether records that do not follow from their entries are written anew from
    ///   these.
    public func verify(repairing repairs: Bool = false) async throws -> VerifyReport {
        try await repairs ? replica.repair() : replica.verify()
    }

    /// The same of a store that cannot be worked with, because something in it does not open: that is a
    /// finding with its place. A repair writes rows alone that follow from the entries, so it needs nothing
    /// that was not read here.
    ///
    /// - Throws: `Problem(.wrongPassword)`; `.sealBroken` if even the laptop's own keys do not open.
    public static func verify(
        at places: Places, user: String, password: String, repairing repairs: Bool = false
    ) async throws -> VerifyReport {
        let store = try Self.file(of: places)
        defer { store.close() }
        do {
            let environment = ReplicaEnvironment.system
            guard let slot = try await SlotStore(store).slot(of: user) else {
                throw Problem(.wrongPassword, "user name or password is wrong")
            }
            let contents = try await open(
                slot, of: user, password: password, LoginAttempts(store), environment)
            let cipher = SealingCipher(SiteKeyRing(contents))
            let identity = try await SealedSettings.read(store, cipher).identity()
            let replica = SQLiteReplica(
                store, cipher: cipher, identity: identity, environment: environment)
            let heads = rememberedHeads(places)
            return try await repairs
                ? replica.repair(expecting: heads) : replica.verify(expecting: heads)
        } catch let problem as Problem { throw explained(problem, at: places) }
    }
}
