import ArgumentParser
import Foundation
import SiteApp
import TrialCommand
import TrialModel

struct UI: TrialCommand {
    static let configuration = CommandConfiguration(
        commandName: "ui",
        abstract: "The site's page in a browser of this laptop. SIGTERM or Ctrl-C ends it.",
        discussion: """
            Prints the address to open; it opens once, and in one browser.

            Example: trialsync ui --port 8090
            """)

    @Option(help: "The port on 127.0.0.1; 0 picks one. Without it 8444, or another if that is taken.")
    var port: Int?
    @Option(help: "127.0.0.1:PORT, in place of --port.") var listen: String?
    @Flag(help: "Do not open a browser.") var noOpen = false
    @Option(help: "Seconds between two syncs while somebody is logged in; 0: after a log-in and when asked.")
    var syncEvery = 60
    @OptionGroup var options: StoreOptions
    @OptionGroup var output: OutputOptions

    /// Always the same: a form that stays open while this program ends looks for it there.
    private static let usualPort = 8444

    func execute(_ out: CommandOutput) async throws {
        guard (0...86_400).contains(syncEvery) else {
            throw Problem(.usage, "\(syncEvery) s is no interval", remedy: "give 0 to 86400")
        }
        if listen == nil, port == nil {
            do { return try await serve(at: "127.0.0.1:\(Self.usualPort)", out) } catch let problem as Problem
                where problem.code == .addressInUse
            {
                // Another store's page may be open on this laptop: then this one takes any port.
                let note = "note: port \(Self.usualPort) is taken, so another is used; "
                FileHandle.standardError.write(
                    Data((note + "pages that are open here must be opened anew\n").utf8))
            }
        }
        try await serve(at: listen ?? "127.0.0.1:\(port ?? 0)", out)
    }

    private func serve(at address: String, _ out: CommandOutput) async throws {
        let (opens, isJSON) = (!noOpen && !out.isJSON && isatty(STDOUT_FILENO) == 1, out.isJSON)
        let server = try SiteServer(
            listen: address, places: options.places,
            syncEverySeconds: syncEvery == 0 ? nil : syncEvery
        ) { url in
            out.answer(.keyed(["url": .string(url)]), "open \(url)")
            if opens, !isJSON { Self.open(url) }
        }
        try await server.run()
    }

    /// Asks the desktop for a browser; without one the printed address is enough.
    private static func open(_ url: String) {
        #if os(macOS)
        let program = "/usr/bin/open"
        #else
        let program = "/usr/bin/xdg-open"
        #endif
        guard FileManager.default.isExecutableFile(atPath: program) else { return }
        let process = Process()
        (process.executableURL, process.arguments) = (URL(fileURLWithPath: program), [url])
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try? process.run()
    }
}
