import ArgumentParser
import Foundation
import Logging
import SyncServer
import TrialCommand
import TrialModel

struct Initialise: TrialCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Create a centre: store, keys, certificate authority and certificate.",
        discussion: "Example: trialsyncd init --data ./centre --name trial.example.org")

    @Option(help: "A study definition; without it the shipped study.") var study: String?
    @Option(parsing: .upToNextOption, help: "Host names and addresses that laptops use, besides loopback.")
    var name: [String] = []
    @OptionGroup var options: CentreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        let definition = try definition()
        let made = try await Centre.create(in: options.directory, study: definition, names: name)
        made.centre.close()
        let data = options.directory.url.path
        out.answer(
            .keyed([
                "data": .string(data), "caFingerprint": .string(made.tls.fingerprint),
                "study": .string(definition.oid),
                "epoch": .string(Hex.encode(made.epoch)),
            ]), "created the centre of \(definition.oid) in \(data)\nauthority \(made.tls.fingerprint)")
    }

    private func definition() throws -> StudyDefinition {
        guard let study else { return try StudyDefinition.shipped() }
        guard let bytes = FileManager.default.contents(atPath: study) else {
            throw Problem(.fileUnreadable, "\(study) cannot be read")
        }
        return try StudyDefinition(json: Array(bytes))
    }
}

struct Serve: TrialCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "The daemon. Prints `listening on URL` when ready; SIGTERM ends it.",
        discussion: "Example: trialsyncd serve --data ./centre --listen 0.0.0.0:8443")

    @Option(help: "HOST:PORT; port 0 picks one.") var listen = "127.0.0.1:8443"
    @Flag(help: "Plain HTTP, on loopback only.") var insecureLoopback = false
    @OptionGroup var options: CentreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        let directory = options.directory
        let address = try ServerAddress(parsing: listen)
        let centre = try Centre.open(directory)
        defer { centre.close() }
        let tls = insecureLoopback ? nil : try TLSFiles.loadRenewing(from: directory.tls, now: Date())
        await centre.warnIfPutBack(Logger(label: "trialsyncd"))
        let hub = EventHub(centre.replica)
        let handler = CentreHandler(centre: centre, hub: hub, authorityPEM: tls?.authorityPEM ?? "")
        let server = try SyncHTTPServer(
            address: address, tls: tls, handler: handler, logger: Logger(label: "trialsyncd"),
            services: [hub, CentreMarker(centre)]
        ) { url in
            try? directory.writeAddress(url)
            FileHandle.standardOutput.write(Data("listening on \(url)\n".utf8))
        }
        let lock = try DaemonLock(directory)
        defer { withExtendedLifetime(lock) {} }
        try await server.run()
    }
}
