/// A version vector over journals: how far each journal is held. A missing journal counts as zero.
public struct ChangeVector: Hashable, Sendable {
    private var places: [JournalID: UInt64] = [:]

    public init() {}

    public subscript(journal: JournalID) -> UInt64 {
        get { places[journal] ?? 0 }
        set { places[journal] = newValue == 0 ? nil : newValue }
    }

    /// The journals held, in the order of their names.
    public var journals: [(journal: JournalID, n: UInt64)] {
        places.sorted { $0.key < $1.key }.map { (journal: $0.key, n: $0.value) }
    }

    public var count: Int { places.count }

    /// Whether every place the other vector holds is held here too.
    public func covers(_ other: ChangeVector) -> Bool {
        other.places.allSatisfy { self[$0.key] >= $0.value }
    }
}
