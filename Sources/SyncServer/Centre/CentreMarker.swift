import Crypto
import Foundation
package import Logging
import ServiceLifecycle
import SyncProtocol
package import TrialModel
import TrialStore

/// Notes, while the daemon runs, what the store has come to: beside the database and not in it.
package struct CentreMarker: Service {
    private let centre: Centre
    private let logger: Logger?

    /// - Parameter logger: is told if the note cannot be written, once until it can be again.
    package init(_ centre: Centre, logger: Logger? = nil) { (self.centre, self.logger) = (centre, logger) }

    package func run() async throws {
        var trouble: Problem?
        await mark(&trouble)
        for await _ in StoreWatcher(centre.replica).changes().cancelOnGracefulShutdown() {
            await mark(&trouble)
        }
        await mark(&trouble)
    }

    func mark(_ trouble: inout Problem?) async {
        let before = trouble
        trouble = await centre.mark()
        guard let trouble, trouble != before else { return }
        logger?.error(
            "the file heads cannot be written: a store that is put back would not be known for it",
            metadata: ["code": "\(trouble.code.rawValue)"])
    }
}

extension Centre {
    /// Remembers the entry that each site took last. One that is remembered and not here any more stays on
    /// the list, so that a store that was put back is known for it until the entry has come again.
    ///
    /// What cannot be written now is written after the next change: the store itself is safe.
    /// - Returns: why it could not be written.
    @discardableResult
    package func mark() async -> Problem? {
        guard let newest = try? await replica.newestHeads() else { return nil }
        let remembered = directory.readHeads()
        guard let missing = try? await replica.missing(of: remembered) else { return nil }
        let heads = missing + newest.filter { !missing.contains($0) }
        return heads == remembered ? nil : directory.writeHeads(heads)
    }

    /// Says in the log that the store is older than what is remembered of it.
    package func warnIfPutBack(_ logger: Logger) async {
        guard let missing = try? await replica.missing(of: directory.readHeads()), !missing.isEmpty else {
            return
        }
        logger.warning(
            "the store was put back to an earlier state: run verify",
            metadata: ["code": "\(ProblemCode.storeRolledBack.rawValue)", "missing": "\(missing.count)"])
    }
}

extension DataDirectory {
    /// One line a head, in hexadecimal; nothing if the file is missing or was cut.
    func readHeads() -> [KnownHead] {
        let text = (try? String(contentsOf: heads, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            Hex.decode(String(line)).flatMap { KnownHead(bytes: Data($0)) }
        }
    }

    /// Takes over what another directory of this centre remembers: what its store had and this one lacks is
    /// named by `verify` until it has come back, or somebody says that it is lost.
    func rememberHeads(of other: DataDirectory) throws {
        let (mine, theirs) = (try readServerKey(), try? other.readServerKey())
        let known = other.readHeads()
        guard mine.rawRepresentation == theirs?.rawRepresentation, !known.isEmpty else { return }
        if let problem = writeHeads(known) { throw problem }
    }

    /// - Returns: why it could not be written.
    fileprivate func writeHeads(_ list: [KnownHead]) -> Problem? {
        let text = list.map { Hex.encode($0.bytes) + "\n" }.joined()
        do {
            try Data(text.utf8).write(to: heads, options: .atomic)
            try DurableNames.flush(url.path)
            return nil
        } catch { return Problem(.storeReadOnly, "\(heads.path) cannot be written") }
    }
}
