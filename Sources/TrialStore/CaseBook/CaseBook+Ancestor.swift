package import TrialModel

extension CaseBook {
    /// How many changes are looked at for what stood before a conflict.
    private static let ancestorLimit = 500

    /// What stood before the values of a conflict: the last versions of the register that each of them
    /// replaces, itself or through others. Empty if they have nothing in common, or if it lies too far back.
    package func ancestors(of open: OpenConflict) async throws -> [VersionView] {
        guard open.conflict.kind == .concurrentEdit else { return [] }
        let register = open.conflict.register
        var replaced: [ChangeID: [ChangeID]] = [:]
        var found: [ChangeID: VersionView] = [:]
        var common: Set<ChangeID>?
        for sibling in open.conflict.siblings {
            var (seen, next) = (Set<ChangeID>(), [sibling])
            while let id = next.popLast() {
                if replaced[id] == nil {
                    guard replaced.count < Self.ancestorLimit else { return [] }
                    let entry = try await store.entry(of: id)
                    let write = entry?.change?.writes.first { $0.register == register }
                    replaced[id] = (write?.replaces ?? []) + (write?.through ?? [])
                    if let entry, let write {
                        found[id] = VersionView(stamp: Self.stamp(entry), values: write.values)
                    }
                }
                next += (replaced[id] ?? []).filter { seen.insert($0).inserted }
            }
            common = common?.intersection(seen) ?? seen
        }
        let shared = common ?? []
        let older = Set(shared.flatMap { replaced[$0] ?? [] })
        return shared.subtracting(older).sorted().compactMap { found[$0] }
    }
}
