package import TrialModel

/// The versions of the study definition that a replica holds.
package struct StudyShelf: Sendable {
    private let store: any ReplicaStore

    package init(_ store: any ReplicaStore) { self.store = store }

    /// The number of the newest version, without reading it; 0 if the replica has none yet.
    package func newestVersion() async throws -> Int {
        var filter = RecordFilter()
        (filter.site, filter.kinds) = (.all, [.study])
        return try await store.views(filter).compactMap { Int($0.view.state.key.name) }.max() ?? 0
    }

    /// The newest version; the shipped one if the replica has none yet.
    package func newest() async throws -> StudyDefinition {
        try await store.newestStudy() ?? StudyDefinition.shipped()
    }
}
