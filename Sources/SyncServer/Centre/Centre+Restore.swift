import Crypto
package import Foundation
import SyncProtocol
import TrialModel
package import TrialStore

/// What the store that a restore replaces, or would replace, holds and the backup does not.
package enum NewerThanBackup: Sendable {
    /// There was no centre in the directory.
    case nothingReplaced
    /// The store could not be read, and why.
    case unknown(String)
    /// What the centre itself wrote: what laptops made comes back from them, and of the centre's own only
    /// what a laptop had already got.
    case written(WrittenSince)
}

/// What a restore did.
package struct RestoreReport: Sendable {
    package let backup: Centre.BackupReport
    package let epoch: Data
    /// Where what was there is now, if there was anything.
    package let replaced: String?
    package let newer: NewerThanBackup
    /// How many entries were brought in from the store that was replaced; `nil` if that was not asked for.
    package let broughtIn: Int?
    /// What the replaced directory says of access that was ended or given back, and the backup does not, in
    /// the words of its file: it goes on to hold. `nil` if there was no such file.
    package let endings: [String]?
}

extension Centre {
    /// How many of the entries that a backup lacks are named.
    private static let namedEntries = 20

    /// Puts a backup in the place of what a directory holds, which moves to `replaced-TIME` there. The centre
    /// begins a new epoch, so that laptops bring back what they have and the backup has not.
    ///
    /// Sessions and enrolment links of the backup are void: a link may have been used since. Access that was
    /// ended since stays ended. One that was cut short is taken up where it was: what it had moved is what
    /// this one replaces.
    ///
    /// - Parameter keepsNewer: whether what the store that is replaced holds and the backup lacks is brought
    ///   in, if that store verifies (decision 0025).
    /// - Throws: `Problem(.daemonRunning)`, `.wrongPassphrase`, `.storeMissing`, `.storeForeign`,
    ///   `.storeDamaged`, `.storeNewer`; as ``DataDirectory/checkOwner()``. Until the backup has been checked
    ///   nothing is moved.
    package static func restore(
        _ backup: String, in directory: DataDirectory, passphrase: String, keepsNewer: Bool = false
    ) async throws -> RestoreReport {
        try directory.checkOwner()
        try checkReadable(backup)
        try directory.checkReplaceable()
        try directory.createFolder(directory.url)
        let lock = try DaemonLock(directory)
        defer { withExtendedLifetime(lock) {} }
        let staged = DataDirectory(directory.restoring.path)
        var isInPieces = FileManager.default.fileExists(atPath: staged.url.path)
        let earlier = try directory.takeUpCutShort()
        let old = earlier ?? directory
        do {
            let unpacked = try await unpack(backup, to: staged, of: directory, passphrase)
            let begun = try await begin(in: staged, unpacked.key, replacing: old, keepsNewer)
            let endings = try staged.addRevocations(of: old)
            try staged.rememberHeads(of: old)
            let replaced = try directory.takeOver(staged, after: earlier, &isInPieces)
            return RestoreReport(
                backup: unpacked.report, epoch: begun.epoch, replaced: replaced, newer: begun.newer,
                broughtIn: begun.broughtIn, endings: endings)
        } catch {
            // A directory that this or an earlier restore left in pieces stays barred.
            if !isInPieces { try? FileManager.default.removeItem(at: staged.url) }
            throw error
        }
    }

    /// Unpacks a backup, walks it and holds what is in the directory against it, and changes nothing.
    ///
    /// - Throws: as ``restore(_:in:passphrase:keepsNewer:)``.
    package static func check(
        _ backup: String, in directory: DataDirectory, passphrase: String
    ) async throws -> (report: BackupReport, newer: NewerThanBackup) {
        try directory.checkOwner()
        try checkReadable(backup)
        let staged = DataDirectory(directory.checking.path)
        try? FileManager.default.removeItem(at: staged.url)
        defer { try? FileManager.default.removeItem(at: staged.url) }
        let unpacked = try await unpack(backup, to: staged, of: directory, passphrase)
        let centre = try Centre(
            staged, try StoreFile.open(at: staged.store, kind: .centre), unpacked.key)
        defer { centre.close() }
        // The store may lie here, and its log be moved already.
        do { try directory.checkNotRestoring() } catch { return (unpacked.report, .unknown(error.message)) }
        let present = Present(in: directory, unpacked.key)
        defer { present.centre?.close() }
        return (unpacked.report, await present.newer(than: centre))
    }

