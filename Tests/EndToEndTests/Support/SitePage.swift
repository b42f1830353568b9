import Foundation
import Testing

/// A site's page that runs on a laptop, and a browser made of curl in front of it.
struct SitePage: Sendable {
    let trial: Trial
    let running: Running
    /// `http://127.0.0.1:PORT`
    let address: String
    private let jar: String

    /// Starts `trialsync ui` on a store that may not exist yet, and opens the printed address.
    init(trial: Trial, store: String) async throws {
        let environment = trial.environment(store: trial.folder.appending(path: store))
        let running = try trial.run(
            Program.trialsync.url(), ["ui", "--listen", "127.0.0.1:0", "--no-open", "--sync-every", "0"],
            environment: environment, isFollowed: true)
        let line = try await within(seconds: 60, "the line `open`") {
            for await line in running.lines where line.hasPrefix("open http://127.0.0.1:") { return line }
            throw Failure("the page ended: \(await running.reply().err)")
        }
        let url = String(line.dropFirst("open ".count))
        (self.trial, self.running) = (trial, running)
        address = String(url.prefix(while: { $0 != "?" }).dropLast())
        jar = trial.scratch.appending(path: "cookies-\(UUID().uuidString)").path
        _ = try await get(String(url.dropFirst(address.count)))
    }

    /// A page, after all redirects.
    func get(_ path: String) async throws -> String { try await curl([address + path]) }

    /// What is answered to a request that curl makes as it is told.
    func ask(_ path: String, _ arguments: [String]) async throws -> String {
        try await curl(arguments + [address + path])
    }

    /// Sends a form that stood on a page, with the page's token.
    @discardableResult
    func post(_ path: String, _ fields: KeyValuePairs<String, String>, of page: String) async throws -> String
    {
        var arguments = ["--data-urlencode", "csrf=" + Self.hidden("csrf", in: page)]
        for (name, value) in fields { arguments += ["--data-urlencode", "\(name)=\(value)"] }
        return try await curl(arguments + ["-H", "Origin: \(address)", address + path])
    }

    private func curl(_ arguments: [String]) async throws -> String {
        let common = ["-sS", "-L", "--noproxy", "*", "--max-time", "30", "-b", jar, "-c", jar]
        let reply = await
            (try trial.run(
                URL(fileURLWithPath: "/usr/bin/curl"), common + arguments,
                environment: ["PATH": "/usr/bin:/bin"])).reply()
        guard reply.exit == 0 else { throw Failure("curl ended with \(reply.exit): \(reply.err)") }
        return reply.out
    }

    /// The value of the first field of that name.
    static func hidden(_ name: String, in page: String) -> String {
        guard let start = page.range(of: "name=\"\(name)\" value=\"")?.upperBound,
            let end = page[start...].firstIndex(of: "\"")
        else { return "" }
        return String(page[start..<end])
    }

    /// The first link on a page that begins so.
    static func link(_ beginning: String, in page: String) -> String {
        guard let start = page.range(of: "href=\"\(beginning)")?.lowerBound else { return "" }
        let path = page[start...].dropFirst("href=\"".count)
        return String(path.prefix { $0 != "\"" })
    }
}
