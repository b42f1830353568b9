package import SyncProtocol
package import TrialModel

/// The people that a replica knows of.
package struct PeopleShelf: Sendable {
    private let store: any ReplicaStore

    package init(_ store: any ReplicaStore) { self.store = store }

    package func all() async throws -> [PersonGrant] {
        var filter = RecordFilter()
        (filter.site, filter.kinds) = (.all, [.person])
        return try await store.views(filter).compactMap { PersonGrant(record: $0.view.state) }.sorted {
            $0.name < $1.name
        }
    }

    package func person(_ name: String) async throws -> PersonGrant? {
        PersonGrant(record: try await store.view(of: .person(name), site: .all).state)
    }
}