    /// Brings in what another store of this centre holds and this one does not: one that a restore replaced.
    ///
    /// - Returns: how many entries were new.
    /// - Throws: `Problem(.storeMissing)`, `.storeForeign` if it is another centre's; `.storeDamaged` if it
    ///   does not verify. Then nothing is brought in.
    package func bringIn(_ other: DataDirectory) async throws -> Int {
        try other.checkInitialised()
        let present = Present(in: other, serverKey)
        defer { present.centre?.close() }
        guard let centre = present.centre else {
            throw Problem(
                .storeForeign, "\(other.url.path) cannot be used: \(present.why ?? "it holds no centre")",
                remedy: "name a directory that a restore of this centre made: replaced-TIME")
        }
        return try await takeNewer(of: centre)
    }

    // MARK: Unpacking

    private static func checkReadable(_ backup: String) throws(Problem) {
        guard FileManager.default.fileExists(atPath: backup) else {
            throw Problem(.fileUnreadable, "there is no \(backup)", remedy: "name a file of `backup`")
        }
    }

    private static func unpack(
        _ backup: String, to staged: DataDirectory, of directory: DataDirectory, _ passphrase: String
    ) async throws -> (report: BackupReport, key: Curve25519.Signing.PrivateKey) {
        try staged.createFolder(staged.url)
        let sha256 = try FileDigest.of(backup)
        try staged.writePrivate(Data(), to: URL(fileURLWithPath: staged.store))
        do {
            let files = try await BackupFile.open(backup, passphrase: passphrase, storeTo: staged.store)
            try staged.write(files)
            let key = try staged.readServerKey()
            let (check, newest) = try await Self.check(staged.store, key)
            let report = BackupReport(
                file: backup, sha256: sha256, check: check, newestMilliseconds: newest)
            return (report, key)
        } catch let problem as Problem where [.storeDamaged, .storeFailed].contains(problem.code) {
            // Whose damage it is must not be mistaken: the centre's own store was not looked at.
            throw Problem(
                .storeDamaged,
                "the backup \(backup) is damaged or was cut short; \(directory.url.path) is untouched",
                remedy: "take another backup; `restore --dry-run FILE` looks at one")
        }
    }

    /// Begins the new epoch in what was unpacked, and takes over from the store that it replaces what must
    /// not be forgotten, or all of it.
    private static func begin(
        in staged: DataDirectory, _ key: Curve25519.Signing.PrivateKey, replacing directory: DataDirectory,
        _ keepsNewer: Bool
    ) async throws -> (epoch: Data, newer: NewerThanBackup, broughtIn: Int?) {
        let centre = try Centre(staged, try StoreFile.open(at: staged.store, kind: .centre), key)
        defer { centre.close() }
        let present = Present(in: directory, key)
        defer { present.centre?.close() }
        let newer = await present.newer(than: centre)
        let epoch = centre.environment.randomBytes(16)
        try await centre.identities.beginEpoch(
            epoch, now: centre.environment.now(),
            beyond: try? await present.centre?.identities.leasedNumbers()
        )
        try staged.writePrivate(Data(Hex.encode(epoch).utf8), to: staged.epoch)
        guard keepsNewer else { return (epoch, newer, nil) }
        guard let other = present.centre else {
            throw Problem(
                .storeMissing,
                "there is no store to bring anything in from: \(present.why ?? "the directory is empty"); "
                    + "nothing was changed",
                remedy: "restore without --keep-newer")
        }
        return (epoch, newer, try await centre.takeNewer(of: other))
    }

    // MARK: From another store

