import SyncProtocol
package import TrialModel
import TrialStore

extension SiteStore {
    /// A part of what was saved at this site, whoever did it and wherever.
    package struct LogBook: Sendable {
        package let entries: [AuditEntry]
        /// Where the next part begins.
        package let looked: Int
        package let isLast: Bool
    }

    /// What waits to be sent, then what the centre has received, the newest first.
    ///
    /// - Parameters:
    ///   - participants: those who are to be named.
    ///   - wanted: whose entries are wanted; `nil` for all, those of nobody too.
    ///   - onlyOwn: whether only what the person at this laptop saved is wanted.
    ///   - skipping: how many entries to pass over: ``LogBook/looked`` of the part before.
    ///   - limit: how many to give at most.
    package func logBook(
        of participants: [RosterEntry], only wanted: [RosterEntry]? = nil, onlyOwn: Bool, skipping: Int,
        limit: Int
    ) async throws -> LogBook {
        try admit()
        var filter = AuditFilter()
        (filter.sites, filter.person) = ([site], onlyOwn ? user : nil)
        filter.participants = wanted.map { Set($0.compactMap { EnrolmentID(hex: $0.id) }) }
        let names = Dictionary(
            participants.compactMap { entry in EnrolmentID(hex: entry.id).map { ($0, entry.name) } }
        ) { first, _ in first }
        return try await replica.withAuditTrail(filter, names: names) { trail in
            let part = try trail.withWaiting(skipping: skipping, limit: limit)
            return LogBook(entries: part.entries, looked: part.looked, isLast: part.isLast)
        }
    }
}
