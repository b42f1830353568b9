import GRDB

/// Tells when a store has changed, whichever process wrote: SQLite's `data_version`, asked four times a
/// second.
package struct StoreWatcher: Sendable {
    private let replica: SQLiteReplica
    private static let intervalMilliseconds = 250

    package init(_ replica: SQLiteReplica) { self.replica = replica }

    /// One element after each change, several close together as one. Ends with the task that reads it.
    package func changes() -> AsyncStream<Void> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let task = Task { [path = replica.pool.path] in
                var configuration = Configuration()
                configuration.readonly = true
                // A connection of its own: `data_version` counts what others wrote.
                guard let queue = try? DatabaseQueue(path: path, configuration: configuration) else {
                    return continuation.finish()
                }
                var last = try? await queue.read { try Int.fetchOne($0, sql: "PRAGMA data_version") }
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(Self.intervalMilliseconds))
                    let version = try? await queue.read { try Int.fetchOne($0, sql: "PRAGMA data_version") }
                    if version != last { continuation.yield() }
                    last = version
                }
                try? queue.close()
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}
