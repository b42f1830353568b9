import Foundation
import Testing

extension Trouble {
    /// The server's certificate over its life.
    @Suite(.timeLimit(.minutes(5))) struct CertificateTests {
        /// Runs openssl in the trial's folder.
        @discardableResult
        private func openssl(_ trial: Trial, _ arguments: String...) async throws -> String {
            let running = try trial.run(
                URL(fileURLWithPath: "/usr/bin/openssl"), arguments, environment: ["PATH": "/usr/bin:/bin"])
            let reply = await running.reply()
            guard reply.exit == 0 else { throw Failure("\(reply.command): \(reply.err)") }
            return reply.out
        }

        private func shownSerial(_ trial: Trial) async throws -> String {
            let port = trial.address.split(separator: ":").last ?? ""
            let script =
                "openssl s_client -connect 127.0.0.1:\(port) </dev/null 2>/dev/null "
                + "| openssl x509 -noout -serial -enddate"
            let running = try trial.run(
                URL(fileURLWithPath: "/bin/bash"), ["-c", script], environment: ["PATH": "/usr/bin:/bin"])
            return await running.reply().out
        }

        @Test("A renewed certificate is shown without a restart, and laptops notice nothing")
        func renewal() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            let before = try await shownSerial(trial)
            let renewed = try await trial.centre("tls", "renew", "--name", "trial.example.org")
            #expect(renewed["names"].list.contains("trial.example.org"))
            try await within(seconds: 30, "the new certificate") {
                while try await shownSerial(trial) == before {}
            }
            try await laptop.sync()
            #expect(try await trial.centre("tls", "show")["caFingerprint"] == renewed["caFingerprint"])
        }

        @Test("Laptops follow to another authority with two pins, and then trust the new one alone")
        func authority() async throws {
            let trial = try await Trial()
            let (laptop, late) = (
                try await trial.laptop("ward-1"), try await trial.laptop("ward-2", user: "nurse-2")
            )
            try await trial.refuses("not-found", "tls", "switch-authority")
            let prepared = try await trial.centre("tls", "next-authority")
            #expect(prepared["stage"] == "prepared" && prepared["waiting"].list.count == 2)
            try await laptop.sync()
            try await trial.refuses("not-in-step", "tls", "switch-authority")
            try await late.sync()
            let before = try await shownSerial(trial)
            let switched = try await trial.centre("tls", "switch-authority")
            #expect(switched["stage"] == "switched")
            #expect(switched["caFingerprint"] != prepared["caFingerprint"])
            try await within(seconds: 60, "the daemon's certificate of the new authority") {
                while try await shownSerial(trial) == before { await Task.yield() }
            }
            try await laptop.sync()
            try await late.sync()
            #expect(try await trial.centre("tls", "retire-authority")["stage"] == "settled")
            try await laptop.sync()
            try await laptop.sync()
            let fresh = try await trial.laptop("ward-3", user: "nurse-2")
            try await fresh.sync()
            try await expectInStep(trial, [laptop, fresh])
        }

