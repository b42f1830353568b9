import Crypto
import Foundation
import SyncProtocol
import TrialModel
import TrialStore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A note outside the store that says: this file, on this machine, has come at least this far. A store that
/// is not where its marker says, or behind it, was copied or put back; it must not go on writing its old
/// journal.
struct StoreMarker: Codable, Equatable, Sendable {
    let machine: String
    let path: String
    /// The number of the file in its file system: another file at the same path is another store.
    let file: UInt64
    /// How far the store's own journals have come, each in which something waits and the newest.
    var heads: [Data]?
    /// What an earlier version noted of the open journal alone.
    var journal: Data?
    var n: UInt64 = 0
    var hash: Data?
    /// Whether it was the store of an enrolled laptop; a note of an earlier version says it by its journal.
    var enrolled: Bool?
    /// What the store itself noted as missing: an older copy that is put back once more knows nothing of it.
    var missing: [Data]?

    var knownHeads: [KnownHead] {
        if let heads { return heads.compactMap { KnownHead(bytes: $0) } }
        // A journal in which nothing stands yet has no head.
        guard n > 0, let id = journal.flatMap({ JournalID(bytes: $0) }),
            let last = hash.flatMap({ ChainHash($0) })
        else { return [] }
        return [KnownHead(journal: id, n: n, hash: last)]
    }

    var missingHeads: [KnownHead] { (missing ?? []).compactMap { KnownHead(bytes: $0) } }

    /// The note for the store at this path, as it would be made now.
    static func here(_ path: String) -> StoreMarker {
        let machine =
            (try? String(contentsOfFile: "/etc/machine-id", encoding: .utf8))
            ?? ProcessInfo.processInfo.hostName
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let number = (attributes?[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0
        return StoreMarker(
            machine: machine.trimmingCharacters(in: .whitespacesAndNewlines),
            path: URL(fileURLWithPath: path).resolvingSymlinksInPath().path, file: number)
    }

    func isSamePlace(as other: StoreMarker) -> Bool {
        machine == other.machine && path == other.path && file == other.file
    }

    /// Whether both speak of a store at one path, be it in a file that was put there since.
    func isSamePath(as other: StoreMarker) -> Bool { machine == other.machine && path == other.path }

    /// Whether the store of an enrolled laptop was at this path, whatever lies there now.
    static func knowsLaptop(at path: String, in directory: URL) -> Bool {
        guard let marker = read(path, in: directory), marker.isSamePath(as: .here(path)) else { return false }
        return marker.enrolled == true || marker.journal != nil
    }

    private static func url(_ path: String, in directory: URL) -> URL {
        let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let name = Hex.encode(SHA256.hash(data: Data(resolved.utf8)).prefix(16))
        return directory.appending(path: name + ".json")
    }

    static func read(_ path: String, in directory: URL) -> StoreMarker? {
        guard let bytes = try? Data(contentsOf: url(path, in: directory)) else { return nil }
        return try? JSONDecoder().decode(StoreMarker.self, from: bytes)
    }

    /// - Throws: `Problem(.storeReadOnly)` if there may be a note that this account may not read: for want of
    ///   it the store would be taken for a copy, for ever.
    static func checkReadable(_ path: String, in directory: URL) throws(Problem) {
        let note = url(path, in: directory).path
        guard access(note, R_OK) != 0, errno == EACCES else { return }
        throw barred(directory, "read")
    }

    private static func barred(_ directory: URL, _ what: String) -> Problem {
        Problem(
            .storeReadOnly, "the state directory \(directory.path) cannot be \(what)",
            remedy: "check its permissions, not the store's: TRIALSYNC_STATE names it; what was saved is safe"
        )
    }

    /// - Throws: `Problem(.storeReadOnly)` if the state directory cannot be written.
    func write(in directory: URL) throws(Problem) {
        do {
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try JSONEncoder().encode(self).write(to: Self.url(path, in: directory), options: .atomic)
            // Without its note the store would be taken for a copy.
            try DurableNames.flush(directory.path)
        } catch { throw Self.barred(directory, "written") }
    }
}
