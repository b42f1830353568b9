import TrialModel

/// What a write takes the place of, as far as the centre can see.
///
/// `through` exists for saves on top of saves that had no verdict yet: it names what those had replaced, so
/// that an old value does not come back if they come to nothing. It must not serve to replace anything else:
/// every rule for what is replaced would be passed by.
struct ReplacedVersions {
    /// The versions that go: those named, and in the place of one that was not applied what that one had
    /// replaced.
    private(set) var ids: [ChangeID] = []
    /// Whether every id in `through` is a predecessor of a version that the write replaces. Where one of
    /// these is not here, nobody can tell, and what is left counts as replaced itself.
    private(set) var isFounded = true

    init(of write: RegisterWrite, _ evidence: some JudgeEvidence) throws {
        func predecessors(_ id: ChangeID) throws -> [ChangeID]? {
            try evidence.change(id)?.writes.first { $0.register == write.register }.map {
                $0.replaces + $0.through
            }
        }
        ids = try Self.walk(from: write.replaces) { id in
            try evidence.wasApplied(id) ? nil : try predecessors(id)
        }.ends
        guard !write.through.isEmpty else { return }
        var missing = Set(write.through)
        let way = try Self.walk(from: write.replaces) { id in
            missing.remove(id)
            return missing.isEmpty ? nil : try predecessors(id)
        }
        missing.subtract(way.seen)
        guard !missing.isEmpty else { return }
        let isUnknown = try way.ends.contains { try evidence.change($0) == nil }
        isFounded = isUnknown && !way.isCut
        ids += missing.sorted()
    }

    /// Goes from version to version; where `next` gives none, the way ends.
    private static func walk(
        from start: [ChangeID], next: (ChangeID) throws -> [ChangeID]?
    ) rethrows -> (ends: [ChangeID], seen: Set<ChangeID>, isCut: Bool) {
        var (open, seen, ends) = (start, Set(start), [ChangeID]())
        while let id = open.popLast() {
            guard seen.count <= longestWay else { return (ends + [id] + open, seen, true) }
            guard let following = try next(id) else {
                ends.append(id)
                continue
            }
            for other in following where seen.insert(other).inserted { open.append(other) }
        }
        return (ends, seen, false)
    }

    /// No laptop keeps so many saves of one value unsent.
    private static let longestWay = 20_000
}
