import Foundation
import Synchronization
import Testing

/// A trial with a centre of its own, in a folder that goes with it: two sites and their people, all made up.
final class Trial: Sendable {
    /// Site staff of PKU, of SHA, and people of the centre.
    static let people = [
        ("nurse-1", "dataEntry", "PKU"), ("nurse-2", "dataEntry", "PKU"), ("doctor-1", "investigator", "PKU"),
        ("nurse-3", "dataEntry", "SHA"), ("coordinator-1", "coordinator", ""),
        ("monitor-1", "monitor", "PKU"), ("dataManager-1", "dataManager", ""),
        ("statistician-1", "statistician", ""), ("admin-1", "admin", ""),
    ]

    static func password(_ user: String) -> String { "made-up-word-of-\(user)" }

    let folder: URL
    /// Whether the centre's directory is another account's than of whoever runs the tests, as an installation
    /// makes it: then each `trialsyncd` runs as that account.
    private let isOfAnother: Bool
    private let daemon = Mutex<Running?>(nil)
    private let port = Mutex<String>("0")
    private let children = Mutex<[Running]>([])
    /// Processes that a child started, and that do not end with it.
    private let others = Mutex<[pid_t]>([])
    private let everywhere = Mutex<[String: String]>([:])

    /// Makes a trial whose daemon runs.
    ///
    /// - Parameter isOfAnother: whether the centre is another account's, if the tests may become one.
    init(isOfAnother: Bool = false) async throws {
        let folder = try Self.makeFolder()
        self.folder = folder
        self.isOfAnother = isOfAnother && OtherUser.isPossible && OtherUser.canReach(folder)
        try FileManager.default.copyItem(at: try await TrialTemplate.shared.data(), to: data)
        try own(data)
        try await serve()
    }

    /// An empty folder, for tests that make their centre themselves.
    init(emptyIn _: Void) throws {
        isOfAnother = false
        folder = try Self.makeFolder()
    }

