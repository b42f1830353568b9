import Foundation
import Testing

extension Trust {
    /// Whoever finds a laptop, or a log, reads nothing of a participant there.
    @Suite(.timeLimit(.minutes(5))) struct SealedTests {
        /// Long enough to stand nowhere by chance.
        private static let secrets = [
            "PKU-001", "relapse-quokka-7312", "Cough axolotl 谷浓度", "reason-pangolin", "19570412",
            "does ocelot apply?", "nurse-1", Trial.password("nurse-1"),
        ]

        /// The ways in which a text may stand in a file.
        private static func forms(of text: String) -> [Data] {
            let utf8 = Data(text.utf8)
            var forms = [utf8, Data(utf8.map { String(format: "%02x", $0) }.joined().utf8)]
            for encoding in [String.Encoding.utf16LittleEndian, .utf16BigEndian] {
                if let bytes = text.data(using: encoding) { forms.append(bytes) }
            }
            // In base64 a text stands in one of three ways; what depends on its neighbours is left out.
            for shift in 0..<3 {
                let coded = (Data(count: shift) + utf8).base64EncodedString().filter { $0 != "=" }
                forms.append(Data(coded.dropFirst([0, 2, 3][shift]).dropLast(1).utf8))
            }
            return forms
        }

        /// The secrets that stand in any file below a folder.
        private func found(below folder: URL, besides: [String] = []) throws -> [String] {
            let files = FileManager.default.subpaths(atPath: folder.path) ?? []
            var found: [String] = []
            var read = 0
            for file in files where !besides.contains(where: file.hasPrefix) {
                guard let bytes = try? Data(contentsOf: folder.appending(path: file)) else { continue }
                read += bytes.count
                for secret in Self.secrets
                where Self.forms(of: secret).contains(where: { bytes.range(of: $0) != nil }) {
                    found.append("\(secret) in \(file)")
                }
            }
            #expect(read > 10_000, "files were read")
            return found
        }

        @Test(
            "No number, value, date, name, reason or query stands in a laptop's files, in use or after a kill"
        )
        func files() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            try await laptop("log", "add", "PKU-001", "CM", "CM.name=relapse-quokka-7312", "CM.dose=3")
            let line = try await laptop(
                "log", "add", "PKU-001", "AE", "AE.term=Cough axolotl 谷浓度", "AE.grade=2")
            try await laptop(
                "log", "edit", "PKU-001", line["line"].text, "AE.grade=3", "--reason", "reason-pangolin")
            try await laptop("query", "ask", "PKU-001", "BL", "does ocelot apply?")
            // The last command leaves its log behind, as a crash does: a reader keeps the files open.
            let watch = try laptop.start(["sync", "--watch"])
            try await within(seconds: 60, "the first sync") {
                while try await trial.digest()["entries"].int < 4 {
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            let besides = ["centre/", "printed/"]
            #expect(try found(below: trial.folder, besides: besides) == [], "in use")
            let arguments = try Data(
                contentsOf: URL(fileURLWithPath: "/proc/\(watch.processIdentifier)/cmdline"))
            #expect(arguments.range(of: Data(Trial.password("nurse-1").utf8)) == nil)
            watch.signal(SIGKILL)
            _ = await watch.reply()
            #expect(try found(below: trial.folder, besides: besides) == [], "after a kill")
            let centre = try found(below: trial.data)
            #expect(
                centre.contains { $0.hasPrefix("reason-pangolin") }, "a store that seals nothing shows it")
        }

        @Test(
            "Neither the daemon's log nor a laptop's errors on the way hold a number, a value or a password")
        func logs() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try await laptop(
                "log", "add", "PKU-001", "AE", "AE.term=Cough axolotl 谷浓度", "AE.grade=2")
            try await laptop.sync()
            var stranger = laptop
            stranger.password = "does ocelot apply?"
            _ = try await stranger.reply(["sync"])
            let late = try await laptop.reply(["enroll", try await trial.link(site: "PKU")])
            #expect(late.exit == 1)
            let daemon = try trial.running
            let environment = try Data(
                contentsOf: URL(fileURLWithPath: "/proc/\(daemon.processIdentifier)/environ"))
            #expect(environment.range(of: Data("made-up-word".utf8)) == nil)
            let log = try await trial.stop().err
            #expect(log.contains("/v1/sites/{site}/sync"), "something was logged")
            for secret in Self.secrets { #expect(!log.contains(secret), "\(secret)") }
            let unreachable = try await laptop.reply(["sync"])
            #expect(unreachable.exit == 3)
            for secret in Self.secrets { #expect(!unreachable.err.contains(secret), "\(secret)") }
        }
    }
}