        @Test(
            "A laptop that missed the change of the authority comes back by a bundle, with its unsent saves")
        func missed() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            let late = try await trial.laptop("ward-2", user: "nurse-2")
            try await late("participant", "add")
            try await trial.centre("tls", "next-authority")
            try await laptop.sync()
            let before = try await shownSerial(trial)
            try await trial.centre("tls", "switch-authority", "--leave-behind")
            try await trial.centre("tls", "retire-authority")
            try await within(seconds: 60, "the new certificate") {
                while try await shownSerial(trial) == before {}
            }
            let refused = try await late.reply(["sync"])
            expectRefusal(refused, "certificate-not-trusted")
            #expect(try refused.json()["error", "remedy"].text.contains("bundle"))
            #expect(try await late("status")["pending"] == 1)
            let bundle = trial.folder.appending(path: "centre.bundle").path
            try await trial.centre("bundle", "export", "--site", "PKU", bundle)
            try await late("bundle", "import", bundle)
            #expect(try await late.sync()["pushed"] == 1)
            try await laptop.sync()
            try await expectInStep(trial, [laptop, late])
        }

        @Test("A certificate that fails only on its dates is a wrong clock, with both times and what to do")
        func dates() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            let tls = trial.data.appending(path: "tls")
            for (days, start, end) in [
                ("ended", "20200101000000Z", "20210101000000Z"),
                ("yet to come", "20900101000000Z", "20910101000000Z"),
            ] {
                try await sign(trial, tls, from: start, until: end)
                let before = try await shownSerial(trial)
                _ = before
                try await within(seconds: 30, "the certificate whose days are \(days)") {
                    while true {
                        let reply = try await laptop.reply(["sync"])
                        guard reply.exit != 0 else { continue }
                        expectRefusal(reply, "clock-wrong")
                        let message = try reply.json()["error", "message"].text
                        #expect(message.contains("this computer's clock says 20"))
                        #expect(message.contains("the server's says 20"))
                        #expect(
                            try reply.json()["error", "remedy"].text.contains("set this computer's clock"))
                        return
                    }
                }
                try await trial.centre("tls", "renew")
                try await within(seconds: 30, "a sync with the renewed certificate") {
                    while try await laptop.reply(["sync"]).exit != 0 {}
                }
            }
            #expect(try await laptop("status")["inStep"] == true)
        }

        /// Signs the server's certificate for other days, as the authority would.
        private func sign(_ trial: Trial, _ tls: URL, from start: String, until end: String) async throws {
            let work = trial.folder.appending(path: "ca-\(start)")
            try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
            let configuration = """
                [ca]
                default_ca = d
                [d]
                database = \(work.path)/index
                new_certs_dir = \(work.path)
                rand_serial = yes
                default_md = sha256
                policy = p
                x509_extensions = e
                [p]
                commonName = supplied
                [e]
                subjectAltName = DNS:localhost,IP:127.0.0.1
                """
            try Data(configuration.utf8).write(to: work.appending(path: "cnf"))
            try Data().write(to: work.appending(path: "index"))
            let (key, request) = (tls.path + "/server-key.pem", work.path + "/csr")
            try await openssl(trial, "req", "-new", "-key", key, "-subj", "/CN=made-up", "-out", request)
            try await openssl(
                trial, "ca", "-batch", "-config", work.path + "/cnf", "-in", request, "-notext",
                "-cert", tls.path + "/ca.pem", "-keyfile", tls.path + "/ca-key.pem", "-startdate", start,
                "-enddate", end, "-out", work.path + "/leaf")
            let chain =
                try Data(contentsOf: work.appending(path: "leaf"))
                + Data(contentsOf: tls.appending(path: "ca.pem"))
            try chain.write(to: tls.appending(path: "server.pem"))
        }

        @Test("A certificate of another authority is pinned in links, and served from the start")
        func own() async throws {
            let maker = try await Trial()
            let trial = try Trial(emptyIn: ())
            let tls = maker.data.appending(path: "tls").path
            try await trial.refuses("usage", "init", "--certificate", tls + "/server.pem", exit: 2)
            let made = try await trial.centre(
                "init", "--certificate", tls + "/server.pem", "--key", tls + "/server-key.pem",
                "--authority", tls + "/ca.pem")
            #expect(try await maker.centre("tls", "show")["caFingerprint"] == made["caFingerprint"])
            #expect(try await trial.centre("tls", "show")["own"] == true)
            try await trial.refuses("not-allowed", "tls", "renew")
            try await trial.serve()
            try await trial.centre("site", "add", "PKU", "Made-up")
            #expect(try await trial.link(site: "PKU").hasSuffix("#" + made["caFingerprint"].text))
            #expect(try await trial.link(site: "PKU", "--system-trust").hasSuffix("#system"))
            // No authority of this system signed it, so a laptop that trusts those alone goes no further.
            let laptop = Laptop(trial: trial, name: "ward-1", user: "nurse-1")
            let link = try await trial.link(site: "PKU", "--system-trust")
            try await laptop.refuses("certificate-not-trusted", "enroll", link, "--name", "ward-1")
        }
    }
}