    static func makeFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "trialsync-e2e-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder.appending(path: "printed"), withIntermediateDirectories: true)
        return folder
    }

    var data: URL { folder.appending(path: "centre") }
    var scratch: URL { folder.appending(path: "printed") }

    func environment(user: String? = nil, store: URL? = nil) -> [String: String] {
        var environment = [
            "PATH": "/usr/bin:/bin", "HOME": folder.path, "TRIALSYNC_DATA": data.path,
            "TRIALSYNC_STATE": folder.appending(path: "state").path,
            "TRIALSYNC_PASSPHRASE": "made-up words of a backup",
        ]
        if let user { environment["TRIALSYNC_PASSWORD"] = Self.password(user) }
        if let store { environment["TRIALSYNC_STORE"] = store.path }
        return environment.merging(everywhere.withLock { $0 }) { $1 }
    }

    /// From now on each program is started with this in its environment, too.
    func setEverywhere(_ environment: [String: String]) { everywhere.withLock { $0 = environment } }

    /// Starts a program that ends with this trial at the latest.
    func run(
        _ program: URL, _ arguments: [String], environment: [String: String], input: String = "/dev/null",
        isFollowed: Bool = false
    ) throws -> Running {
        let running = try Running(
            program, arguments, environment: environment, scratch: scratch, input: input,
            isFollowed: isFollowed)
        children.withLock { $0.append(running) }
        return running
    }

    /// Takes charge of a process that a child started: it ends with this trial.
    func adopt(_ process: Int) {
        guard process > 1 else { return }
        others.withLock { $0.append(pid_t(process)) }
    }

    // MARK: The centre's account

    /// What stands before a command that the centre's account runs.
    var asAccount: [String] { isOfAnother ? OtherUser.command : [] }

    /// The numbers of the centre's account and its group.
    var account: (user: UInt32, group: UInt32) {
        isOfAnother ? (OtherUser.number, OtherUser.number) : (getuid(), getgid())
    }

    /// Gives a folder to the centre's account, with all that is in it.
    func own(_ folder: URL) throws { if isOfAnother { try OtherUser.own(folder) } }

    /// Starts a program as the centre's account.
    func runAsAccount(
        _ program: URL, _ arguments: [String], environment: [String: String], input: String = "/dev/null",
        isFollowed: Bool = false
    ) throws -> Running {
        let command = asAccount + [program.path] + arguments
        return try run(
            URL(fileURLWithPath: command[0]), Array(command.dropFirst()), environment: environment,
            input: input, isFollowed: isFollowed)
    }

    // MARK: The daemon

    var running: Running {
        get throws {
            guard let running = daemon.withLock({ $0 }) else { throw Failure("the daemon does not run") }
            return running
        }
    }

    /// `https://127.0.0.1:PORT`
    var address: String { "https://127.0.0.1:\(port.withLock { $0 })" }

    /// Starts the daemon, on the port it had before if it had one.
    ///
    /// - Parameter options: of `serve`, beside `--listen`.
    func serve(
        port wanted: String? = nil, clock: FalseClock? = nil, disk: FailingDisk? = nil, _ options: String...
    ) async throws {
        let listen = "127.0.0.1:" + (wanted ?? port.withLock { $0 })
        let preloaded = clock?.environment ?? disk?.environment ?? [:]
        let started = try runAsAccount(
            Program.trialsyncd.url(), ["serve", "--listen", listen] + options,
            environment: environment().merging(preloaded) { $1 }, isFollowed: true)
        daemon.withLock { $0 = started }
        let line = try await within(seconds: 60, "the line `listening on`") {
            for await line in started.lines where line.hasPrefix("listening on ") { return line }
            throw Failure("the daemon ended: \(await started.reply().err)")
        }
        port.withLock { $0 = String(line.split(separator: ":").last ?? "0") }
    }

    /// Ends the daemon with a signal.
    @discardableResult
    func stop(_ signal: Int32 = SIGTERM) async throws -> Reply {
        let running = try running
        running.signal(signal)
        let reply = try await within(seconds: 60, "the daemon's end") { await running.reply() }
        daemon.withLock { $0 = nil }
        return reply
    }

    // MARK: Commands at the centre

    func start(_ arguments: [String], user: String? = nil, input: String = "/dev/null") throws -> Running {
        let who = user.map { ["--user", $0] } ?? []
        return try runAsAccount(
            Program.trialsyncd.url(), arguments + who + ["--json"], environment: environment(user: user),
            input: input)
    }

    func reply(_ arguments: String..., user: String? = nil, input: String = "/dev/null") async throws -> Reply
    {
        await (try start(arguments, user: user, input: input)).reply()
    }

    /// Runs a command of `trialsyncd` that must end well.
    @discardableResult
    func centre(_ arguments: String..., user: String? = nil) async throws -> JSONNode {
        try await (try start(arguments, user: user)).reply().done()
    }

    /// Runs a command of `trialsyncd` that must be refused.
    func refuses(
        _ code: String, _ arguments: String..., user: String? = nil, input: String = "/dev/null",
        exit: Int32 = 1,
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        let reply = await (try start(arguments, user: user, input: input)).reply()
        expectRefusal(reply, code, exit, at: location)
    }

    /// Adds a person.
    ///
    /// - Parameter site: empty for a role of all sites.
    func add(_ user: String, role: String, site: String = "") async throws {
        let password = folder.appending(path: "password")
        try Data((Self.password(user) + "\n").utf8).write(to: password)
        let sites = site.isEmpty ? [] : ["--site", site]
        let command = ["user", "add", user, "--role", role, "--password-stdin"] + sites
        let added = try await (try start(command, input: password.path)).reply().done()
        #expect(added.keys == ["user", "role", "sites"])
    }

    // MARK: Laptops

    func link(site: String, _ more: String...) async throws -> String {
        try await (try start(["invite", "--site", site] + more)).reply().done()["link"].text
    }

    /// A laptop that is enrolled.
    func laptop(_ name: String, site: String = "PKU", user: String = "nurse-1") async throws -> Laptop {
        let laptop = Laptop(trial: self, name: name, user: user)
        let reply = try await laptop("enroll", try await link(site: site), "--name", name)
        #expect(reply["site"].text == site)
        return laptop
    }

    /// A laptop that was enrolled over a link to the daemon, which is good as yet.
    func laptopOverLink() async throws -> (BadLink, Laptop) {
        let link = try await BadLink(to: self)
        let laptop = Laptop(trial: self, name: "ward-1", user: "nurse-1")
        let invitation = try await self.link(site: "PKU", "--url", "https://127.0.0.1:\(link.port)")
        try await laptop("enroll", invitation, "--name", "ward-1")
        return (link, laptop)
    }

    /// A trial with one laptop, `ward-1`, on which participants were enrolled that the centre has yet to get.
    static func withLaptop(participants: Int = 1) async throws -> (trial: Trial, laptop: Laptop) {
        let trial = try await Trial()
        let laptop = try await trial.laptop("ward-1")
        for _ in 0..<participants { try await laptop("participant", "add") }
        return (trial, laptop)
    }

    /// A trial with two laptops in step, which have one participant and a visit.
    static func inStep(isOfAnother: Bool = false) async throws -> (Trial, Laptop, Laptop) {
        let trial = try await Trial(isOfAnother: isOfAnother)
        let first = try await trial.laptop("ward-1")
        let second = try await trial.laptop("ward-2", user: "nurse-2")
        try await first("participant", "add")
        try await first("visit", "edit", "PKU-001", "BL", "VS.weight=70")
        for laptop in [first, second] { try await laptop.sync() }
        return (trial, first, second)
    }

    /// Records, entries and digest of a site at the centre.
    func digest(_ site: String = "PKU") async throws -> JSONNode { try await centre("digest")[site] }

    deinit {
        for child in children.withLock({ $0 }) { child.signal(SIGKILL) }
        for process in others.withLock({ $0 }) { kill(process, SIGKILL) }
        try? FileManager.default.removeItem(at: folder)
    }
}

/// A centre's directory with sites and people, made once and copied for each test.
actor TrialTemplate {
    static let shared = TrialTemplate()
    private var made: Task<Trial, any Error>?

    func data() async throws -> URL {
        let task = made ?? Task { try await Self.make() }
        made = task
        return try await task.value.data
    }

    private static func make() async throws -> Trial {
        let trial = try Trial(emptyIn: ())
        FolderAtExit.remove(trial.folder)
        try await trial.centre("init")
        try await trial.centre("site", "add", "PKU", "Made-up hospital north")
        try await trial.centre("site", "add", "SHA", "Made-up hospital south")
        for (user, role, site) in Trial.people {
            try await trial.add(user, role: role, site: site)
        }
        return trial
    }
}

/// Folders that go with the program: nothing frees a static value at its end, so they are removed by name.
enum FolderAtExit {
    private static let folders = Mutex<[URL]>([])

    static func remove(_ folder: URL) {
        let isFirst = folders.withLock { folders in
            folders.append(folder)
            return folders.count == 1
        }
        guard isFirst else { return }
        atexit {
            for folder in FolderAtExit.folders.withLock({ $0 }) {
                try? FileManager.default.removeItem(at: folder)
            }
        }
    }
}
