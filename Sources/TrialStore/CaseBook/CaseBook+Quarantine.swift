package import SyncProtocol
package import TrialModel

extension ReplicaStore {
    /// What was kept, not applied and not released either, in the order of receipt.
    package func quarantine(site: SiteCode? = nil) async throws -> [HistoryEntry] {
        let kept = try await notApplied(site: site)
            .filter { $0.judgement?.verdict.kind == .quarantined }
        var released: Set<ChangeID> = []
        for record in Set(kept.compactMap { $0.change?.record }) {
            for entry in try await history(of: record)
            where entry.change?.kind == .release && entry.judgement?.verdict == .applied {
                released.formUnion(entry.change?.cites ?? [])
            }
        }
        return kept.filter { !released.contains($0.id) }
    }
}
