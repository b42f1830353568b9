import ArgumentParser
import Foundation
import Logging
import SyncServer
import TrialCommand
import TrialModel
import TrialStore

struct Initialise: TrialCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Create a centre: store, keys, certificate authority and certificate.",
        discussion: "Example: trialsyncd init --data ./centre --name trial.example.org")

    @Option(help: "A study definition; without it the shipped study.") var study: String?
    @Option(parsing: .upToNextOption, help: "Host names and addresses that laptops use, besides loopback.")
    var name: [String] = []
    @Option(help: "The server's certificate, if another authority signed it; then those between, as PEM.")
    var certificate: String?
    @Option(help: "Its private key, as PEM.") var key: String?
    @Option(help: "The authority that laptops should pin; without it they trust their system's.")
    var authority: String?
    @OptionGroup var options: CentreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        let definition = try definition()
        guard (certificate == nil) == (key == nil), authority == nil || certificate != nil else {
            throw Problem(.usage, "--certificate and --key belong together", remedy: "give both or neither")
        }
        let own = certificate.flatMap { chain in key.map { (chain: chain, key: $0, authority: authority) } }
        let made = try await Centre.create(
            in: options.directory, study: definition, names: name, certificate: own)
        made.centre.close()
        let fingerprint = made.tls.fingerprint
        let data = options.directory.url.path
        out.answer(
            .keyed([
                "data": .string(data), "caFingerprint": .string(fingerprint),
                "study": .string(definition.oid),
                "epoch": .string(Hex.encode(made.epoch)),
            ]),
            "created the centre of \(definition.oid) in \(data)\n"
                + (fingerprint.isEmpty
                    ? "laptops trust their system's authorities" : "authority \(fingerprint)"))
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
    @Flag(help: "Plain HTTP, on loopback only: for a reverse proxy on this computer.")
    var insecureLoopback = false
    @Option(help: "A reverse proxy whose X-Forwarded-For is believed; can be given several times.")
    var trustedProxy: [String] = []
    @Option(help: "Sync requests a minute of one laptop; ten minutes' worth may come at once. 0: no limit.")
    var rateLimit = 60
    @OptionGroup var options: CentreOptions
    @OptionGroup var output: OutputOptions

    func execute(_ out: CommandOutput) async throws {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        let logger = Logger(label: "trialsyncd")
        let directory = options.directory
        let address = try ServerAddress(parsing: listen)
        try directory.checkWritable()
        try directory.checkInitialised()
        // Before the store is opened, which may bring it to a newer schema, and until it is closed.
        let lock = try DaemonLock(directory)
        defer { withExtendedLifetime(lock) {} }
        let centre = try Centre.open(directory)
        defer { centre.close(isDaemon: true) }
        try await centre.applyRevocations()
        // A laptop that is gone for good never brings itself back to the list.
        try await centre.identities.listLatecomers()
        await centre.warnIfPutBack(logger)
        let live = try LiveCertificate(try TLSFiles.loadRenewing(from: directory.tls, now: Date()))
        let keeper = CertificateKeeper(directory: directory.tls, live: live, logger: logger)
        let hub = EventHub(centre, logger: logger)
        let place = StorePlace(centre)
        let handler = CentreHandler(
            centre: centre, hub: hub, authorityPEM: { live.files.authorityPEM }, limits: try limits())
        let server = try SyncHTTPServer(
            address: address, tls: insecureLoopback ? nil : live, handler: handler, logger: logger,
            limits: try limits(), proxies: try TrustedProxies(trustedProxy),
            console: ConsolePages(centre, hub: hub, isTLS: !insecureLoopback || !trustedProxy.isEmpty),
            services: [hub, keeper, CentreMarker(centre, logger: logger), place]
        ) { url in
            try? directory.writeAddress(url)
            try? FileHandle.standardOutput.write(contentsOf: Data("listening on \(url)\n".utf8))
        }
        do { try await server.run() } catch {
            try await place.keepDeleted()
            throw error
        }
        try await place.keepDeleted()
    }

    private func limits() throws(Problem) -> HTTPLimits {
        var limits = HTTPLimits()
        guard (0...1_000_000).contains(rateLimit) else {
            throw Problem(.usage, "\(rateLimit) is no rate", remedy: "give 0 to 1000000 requests a minute")
        }
        guard rateLimit > 0 else {
            (limits.syncsPerDevice, limits.requestsPerAddress) = (nil, nil)
            return limits
        }
        limits.syncsPerDevice = Rate(perMinute: rateLimit, burst: rateLimit * 10)
        return limits
    }
}
