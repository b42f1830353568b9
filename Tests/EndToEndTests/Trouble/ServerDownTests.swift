import Foundation
import Testing

extension Trouble {
    /// The centre cannot be reached, or is not the centre.
    @Suite(.timeLimit(.minutes(5))) struct ServerDownTests {
        @Test("While the server is down everything is kept; when it is back, everything is delivered")
        func down() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            #expect(try await trial.stop().exit == 0)
            try await laptop("participant", "add")
            for weight in ["70", "71", "72"] {
                try await laptop(
                    "visit", "edit", "PKU-001", "BL", "VS.weight=\(weight)", "--reason", "weighed")
            }
            for _ in 1...2 {
                try await laptop.refuses("server-unreachable", "sync", exit: 3)
                let status = try await laptop("status")
                #expect(status["pending"] == 4 && status["inStep"] == false)
            }
            #expect(try await laptop("visit", "show", "PKU-001", "BL")["pending"] == 3)
            try await trial.serve()
            let totals = try await laptop.sync()
            #expect(totals["pushed"] == 4 && totals["roundTrips"].int <= 2)
            #expect(try await laptop("status")["inStep"] == true)
            #expect(
                try await trial.centre("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"] == 72)
            try await expectInStep(trial, [laptop])
        }

        @Test("A laptop that is not enrolled cannot sync, and an enrolment without a server leaves no store")
        func unenrolled() async throws {
            let trial = try await Trial()
            let laptop = Laptop(trial: trial, name: "ward-1", user: "nurse-1")
            try await laptop.refuses("not-enrolled", "sync")
            let link = try await trial.link(site: "PKU")
            try await trial.stop()
            try await laptop.refuses("server-unreachable", "enroll", link, "--name", "ward-1", exit: 3)
            try await laptop.refuses("not-enrolled", "status")
            try await trial.serve()
            try await laptop("enroll", link, "--name", "ward-1")
        }

        @Test("A server with another authority on the same port gets nothing, and the laptop says why")
        func impostor() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            let port = try #require(trial.address.split(separator: ":").last)
            try await trial.stop()

            let impostor = try Trial(emptyIn: ())
            try await impostor.centre("init")
            try await impostor.serve(port: String(port))
            try await laptop.refuses("certificate-not-trusted", "sync")
            let log = try impostor.running.errors
            #expect(!log.contains("route="), "a request reached the impostor: \(log)")
            try await impostor.stop()

            #expect(try await laptop("status")["pending"] == 1)
            try await trial.serve()
            #expect(try await laptop.sync()["pushed"] == 1)
        }

        @Test("A link whose fingerprint is not that of the server's authority is refused, and leaves nothing")
        func wrongFingerprint() async throws {
            let trial = try await Trial()
            let laptop = Laptop(trial: trial, name: "ward-1", user: "nurse-1")
            let link = try await trial.link(site: "PKU")
            let parts = link.split(separator: "#")
            let wrong = "\(parts[0])#\(String(repeating: "ab", count: 32))"
            try await laptop.refuses("certificate-not-trusted", "enroll", wrong, "--name", "ward-1")
            #expect(!FileManager.default.fileExists(atPath: laptop.store.path))
            #expect(
                !(try trial.running.errors.contains("/v1/enroll")),
                "the password was sent to a server unknown")
            try await laptop("enroll", link, "--name", "ward-1")
        }
    }
}
