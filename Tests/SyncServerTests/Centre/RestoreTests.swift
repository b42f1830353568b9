import Foundation
import SyncProtocol
import Testing
import TrialModel
import TrialStore

@testable import SyncServer

@Suite("A centre that is restored", .timeLimit(.minutes(10))) struct RestoreTests {
    private static let passphrase = "made-up words of a backup"
    private static let late = "made-up-late-word"

    private func problem(
        at location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
    ) async -> Problem? {
        do { try await body() } catch { return error as? Problem }
        Issue.record("nothing was refused", sourceLocation: location)
        return nil
    }

    /// A centre that was restored, and what happened at it between the backup and that.
    private func restored(
        keepingNewer keepsNewer: Bool = false,
        before: (CentreUnderTest) async throws -> Void = { _ in },
        after: (CentreUnderTest) async throws -> Void
    ) async throws -> (made: CentreUnderTest, report: RestoreReport, centre: Centre) {
        let made = try await CentreUnderTest()
        let file = made.folder.path + ".backup"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await before(made)
        _ = try await made.centre.backup(to: file, passphrase: Self.passphrase)
        try await after(made)
        made.close()
        let report = try await Centre.restore(
            file, in: made.centre.directory, passphrase: Self.passphrase, keepsNewer: keepsNewer)
        return (made, report, try made.reopened())
    }

    private func addLate(_ made: CentreUnderTest) async throws {
        _ = try await made.centre.addPerson(
            "late-1", role: .dataEntry, sites: ["PKU"], password: Self.late)
    }

    @Test("What the centre wrote after the backup is named, and can be brought in afterwards")
    func broughtInAfterwards() async throws {
        let (made, report, centre) = try await restored(after: addLate)
        defer { centre.close() }
        guard case .written(let written) = report.newer else {
            Issue.record("the store that was replaced was not read: \(report.newer)")
            return
        }
        #expect(written.count == 1 && written.first.map(\.place) == ["person late-1"])
        #expect(written.first.map(\.stamp.author) == ["centre"] && report.broughtIn == nil)
        #expect(try await PeopleShelf(centre.replica).person("late-1") == nil)
        #expect(try await centre.verify().problems.isEmpty)
        let replaced = DataDirectory(try #require(report.replaced))
        #expect(try await centre.bringIn(replaced) == 1)
        #expect(try await centre.bringIn(replaced) == 0)
        #expect(try await centre.logIn("late-1", password: Self.late).grant.name == "late-1")
        #expect(try await centre.verify().problems.isEmpty)
        withExtendedLifetime(made) {}
    }

    @Test("What is to be done again says what was done, and to which laptop, person or site")
    func acts() async throws {
        let (made, report, centre) = try await restored(
            before: { made in _ = try await made.enrol("PKU", name: "ward-3") },
            after: { made in
                _ = try await made.centre.set(.lost, device: "ward-3")
                _ = try await made.centre.set(.admitted, device: "ward-3")
                _ = try await made.centre.setDisabled(true, person: "nurse-SHA")
                _ = try await made.centre.resetPassword(of: "nurse-PKU", to: "made-up-newer-word")
                _ = try await made.centre.setRights(of: "nurse-PKU", role: nil, sites: ["PKU", "SHA"])
                _ = try await made.centre.addSite("FUD", name: "Made-up third")
                try await addLate(made)
            })
        defer { centre.close() }
        guard case .written(let written) = report.newer else {
            Issue.record("the store that was replaced was not read: \(report.newer)")
            return
        }
        let told = written.first.map { entry in
            // Without the id, which is another each time.
            "\(written.subject(of: entry).split(separator: " (")[0]): \(entry.act)"
        }
        let wanted: Set = [
            "laptop ward-3: access ended, reported lost", "laptop ward-3: access given back",
            "person nurse-SHA: access ended", "site SHA: new site key", "person nurse-PKU: new password",
            "person nurse-PKU: sites PKU SHA", "site FUD: added as Made-up third",
            "person late-1: added as \(Role.dataEntry.name), sites PKU",
        ]
        #expect(wanted.subtracting(told).isEmpty, "\(told)")
        withExtendedLifetime(made) {}
    }

    @Test("A restore that is asked to keeps what is newer, and the passwords that go with it")
    func keepsNewer() async throws {
        let (made, report, centre) = try await restored(
            keepingNewer: true,
            after: { made in
                try await addLate(made)
                try await made.centre.changePassword(
                    of: "nurse-PKU", from: CentreUnderTest.password, to: "made-up-newer-word")
            })
        defer { centre.close() }
        #expect(report.broughtIn == 2)
        #expect(try await centre.logIn("late-1", password: Self.late).grant.name == "late-1")
        _ = try await centre.logIn("nurse-PKU", password: "made-up-newer-word")
        _ = try await centre.logIn("nurse-SHA", password: CentreUnderTest.password)
        #expect(try await centre.verify().problems.isEmpty)
        withExtendedLifetime(made) {}
    }

    @Test("A person whom laptops brought back without a key gets a new one with a new password")
    func newKey() async throws {
        let (made, report, centre) = try await restored(after: addLate)
        defer { centre.close() }
        // What laptops bring: the entries, and no key.
        let other = try Centre.open(DataDirectory(try #require(report.replaced)))
        #expect(try await centre.replica.takeNewer(of: other.replica) == 1)
        other.close()
        let found = try await centre.verify().problems
        #expect(found.map(\.code) == [.personKeyMissing])
        #expect(found.first?.message.contains("user reset-password late-1") == true)
        let refused = await problem { _ = try await centre.logIn("late-1", password: Self.late) }
        #expect(refused?.code == .wrongPassword)
        let exists = await problem {
            _ = try await centre.addPerson("late-1", role: .dataEntry, sites: ["PKU"], password: nil)
        }
        #expect(exists?.code == .alreadyExists && exists?.remedy.contains("reset-password") == true)
        let before = try await centre.person("late-1")
        _ = try await centre.resetPassword(of: "late-1", to: "made-up-third-word")
        let grant = try await centre.logIn("late-1", password: "made-up-third-word").grant
        #expect(grant.generation == before.generation + 1 && grant.publicKey != before.publicKey)
        #expect(grant.role == .dataEntry && grant.sites.map(\.text) == ["PKU"])
        #expect(try await centre.verify().problems.isEmpty)
        withExtendedLifetime(made) {}
    }

    @Test("Until a laptop has synced since the restore nothing says that it is in step")
    func sinceRestore() async throws {
        var device: CentreUnderTest.Device?
        func contact(_ centre: Centre) async throws {
            let known = try #require(device)
            var hello = Hello(site: known.site, epoch: try await centre.replica.epoch())
            (hello.numbersLeft, hello.digestsEqual) = (20, true)
            hello.clockMilliseconds = centre.environment.now()
            _ = try await centre.identities.contact(
                known.certificate.device, hello, accepted: 0, now: centre.environment.now(), numbers: 20)
        }
        let (made, _, centre) = try await restored(
            before: { made in
                device = try await made.enrol()
                try await contact(made.centre)
                let row = try #require(try await made.centre.reconcile().first)
                #expect(row.digestEqual == true && row.sinceRestore && row.restored == nil)
                #expect(try await made.centre.status().restored == nil)
            }, after: { _ in })
        defer { centre.close() }
        let before = try #require(try await centre.reconcile().first)
        #expect(before.digestEqual == nil && !before.sinceRestore)
        #expect(before.digestText == "not since the restore")
        let restored = try #require(try await centre.status().restored)
        #expect(restored.text.hasSuffix("; 0 of 1 laptops have synced since") && !restored.isWhole)
        try await contact(centre)
        let after = try #require(try await centre.reconcile().first)
        #expect(after.digestEqual == true && after.sinceRestore && after.restored?.isWhole == true)
        #expect(try await centre.status().restored?.at == restored.at)
        withExtendedLifetime(made) {}
    }

    @Test("Access that was ended after the backup is told, and stays ended")
    func endings() async throws {
        let (made, report, centre) = try await restored(
            after: { made in _ = try await made.centre.setDisabled(true, person: "nurse-SHA") })
        defer { centre.close() }
        let endings = try #require(report.endings)
        #expect(endings.count == 1 && endings[0].hasPrefix("person nurse-SHA disabled "))
        try await centre.applyRevocations()
        #expect(try await centre.person("nurse-SHA").isDisabled)
        withExtendedLifetime(made) {}
    }

    @Test("A store that cannot be read is replaced, and what it held is said to be unknown")
    func unreadable() async throws {
        let made = try await CentreUnderTest()
        let directory = made.centre.directory
        let file = made.folder.path + ".backup"
        defer { try? FileManager.default.removeItem(atPath: file) }
        _ = try await made.centre.backup(to: file, passphrase: Self.passphrase)
        made.close()
        try Data("no store".utf8).write(to: URL(fileURLWithPath: directory.store))
        let refused = await problem {
            _ = try await Centre.restore(
                file, in: directory, passphrase: Self.passphrase, keepsNewer: true)
        }
        #expect(refused?.code == .storeMissing)
        #expect(try Data(contentsOf: URL(fileURLWithPath: directory.store)) == Data("no store".utf8))
        let report = try await Centre.restore(file, in: directory, passphrase: Self.passphrase)
        guard case .unknown = report.newer else {
            Issue.record("\(report.newer)")
            return
        }
        #expect(report.backup.newest != nil)
        let centre = try made.reopened()
        #expect(try await centre.verify().problems.isEmpty)
        centre.close()
    }

    @Test("What is no place for a restore or a backup, and a backup that is damaged, are named")
    func refused() async throws {
        let made = try await CentreUnderTest()
        let (file, cut) = (made.folder.path + ".backup", made.folder.path + ".cut")
        let elsewhere = URL(fileURLWithPath: made.folder.path + ".elsewhere")
        defer {
            for path in [file, cut, elsewhere.path] { try? FileManager.default.removeItem(atPath: path) }
        }
        _ = try await made.centre.backup(to: file, passphrase: Self.passphrase)
        let nowhere = await problem {
            _ = try await made.centre.backup(
                to: made.folder.path + ".nothing/centre.backup", passphrase: Self.passphrase)
        }
        #expect(nowhere?.code == .fileUnreadable && nowhere?.message.contains(".nothing") == true)

        try FileManager.default.createDirectory(at: elsewhere, withIntermediateDirectories: false)
        let note = elsewhere.appending(path: "notes.txt")
        try Data("somebody's".utf8).write(to: note)
        let foreign = await problem {
            _ = try await Centre.restore(
                file, in: DataDirectory(elsewhere.path), passphrase: Self.passphrase)
        }
        #expect(foreign?.code == .storeForeign && foreign?.message.contains("notes.txt") == true)
        #expect(FileManager.default.fileExists(atPath: note.path))

        let whole = try Data(contentsOf: URL(fileURLWithPath: file))
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: cut))
        made.close()
        let damaged = await problem {
            _ = try await Centre.restore(cut, in: made.centre.directory, passphrase: Self.passphrase)
        }
        #expect(damaged?.code == .storeDamaged)
        #expect(damaged?.message.contains(cut) == true && damaged?.message.contains("untouched") == true)
    }

    private func names(_ folder: URL) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
    }

    /// Leaves a directory as a restore does that ends while it moves: after some of what was there, or in the
    /// midst of what it puts in place.
    ///
    /// - Returns: where the rest is.
    private func cutShort(_ directory: DataDirectory, moving moved: [String], isMoved: Bool) throws -> URL {
        let replaced = directory.url.appending(path: "replaced-20261123T024500Z")
        for folder in [replaced, directory.restoring] { try directory.createFolder(folder) }
        for name in moved {
            try FileManager.default.moveItem(
                at: directory.url.appending(path: name), to: replaced.appending(path: name))
        }
        if isMoved {
            for name in ["server.key", "epoch"] {
                try FileManager.default.copyItem(
                    at: replaced.appending(path: name), to: directory.url.appending(path: name))
            }
        }
        let note = "\(isMoved ? "moved" : "moving") \(replaced.lastPathComponent)\n"
        try Data(note.utf8).write(to: directory.replacedNote)
        try Data("half".utf8).write(to: directory.restoring.appending(path: "centre.db"))
        return replaced
    }

    @Test(
        "A restore after one that was cut short forgets nothing that was moved, and leaves it whole",
        arguments: [["revocations", "heads"], ["centre.db", "server.key"], []])
    func takenUp(moved: [String]) async throws {
        let made = try await CentreUnderTest()
        let directory = made.centre.directory
        let file = made.folder.path + ".backup"
        defer { try? FileManager.default.removeItem(atPath: file) }
        _ = try await made.centre.backup(to: file, passphrase: Self.passphrase)
        try await addLate(made)
        _ = try await made.centre.setDisabled(true, person: "nurse-SHA")
        #expect(await made.centre.mark() == nil)
        made.close()
        let whole = try names(directory.url).subtracting(["daemon.lock"])
        // Without a name all of it was moved.
        let replaced = try cutShort(
            directory, moving: moved.isEmpty ? whole.sorted() : moved, isMoved: moved.isEmpty)

        let refused = await problem {
            _ = try await Centre.restore(file, in: directory, passphrase: "another made-up passphrase")
        }
        #expect(refused?.code == .wrongPassphrase)
        let barred = await problem { _ = try Centre.open(directory) }
        #expect(barred?.code == .restoreUnfinished)

        let report = try await Centre.restore(file, in: directory, passphrase: Self.passphrase)
        #expect(report.replaced == replaced.path)
        #expect(try names(replaced) == whole)
        #expect(try names(directory.url).contains { $0.hasPrefix("put-aside-") } == moved.isEmpty)
        #expect(report.endings?.contains { $0.hasPrefix("person nurse-SHA disabled ") } == true)
        guard case .written(let written) = report.newer else {
            Issue.record("the store that was replaced was not read: \(report.newer)")
            return
        }
        #expect(written.first.map(\.place).contains("person late-1"))
        let centre = try made.reopened()
        defer { centre.close() }
        try await centre.applyRevocations()
        #expect(try await centre.person("nurse-SHA").isDisabled)
        #expect(try await centre.verify().problems.contains { $0.code == .storeRolledBack })
        withExtendedLifetime(made) {}
    }

    #if os(Linux)
    @Test("A restore that fails before it moves anything leaves nothing in pieces")
    func nothingMoved() throws {
        // What can be listed, and takes no new folder from anybody; and what cannot be listed.
        for path in ["/proc/self", "/proc/self/nothing"] {
            var isInPieces = false
            do {
                _ = try DataDirectory(path).takeOver(DataDirectory(path), &isInPieces)
                Issue.record("nothing was refused")
            } catch { #expect(!isInPieces, "\(path): \(error)") }
        }
    }
    #endif

    @Test("A backup of before that carries what was put aside by hand can be restored")
    func carriesPutAside() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "carried-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let directory = DataDirectory(folder.path)
        try directory.createFolder(folder)
        try directory.write([BackupFile.Carried(path: "put-aside/centre.db", bytes: Data("old".utf8))])
        #expect(FileManager.default.fileExists(atPath: folder.appending(path: "put-aside/centre.db").path))
        #expect(try directory.carriedFiles().isEmpty)
    }

    @Test("An entry that is lost for good is acknowledged by a person, with a reason that stays on record")
    func acknowledged() async throws {
        let made = try await CentreUnderTest()
        let centre = made.centre
        _ = try await centre.addPerson(
            "coordinator-1", role: .coordinator, sites: [], password: Self.late)
        let journal = try #require(JournalID(bytes: Data(repeating: 5, count: 16)))
        let hash = try #require(ChainHash(Data(repeating: 1, count: 32)))
        let head = KnownHead(journal: journal, n: 3, hash: hash)
        try Data((Hex.encode(head.bytes) + "\n").utf8).write(to: centre.directory.heads)
        let found = try await centre.verify().problems
        #expect(found.map(\.code) == [.storeRolledBack])
        #expect(found.first?.message.contains("a journal that is not here at all") == true)

        let person = try await centre.actor("coordinator-1", password: Self.late, may: .administer)
        for (name, reason, code) in [
            ("0505/4", "disk replaced", ProblemCode.notFound), ("0505/3", " ", .reasonNeeded),
        ] {
            let refused = await problem { try await centre.acknowledge(name, reason: reason, by: person) }
            #expect(refused?.code == code)
        }
        try await centre.acknowledge("0505/3", reason: "disk replaced", by: person)
        #expect(try await centre.verify().problems.isEmpty)
        #expect(!centre.directory.readHeads().contains(head))
        let history = try await centre.replica.history(of: .site(.all))
        #expect(history.contains { $0.change?.reason == "disk replaced" })
        #expect(history.last?.change?.author == "coordinator-1")
    }

    @Test("Where the record of an ending cannot be written, it is said that the ending stands")
    func endingStands() async throws {
        let made = try await CentreUnderTest()
        let refused = await problem {
            try await made.centre.following("the access of nurse-1 is ended") {
                throw Problem(.diskFull, "the disk is full")
            }
        }
        #expect(refused?.code == .diskFull)
        #expect(refused?.message.contains("the access of nurse-1 is ended") == true)
        #expect(refused?.message.contains("revocations") == true)
    }
}
