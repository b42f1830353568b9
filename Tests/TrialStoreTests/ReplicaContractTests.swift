import Testing
import TrialSyncTesting

/// The contract of every replica, over SQLite.
@Suite(.tags(.store), .timeLimit(.minutes(10))) struct ReplicaContractTests {
    @Test("A replica in SQLite keeps the contract", arguments: ContractRule.allCases)
    func contract(rule: ContractRule) async throws {
        try await ReplicaStoreContract(try TestReplicas()).check(rule)
    }
}
