import Foundation
import Testing

/// Debian's nginx, where it is installed: in a directory that not everybody looks in.
private let nginx: String? = {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return (path.split(separator: ":") + ["/usr/sbin"]).map { String($0) + "/nginx" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
}()

extension Trouble {
    /// A reverse proxy in front of the daemon.
    @Suite(.timeLimit(.minutes(5))) struct ProxyTests {
        @Test(
            "Everything works through nginx, and the client's address is believed only of a trusted proxy",
            .enabled(if: nginx != nil, "nginx is not installed: apt-get install nginx-light"))
        func proxied() async throws {
            let trial = try await Trial()
            try await trial.stop()
            for isTrusted in [false, true] {
                let options = isTrusted ? ["--trusted-proxy", "127.0.0.1"] : []
                let daemon = try trial.run(
                    Program.trialsyncd.url(),
                    ["serve", "--listen", "127.0.0.1:0", "--insecure-loopback"] + options,
                    environment: trial.environment(), isFollowed: true)
                let inner = try await address(of: daemon)
                let (proxy, port) = try await start(trial, before: inner)
                let name = isTrusted ? "ward-2" : "ward-1"
                let link = try await trial.link(site: "PKU", "--url", "https://127.0.0.1:\(port)")
                let laptop = Laptop(trial: trial, name: name, user: "nurse-1")
                try await laptop("enroll", link, "--name", name)
                try await laptop("participant", "add")
                try await laptop.sync()
                try await watch(laptop, trial)
                let refused = try trial.run(
                    URL(fileURLWithPath: "/usr/bin/curl"),
                    [
                        "-sk", "--interface", "127.0.0.2", "-H", "X-Forwarded-For: 203.0.113.77",
                        "https://127.0.0.1:\(port)/v1/events",
                    ],
                    environment: ["PATH": "/usr/bin:/bin"])
                #expect(await refused.reply().out.contains("token-invalid"))
                let line =
                    daemon.errors.split(separator: "\n").last { $0.contains("code=token-invalid") } ?? ""
                // nginx appends the address it saw, so what the client made up never counts.
                let address = isTrusted ? "127.0.0.2" : "127.0.0.1"
                #expect(line.contains("address=\(address) ") && !line.contains("203.0.113.77"), "\(line)")
                await proxy.end(SIGTERM)
                await daemon.end(SIGTERM)
            }
        }

        /// News goes through the proxy without being held back.
        private func watch(_ laptop: Laptop, _ trial: Trial) async throws {
            let watching = try laptop.start(["sync", "--watch"], isFollowed: true)
            try await within(seconds: 60, "a new site's name on the laptop") {
                var lines = watching.lines.makeAsyncIterator()
                _ = await lines.next()
                try await trial.centre("site", "add", "S\(Int.random(in: 100_000...999_999))", "Made-up")
                guard await lines.next() != nil else {
                    throw Failure("the watcher ended: \(watching.errors)")
                }
            }
            await watching.end(SIGTERM)
        }

        private func address(of daemon: Running) async throws -> String {
            try await within(seconds: 60, "the daemon behind the proxy") {
                for await line in daemon.lines where line.hasPrefix("listening on ") {
                    return String(line.dropFirst("listening on ".count))
                }
                throw Failure("the daemon ended: \(await daemon.reply().err)")
            }
        }

        /// The server of docs/operations.md, with a port, an upstream and a directory of its own.
        private func server(_ trial: Trial, port: Int, before inner: String) throws -> String {
            var text = try Runbook.block(in: "nginx")
            let places = [
                "listen 8443 ": "listen 127.0.0.1:\(port) ", "/var/lib/trialsync": trial.data.path,
                "http://127.0.0.1:8080": inner,
            ]
            for (there, here) in places {
                try #require(text.contains(there), "the page's block has no `\(there)`")
                text = text.replacingOccurrences(of: there, with: here)
            }
            return text
        }

        /// Starts nginx on a free port.
        private func start(_ trial: Trial, before inner: String) async throws -> (proxy: Running, port: Int) {
            let nginx = try #require(nginx)
            let folder = trial.folder.appending(path: "nginx-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for _ in 1...20 {
                let port = Int.random(in: 20_000...60_000)
                let (path, server) = (folder.path, try server(trial, port: port, before: inner))
                let configuration = """
                    daemon off; master_process off; pid \(path)/pid; error_log \(path)/error.log;
                    events { worker_connections 64; }
                    http {
                        access_log off;
                        client_body_temp_path \(path)/body; proxy_temp_path \(path)/proxy;
                        fastcgi_temp_path \(path)/f; uwsgi_temp_path \(path)/u; scgi_temp_path \(path)/s;
                        \(server)
                    }
                    """
                try Data(configuration.utf8).write(to: folder.appending(path: "conf"))
                let proxy = try trial.run(
                    URL(fileURLWithPath: nginx), ["-c", path + "/conf"],
                    environment: ["PATH": "/usr/bin:/bin"])
                let health = try trial.run(
                    URL(fileURLWithPath: "/usr/bin/curl"),
                    [
                        "-sk", "--retry", "20", "--retry-connrefused", "--retry-delay", "1",
                        "https://127.0.0.1:\(port)/healthz",
                    ], environment: ["PATH": "/usr/bin:/bin"])
                if await health.reply().out.contains("ok"), proxy.isRunning { return (proxy, port) }
                await proxy.end()
            }
            throw Failure("nginx did not start")
        }
    }
}