    /// Takes in what another store of this centre holds: entries, then the keys of people and sites that came
    /// with them.
    private func takeNewer(of other: Centre) async throws -> Int {
        let check = try await other.replica.verify()
        guard check.problems.isEmpty else {
            throw Problem(
                .storeDamaged,
                "verify finds \(check.problems.count) problems in the store in \(other.directory.url.path), "
                    + "the first at \(check.problems[0].place); nothing of it was brought in",
                remedy:
                    "look at it with `trialsyncd verify --data \(other.directory.url.path)`; what laptops "
                    + "hold comes back from them")
        }
        var generations: [String: Int] = [:]
        for person in try await PeopleShelf(replica).all() { generations[person.name] = person.generation }
        let count = try await replica.takeNewer(of: other.replica)
        try await identities.listLatecomers()
        for person in try await PeopleShelf(replica).all() {
            let isKept = try await identities.key(of: person.name) != nil
            let isNewer = person.generation > generations[person.name] ?? 0
            // A key goes with the record it was made for.
            guard isNewer || !isKept, let theirs = try await PeopleShelf(other.replica).person(person.name),
                theirs.generation == person.generation, theirs.publicKey == person.publicKey,
                let key = try await other.identities.key(of: person.name)
            else { continue }
            try await identities.keep(key, of: person.name)
        }
        for site in try await sites() {
            guard let key = try await other.identities.siteKey(site.code) else { continue }
            try await identities.makeSiteKey(site.code, key)
        }
        try await identities.take(try await other.identities.leasedNumbers())
        return count
    }

    /// The centre that stands in a directory, if it opens and is the same centre.
    private struct Present {
        let centre: Centre?
        /// Why there is none; `nil` if there is nothing at all.
        let why: String?

        /// - Parameter key: the centre's.
        init(in directory: DataDirectory, _ key: Curve25519.Signing.PrivateKey) {
            guard directory.isInitialised else {
                let isThere = FileManager.default.fileExists(atPath: directory.serverKey.path)
                (centre, why) = (nil, isThere ? "centre.db is not there" : nil)
                return
            }
            do throws(Problem) {
                let found = try directory.readServerKey()
                guard found.rawRepresentation == key.rawRepresentation else {
                    (centre, why) = (nil, "it is the store of another centre")
                    return
                }
                let file = try StoreFile.open(at: directory.store, kind: .centre)
                (centre, why) = (try Centre(directory, file, found), nil)
            } catch { (centre, why) = (nil, error.message) }
        }

        func newer(than restored: Centre) async -> NewerThanBackup {
            guard let centre else { return why.map { .unknown($0) } ?? .nothingReplaced }
            do {
                let stored = try await restored.replica.storedEverywhere()
                return .written(
                    try await centre.replica.written(beyond: stored, limit: Centre.namedEntries))
            } catch { return .unknown((error as? Problem)?.message ?? "the store cannot be read") }
        }
    }
}

extension DataDirectory {
    /// What a restore leaves where it is.
    static let left: Set<String> = ["daemon.lock", "restoring", "checking", "lost+found"]
    /// Any of these says that the directory is a centre's, or was.
    private static let marks: Set<String> = [
        "centre.db", "server.key", "revocations", "heads", "epoch", "restoring",
    ]

    /// Refuses a directory that holds something, and no centre: a restore would move it all away.
    ///
    /// - Throws: `Problem(.storeForeign)`.
    fileprivate func checkReplaceable() throws(Problem) {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: url.path) else { return }
        let found = names.filter { name in
            !Self.left.contains(name) && !["replaced-", Self.putAside].contains { name.hasPrefix($0) }
        }.sorted()
        guard let first = found.first, Self.marks.isDisjoint(with: names) else { return }
        throw Problem(
            .storeForeign, "\(url.path) holds \(first) and no centre; nothing was changed",
            remedy: "name the centre's directory, or an empty one, with --data")
    }

    /// Adds what another directory says of ended access, which is newer: the last line of a name counts.
    ///
    /// - Returns: the lines that are new here; `nil` if the other has no such file.
    fileprivate func addRevocations(of other: DataDirectory) throws -> [String]? {
        guard let newer = try? String(contentsOf: other.revocations, encoding: .utf8) else { return nil }
        let here = (try? String(contentsOf: revocations, encoding: .utf8)) ?? ""
        let known = here.hasSuffix("\n") || here.isEmpty ? here : here + "\n"
        // The file only grows, so that the newer one usually holds the older one whole.
        let all = newer.hasPrefix(known) ? newer : known + newer
        try writePrivate(Data(all.utf8), to: revocations)
        let old = Set(known.split(separator: "\n"))
        return newer.split(separator: "\n").filter {
            !old.contains($0) && ($0.hasPrefix("device ") || $0.hasPrefix("person "))
        }.map(String.init)
    }
}
