import GRDB
import SyncProtocol
package import TrialModel

extension AuditTrail {
    /// As a laptop's log-book shows it: first what is not yet at the centre, made here or brought from
    /// another laptop, then the newest receipt first.
    ///
    /// - Parameters:
    ///   - skipping: how many to pass over, wanted or not.
    ///   - limit: how many to look at among what waits, and to give at most.
    package func withWaiting(skipping: Int, limit: Int) throws -> Part {
        let made: Int = try store.row("SELECT count(*) FROM pending")?[0] ?? 0
        let brought: Int = try store.row("SELECT count(*) FROM borrowed")?[0] ?? 0
        var waiting = try store.pendingHistory(
            "ORDER BY p.journal DESC, p.n DESC LIMIT ? OFFSET ?", [limit, skipping])
        waiting += try store.borrowedHistory(
            "ORDER BY b.run DESC, b.place DESC LIMIT ? OFFSET ?",
            [limit - waiting.count, max(0, skipping - made)])
        let entries = try waiting.filter(isWanted).map(view)
        let looked = skipping + waiting.count
        guard waiting.count < limit else { return Part(entries: entries, looked: looked, isLast: false) }
        let skipped = max(0, skipping - made - brought)
        let rest = try newest(skipping: skipped, limit: limit - waiting.count)
        return Part(
            entries: entries + rest.entries, looked: looked + rest.looked - skipped, isLast: rest.isLast)
    }
}
