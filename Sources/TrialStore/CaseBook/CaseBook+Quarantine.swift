package import SyncProtocol
package import TrialModel

extension ReplicaStore {
    /// What was kept, not applied and not released either, in the order of receipt.
    package func quarantine(site: SiteCode? = nil) async throws -> [HistoryEntry] {
        let kept = try await notApplied(site: site).filter(\.isQuarantined)
        var released: Set<ChangeID> = []
        for record in Set(kept.compactMap { $0.change?.record }) {
            released.formUnion(try await history(of: record).released)
        }
        return kept.filter { !released.contains($0.id) }
    }

    /// The same of one record. Cost: its history.
    package func quarantine(of record: RecordKey) async throws -> [HistoryEntry] {
        try await history(of: record).inQuarantine
    }
}

extension HistoryEntry {
    fileprivate var isQuarantined: Bool { judgement?.verdict.kind == .quarantined }
}

extension [HistoryEntry] {
    /// Those of one record's history that were kept, not applied and not released either.
    var inQuarantine: [HistoryEntry] {
        let released = released
        return filter { $0.isQuarantined && !released.contains($0.id) }
    }

    /// The changes that a release among these admits.
    fileprivate var released: Set<ChangeID> {
        var released: Set<ChangeID> = []
        for entry in self where entry.change?.kind == .release && entry.judgement?.verdict == .applied {
            released.formUnion(entry.change?.cites ?? [])
        }
        return released
    }
}
