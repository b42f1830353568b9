import Foundation
import Synchronization
import Testing

/// The commands of docs/operations.md, taken from the page itself: the blocks that begin with
/// `sh runbook=NAME at=PLACE`, run as they stand there, the centre's by root over the directory of another
/// account where that is possible. Only the directories and the account are the test's own.
struct Runbook {
    let name: String
    let trial: Trial
    /// Whether `systemctl` does what it is told, or refuses.
    var isObeyed = true
    /// Stops and starts with the daemon.
    var replicator: Replicator?

    /// The blocks that were run and ended well, by `NAME PLACE`.
    private static let ledger = Mutex<Set<String>>([])
    static var haveRun: Set<String> { ledger.withLock { $0 } }

    /// Says that a block was run, where that is not done by ``run(at:laptop:_:)``.
    func noteRun(at place: String) { Self.ledger.withLock { _ = $0.insert("\(name) \(place)") } }

    private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "docs/operations.md")

    /// The page's one block in a language, with the test's directories in place of the page's.
    func text(in language: String) throws -> String { mapped(try Self.block(in: language), laptop: nil) }

    /// The text of the page's one block in a language.
    static func block(in language: String) throws -> String {
        let page = try String(contentsOf: page, encoding: .utf8)
        let parts = page.components(separatedBy: "```\(language)\n")
        guard parts.count == 2, let block = parts[1].components(separatedBy: "```").first else {
            throw Failure("docs/operations.md has \(parts.count - 1) blocks of \(language)")
        }
        return block
    }

    /// Every block of the page that is marked: its name, its place and its text.
    static func blocks() throws -> [(name: String, place: String, text: String)] {
        var found: [(name: String, place: String, text: String)] = []
        var open: (name: String, place: String)?
        var lines: [Substring] = []
        for line in try String(contentsOf: page, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        {
            if line.hasPrefix("```"), let block = open {
                guard !found.contains(where: { $0.name == block.name && $0.place == block.place }) else {
                    throw Failure("docs/operations.md has two blocks \(block.name) at \(block.place)")
                }
                found.append((block.name, block.place, lines.joined(separator: "\n") + "\n"))
                (open, lines) = (nil, [])
            } else if open != nil {
                lines.append(line)
            } else if line.contains("runbook=") {
                let words = line.split(separator: " ")
                let name = words.first { $0.hasPrefix("runbook=") }?.dropFirst(8) ?? ""
                let place = words.first { $0.hasPrefix("at=") }?.dropFirst(3) ?? ""
                open = (String(name), String(place))
            }
        }
        return found
    }

    /// The text of a block, with the test's directories in place of the page's.
    func text(at place: String, laptop: Laptop? = nil) throws -> String {
        let block = try #require(
            try Self.blocks().first { $0.name == name && $0.place == place },
            "docs/operations.md has no block `runbook=\(name) at=\(place)`")
        return mapped(block.text, laptop: laptop)
    }

    private func mapped(_ block: String, laptop: Laptop?) -> String {
        var text = block
        let folder = trial.folder.path
        var places = [
            "/var/lib/trialsync": trial.data.path, "/mnt/backup": folder + "/backup",
            "/media/stick": folder + "/stick", "/mnt/replica": folder + "/replica",
            "/etc/litestream.yml": folder + "/litestream.yml",
            "-o trialsync -g trialsync": "-o \(trial.account.user) -g \(trial.account.group)",
        ]
        if let laptop { places["~/.local/share/trialsync"] = laptop.store.path }
        for (there, here) in places { text = text.replacingOccurrences(of: there, with: here) }
        return text
    }

    /// Runs the commands of a block in one shell, each of which must end well.
    ///
    /// - Parameters:
    ///   - laptop: on which, if the block is not the centre's.
    ///   - isPasted: in a shell as people have it, which goes on after a line that failed.
    /// - Returns: what was printed.
    @discardableResult
    func run(
        at place: String, laptop: Laptop? = nil, isPasted: Bool = false, _ variables: [String: String] = [:]
    ) async throws -> String {
        try makeFolders()
        let script = trial.folder.appending(path: "\(name)-\(place).sh")
        try Data(try text(at: place, laptop: laptop).utf8).write(to: script)
        let commands = trial.folder.appending(path: "commands.sh")
        try Data((systemctl + sudo).utf8).write(to: commands)
        var environment = trial.environment(user: laptop?.user, store: laptop?.store)
        let programs = try Program.trialsync.url().deletingLastPathComponent().path
        environment["PATH"] =
            [trial.folder.path + "/programs", programs, "/usr/bin", "/bin"].joined(separator: ":")
        environment["SYSTEMCTL"] = trial.folder.path
        // Functions and no files: one that was just written may be busy, when another test starts a program.
        environment["BASH_ENV"] = commands.path
        environment["USER"] = laptop?.user
        environment.merge(variables) { $1 }
        let shell = try trial.run(
            URL(fileURLWithPath: "/bin/bash"), (isPasted ? [] : ["-euo", "pipefail"]) + [script.path],
            environment: environment)
        try await within(seconds: 180, "the end of \(name) at \(place)") {
            while shell.isRunning {
                try await serveSystemctl()
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        let reply = await shell.reply()
        guard reply.exit == 0 else { throw Failure("\(name) at \(place): \(reply.out) \(reply.err)") }
        noteRun(at: place)
        return reply.out
    }

    /// Makes the page's disks, which are the account's. A stick has no owners: who mounts it has all of it.
    private func makeFolders() throws {
        for name in ["backup", "stick", "replica", "programs"] {
            let folder = trial.folder.appending(path: name)
            let isNew = !FileManager.default.fileExists(atPath: folder.path)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            if isNew || name == "stick" { try trial.own(folder) }
        }
    }

    // MARK: The test in systemd's and sudo's place

    private var request: URL { trial.folder.appending(path: "systemctl.request") }

    /// `systemctl` with what the page has behind it, which asks this test and waits until it is done.
    private var systemctl: String {
        guard isObeyed else {
            return "systemctl() { echo 'Failed to stop trialsyncd.service: Access denied' >&2; return 1; }\n"
        }
        return """
            systemctl() {
                echo "$*" > "$SYSTEMCTL/systemctl.new"
                mv "$SYSTEMCTL/systemctl.new" "$SYSTEMCTL/systemctl.request"
                while [ -e "$SYSTEMCTL/systemctl.request" ]; do sleep 0.02; done
            }

            """
    }

    /// `sudo -u trialsync COMMAND`, which runs it as the account that the test's centre belongs to.
    private var sudo: String {
        """
        sudo() {
            [ "$1 $2" = "-u trialsync" ] || { echo "no test knows: sudo $*" >&2; return 1; }
            shift 2
            \(trial.asAccount.joined(separator: " ")) "$@"
        }

        """
    }

    private func serveSystemctl() async throws {
        guard let text = try? String(contentsOf: request, encoding: .utf8) else { return }
        switch text.trimmingCharacters(in: .whitespacesAndNewlines) {
        case "stop trialsyncd":
            try await replicator?.stop()
            // One that does not run is stopped.
            if (try? trial.running) != nil { try await trial.stop() }
        case "start trialsyncd":
            try await trial.serve()
            try replicator?.start()
        case "enable --now litestream": try replicator?.enable()
        case "daemon-reload": break
        case let other: throw Failure("no test knows `systemctl \(other)`")
        }
        try FileManager.default.removeItem(at: request)
    }
}
