import Foundation
package import Logging
import ServiceLifecycle
import SyncProtocol
import TrialModel
package import TrialStore

/// Notes, while the daemon runs, what the store has come to: beside the database and not in it.
package struct CentreMarker: Service {
    private let centre: Centre

    package init(_ centre: Centre) { self.centre = centre }

    package func run() async throws {
        await centre.mark()
        for await _ in StoreWatcher(centre.replica).changes().cancelOnGracefulShutdown() {
            await centre.mark()
        }
        await centre.mark()
    }
}

extension Centre {
    /// Remembers the entry that each site took last. One that is remembered and not here any more stays on
    /// the list, so that a store that was put back is known for it until the entry has come again.
    ///
    /// What cannot be written now is written after the next change: the store itself is safe.
    package func mark() async {
        guard let newest = try? await replica.newestHeads() else { return }
        let remembered = directory.readHeads()
        guard let missing = try? await replica.missing(of: remembered) else { return }
        let heads = missing + newest.filter { !missing.contains($0) }
        if heads != remembered { directory.writeHeads(heads) }
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

    fileprivate func writeHeads(_ list: [KnownHead]) {
        let text = list.map { Hex.encode($0.bytes) + "\n" }.joined()
        try? Data(text.utf8).write(to: heads, options: .atomic)
    }
}
