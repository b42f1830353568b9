import Foundation
import Testing

#if os(Linux)
/// What people do in the trial of a ``PowerRecord``, and what they were answered.
struct PowerStory {
    enum Deed: Hashable {
        case founded, hasSite, hasPerson(String), serves, invited(link: String), enrolled, addedParticipant
        case saved(item: String, value: Int)
        case beginsSync, synced, opensPage, locked, ended(person: String), backedUp, renewed
        case exported(URL), broughtIn, beginsRestore, restored, stopped
    }

    static let visit = ["PKU-001", "BL"]
    static let locked = ["PKU-001", "SCR"]
    let trial: Trial
    let laptop: Laptop
    let record: PowerRecord
    private(set) var deeds: [Deed] = []

    /// What the centre's disk holds beside its directory.
    static let backups = "backups"
    /// A stick in the laptop.
    static let stick = "stick"
    var backup: URL { trial.folder.appending(path: "\(Self.backups)/centre.backup") }

    /// Makes the folders that there are before the record begins.
    init(_ trial: Trial, in scratch: URL) async throws {
        self.trial = trial
        laptop = Laptop(trial: trial, name: "ward-1", user: "nurse-1")
        for name in [Self.backups, Self.stick] {
            try FileManager.default.createDirectory(
                at: trial.folder.appending(path: name), withIntermediateDirectories: false)
        }
        record = try await PowerRecord(of: trial.folder, in: scratch)
    }

    /// Whose disk holds what has this name in the trial's folder.
    static func machine(_ name: String) -> PowerDisk.Machine {
        ["centre", backups].contains(name) ? .centre : .laptop
    }

    private mutating func note(_ deed: Deed) throws {
        try record.note(deeds.count)
        deeds.append(deed)
    }

    // MARK: The story

    /// Plays it from the first command to the last, under record; then nothing runs.
    mutating func play() async throws {
        trial.setEverywhere(record.environment)
        try await found()
        try await join()
        try await work()
        try await goOnWithoutNetwork()
        try await saveOnPage()
        try await restore()
        trial.setEverywhere([:])
    }

    private mutating func found() async throws {
        try await trial.centre("init")
        try note(.founded)
        try await trial.centre("site", "add", "PKU", "Made-up hospital north")
        try note(.hasSite)
        try await addPerson("nurse-1", "dataEntry", "--site", "PKU")
        try await addPerson("coordinator-1", "coordinator")
        try await trial.serve()
        try note(.serves)
    }

    private mutating func addPerson(_ name: String, _ role: String, _ more: String...) async throws {
        let password = trial.scratch.appending(path: "password")
        try Data((Trial.password(name) + "\n").utf8).write(to: password)
        let command = ["user", "add", name, "--role", role, "--password-stdin"] + more
        _ = try await (try trial.start(command, input: password.path)).reply().done()
        try note(.hasPerson(name))
    }

    private mutating func join() async throws {
        let link = try await trial.link(site: "PKU")
        try note(.invited(link: link))
        try await laptop("enroll", link, "--name", laptop.name)
        try note(.enrolled)
        try await laptop("participant", "add")
        try note(.addedParticipant)
        try await sync()
    }

    private mutating func save(_ value: Int) async throws {
        try await laptop(
            "visit", "edit", Self.visit[0], Self.visit[1], "VS.weight=\(value)", "--reason", "weighed")
        try note(.saved(item: "VS.weight", value: value))
    }

    private mutating func sync() async throws {
        try note(.beginsSync)
        try await laptop.sync()
        try note(.synced)
    }

    private mutating func work() async throws {
        try await laptop("visit", "edit", Self.locked[0], Self.locked[1], "SV.date=2026-01-05")
        try await save(50)
        try await sync()
        try await save(51)
        try await addPerson("nurse-2", "dataEntry", "--site", "PKU")
        try await trial.centre(
            "lock", Self.locked[0], Self.locked[1], "--reason", "monitored", user: "coordinator-1")
        try note(.locked)
        try await sync()
        try await trial.centre("backup", backup.path)
        try note(.backedUp)
        try await trial.centre("user", "disable", "nurse-2")
        try note(.ended(person: "nurse-2"))
        try await trial.centre("tls", "renew")
        try note(.renewed)
        try await save(52)
        try await save(53)
    }

    private mutating func goOnWithoutNetwork() async throws {
        let bundle = trial.folder.appending(path: "\(Self.stick)/ward-1.bundle")
        try await laptop("bundle", "export", bundle.path)
        try note(.exported(bundle))
        try await trial.centre("bundle", "import", bundle.path)
        try note(.broughtIn)
        let answer = trial.folder.appending(path: "\(Self.backups)/centre.bundle")
        try await trial.centre("bundle", "export", "--site", "PKU", answer.path)
        try note(.exported(answer))
        try note(.invited(link: try await trial.link(site: "PKU")))
    }

    /// The laptop's program that goes on running: what it answers has to be on the disk all the same.
    private mutating func saveOnPage() async throws {
        try note(.opensPage)
        let page = try await SitePage(trial: trial, store: laptop.name)
        let user = laptop.user
        try await page.post(
            "/login", ["user": user, "password": Trial.password(user)], of: try await page.get("/login"))
        let path = SitePage.link("/participants/", in: try await page.get("/participants")) + "/BL"
        let visit = try await page.get(path)
        let saved = try await page.post(
            path, ["base": SitePage.hidden("base", in: visit), "was.PGA.vas": "", "item.PGA.vas": "41"],
            of: visit)
        guard SitePage.hidden("was.PGA.vas", in: saved) == "41" else { throw Failure("not saved: \(saved)") }
        try note(.saved(item: "PGA.vas", value: 41))
        try await save(54)
        await page.running.end(SIGTERM)
        try await sync()
    }

    private mutating func restore() async throws {
        try await trial.stop()
        try note(.stopped)
        try note(.beginsRestore)
        try await trial.centre("restore", backup.path)
        try note(.restored)
        try await trial.serve()
        try note(.serves)
        try await sync()
        try await trial.stop()
        try note(.stopped)
    }
}
#endif
