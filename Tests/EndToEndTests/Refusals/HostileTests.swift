import Foundation
import SyncProtocol
import Testing
import TrialModel

extension Refusals {
    /// Requests that no laptop makes. The daemon refuses them, quickly and in little memory, and goes on.
    @Suite(.timeLimit(.minutes(5))) struct HostileTests {
        private static let limitMebibytes = 200

        private func expectAlive(_ trial: Trial) async throws {
            #expect(try await Intruder(trial: trial).request("/healthz").status == 200)
            #expect(try trial.running.isRunning)
            let peak = try trial.peakMebibytes()
            #expect(peak < Self.limitMebibytes, "the daemon held \(peak) MiB")
        }

        @Test(
            "A body that is declared as five gigabytes is refused before it is sent",
            arguments: [
                "--http1.1", "--http2",
            ])
        func declared(version: String) async throws {
            let trial = try await Trial()
            let file = trial.folder.appending(path: "sparse")
            try Data().write(to: file)
            let handle = try FileHandle(forWritingTo: file)
            try handle.truncate(atOffset: 5 << 30)
            try handle.close()
            let answer = try await Intruder(trial: trial).request(
                "/v1/sites/PKU/sync", [version, "-X", "POST", "-T", file.path], token: "0a")
            #expect(answer.status == 413 && answer.elapsed < .seconds(15))
            try await expectAlive(trial)
        }

        @Test(
            "A body without an end is refused when it passes the limit", arguments: ["--http1.1", "--http2"])
        func endless(version: String) async throws {
            let trial = try await Trial()
            let intruder = Intruder(trial: trial)
            let tokens = [try await intruder.token(), "0a"]
            try await withThrowingTaskGroup(of: (Int, Intruder.Answer).self) { group in
                for number in 0..<6 {
                    group.addTask {
                        let answer = try await intruder.request(
                            "/v1/sites/PKU/sync", [version, "-X", "POST", "-T", "-"],
                            token: tokens[number % 2], input: "/dev/zero")
                        return (number % 2, answer)
                    }
                }
                // Of a body whose sender nobody knows nothing is read.
                for try await (kind, answer) in group {
                    #expect(answer.status == [413, 401][kind] && answer.elapsed < .seconds(20))
                }
            }
            let login = try await intruder.request(
                "/v1/enroll", [version, "-X", "POST", "-T", "-"], input: "/dev/zero")
            #expect(login.status == 413)
            try await expectAlive(trial)
        }

        @Test("A body that unpacks to gigabytes is given up at the limit")
        func bomb() async throws {
            let trial = try await Trial()
            let intruder = Intruder(trial: trial)
            let token = try await intruder.token()
            let frame = try Compression.compress(Data(count: 8 << 20))
            var bomb = Data()
            for _ in 1...1000 { bomb += frame }
            #expect(bomb.count < WireLimits.bodyBytes)
            for body in [bomb, try Compression.compress(Data(count: 64 << 20))] {
                let answer = try await intruder.sync(body, token: token)
                try expectFailed(answer, "body-too-large")
                #expect(answer.elapsed < .seconds(10))
            }
            try await expectAlive(trial)
        }

        @Test("Garbage, torn frames and other protocols get an answer with a code")
        func garbage() async throws {
            let trial = try await Trial()
            let intruder = Intruder(trial: trial)
            let token = try await intruder.token()
            var generator = SystemRandomNumberGenerator()
            let noise = Data((0..<5000).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
            try expectFailed(try await intruder.sync(noise, token: token), "malformed")
            try expectFailed(try await intruder.sync(Data(), token: token), "body-incomplete", "malformed")
            let bodies = [
                noise, Data(), Data([0xFF, 0xFF, 0xFF, 0xFF, 0xFF]), Data(repeating: 0, count: 50_000),
                Data([2, 0x0A, 0x00]), Data([0x80, 0x80, 0x80, 0x80, 0x04]) + noise,
            ]
            for body in bodies {
                let answer = try await intruder.sync(try Compression.compress(body), token: token)
                try expectFailed(answer, "body-incomplete", "malformed", "protocol-unsupported")
            }
            let cut = try Compression.compress(noise).dropLast(10)
            try expectFailed(try await intruder.sync(Data(cut), token: token), "body-incomplete", "malformed")
            for path in ["/v1/enroll", "/v1/challenge", "/v1/session"] {
                for body in [
                    noise, Data("{}".utf8), Data("[[[[[".utf8), Data(repeating: 0x5B, count: 60_000),
                ] {
                    #expect(try await intruder.request(path, body: body).status == 400, "\(path)")
                }
            }
            #expect(try await intruder.request("/v1/login", token: token, body: noise).status == 400)
            try await expectAlive(trial)
            #expect(try await trial.centre("verify")["problems"].list.isEmpty)
        }

        @Test("Without the right token nothing is given, and never anything of another site")
        func tokens() async throws {
            let trial = try await Trial()
            let intruder = Intruder(trial: trial)
            let token = try await intruder.token()
            let body = try Compression.compress(Data([1]))
            for path in ["/v1/events", "/v1/sites/PKU/sync"] {
                let options = path.hasSuffix("sync") ? ["-X", "POST"] : []
                #expect(try await intruder.request(path, options).status == 401)
                #expect(try await intruder.request(path, options, token: "").status == 401)
                let wrong = String(repeating: "0a", count: 32)
                #expect(try await intruder.request(path, options, token: wrong).status == 401)
                #expect(
                    try await intruder.request(path, options, token: String(token.dropLast())).status == 401)
                #expect(try await intruder.request(path, options, token: token.uppercased()).status == 401)
            }
            for site in ["SHA", "XYZ", "*", "pku", "PKU%20", "..%2fPKU"] {
                let answer = try await intruder.sync(body, token: token, site: site)
                #expect([403, 404].contains(answer.status), "\(site): \(answer.status)")
            }
            #expect(try await intruder.request("/v1/sites/PKU/sync", token: token).status == 405)
            #expect(try await intruder.request("/v1/sites/PKU/syncs", token: token).status == 404)
            #expect(try await intruder.request("/../../etc/passwd", ["--path-as-is"]).status == 404)
            let long = String(repeating: "a", count: 100_000)
            let answer = try await intruder.request("/healthz", ["--http1.1", "-H", "X-Long: \(long)"])
            #expect(answer.status == 0 || (400..<500).contains(answer.status), "\(answer.status)")
            try await expectAlive(trial)
        }

        @Test("Plain HTTP and noise on the TLS port end the connection and nothing else")
        func noise() async throws {
            let trial = try await Trial()
            let port = trial.address.split(separator: ":").last ?? ""
            let connect =
                "exec 3<>/dev/tcp/127.0.0.1/\(port); head -c 100000 /dev/urandom >&3; "
                + "timeout 10 cat <&3 | wc -c"
            for script in [connect, "curl -sS --max-time 10 http://127.0.0.1:\(port)/healthz | wc -c"] {
                let running = try trial.run(
                    URL(fileURLWithPath: "/bin/bash"), ["-c", script], environment: ["PATH": "/usr/bin:/bin"])
                let reply = await running.reply()
                #expect(reply.elapsed < .seconds(15))
            }
            try await expectAlive(trial)
            let log = try trial.running.errors.split(separator: "\n").filter {
                $0.contains("the TLS handshake failed")
            }
            #expect(log.contains { $0.contains("reason=") && $0.contains("address=127.0.0.1") }, "\(log)")
            let laptop = try await trial.laptop("ward-1")
            try await laptop.sync()
        }

        @Test("A hostile study label reaches neither a terminal nor another person's page as it is")
        func label() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            let plain = trial.environment(user: "nurse-1", store: laptop.store)
            let shown = await
                (try trial.run(Program.trialsyncd.url(), ["study", "show"], environment: trial.environment()))
                .reply().out
            let evil = #"Height \u001b]0;owned\u0007\u001b[31m\u202e<script>alert(1)</script>\u0000"#
            let changed = shown.replacing("\"version\": 1,", with: "\"version\": 2,").replacing(
                #"{"oid": "VS.weight","#,
                with: #"{"oid": "VS.height", "type": "decimal", "unit": "cm", "required": true, "label": "#
                    + #"{"en": ""# + evil + #""}}, {"oid": "VS.weight","#)
            #expect(changed != shown)
            let file = trial.folder.appending(path: "hostile.json").path
            try changed.write(toFile: file, atomically: true, encoding: .utf8)
            let published = try await trial.reply("study", "publish", file, user: "coordinator-1")
            if published.exit == 0 {
                try await laptop.sync()
                try await laptop("visit", "edit", "PKU-001", "BL", "VS.height=1")
            }
            let commands: [(URL, [String])] = [
                (try Program.trialsync.url(), ["visit", "show", "PKU-001", "BL", "--user", "nurse-1"]),
                (try Program.trialsync.url(), ["schedule", "PKU-001", "--user", "nurse-1"]),
                (try Program.trialsyncd.url(), ["visit", "show", "PKU-001", "BL", "--history"]),
                (try Program.trialsyncd.url(), ["study", "check", file]),
                (try Program.trialsyncd.url(), ["study", "show"]),
            ]
            for (program, arguments) in commands {
                let reply = await (try trial.run(program, arguments, environment: plain)).reply()
                for scalar in (reply.out + reply.err).unicodeScalars where scalar != "\n" {
                    let isControl = scalar.properties.generalCategory == .control
                    let isBidi = ("\u{202A}"..."\u{202E}").contains(scalar)
                    #expect(!isControl && !isBidi, "\(scalar.value) in \(reply.command)")
                }
            }
        }

        /// A sync is answered in its own form: the refusal stands in the body.
        private func expectFailed(
            _ answer: Intruder.Answer, _ codes: String..., at location: SourceLocation = #_sourceLocation
        ) throws {
            #expect((200..<500).contains(answer.status), "\(answer.status)", sourceLocation: location)
            if answer.status == 200 {
                let decoded = try SyncAnswer(decoding: answer.body)
                guard case .failed(let problem) = decoded else {
                    Issue.record("it was taken", sourceLocation: location)
                    return
                }
                #expect(codes.contains(problem.code.rawValue), "\(problem)", sourceLocation: location)
            } else {
                let problem = try JSONDecoder().decode(JSONNode.self, from: answer.body)["error", "code"].text
                #expect(codes.contains(problem), "\(problem)", sourceLocation: location)
            }
        }
    }
}
