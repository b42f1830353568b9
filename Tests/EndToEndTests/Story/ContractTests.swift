import Foundation
import Testing

extension Story {
    /// What the commands print with `--json`, key by key.
    @Suite(.timeLimit(.minutes(5))) struct ContractTests {
        @Test("Every answer of the centre has the keys of the contract")
        func centre() async throws {
            let trial = try Trial(emptyIn: ())
            expectKeys(try await trial.centre("init"), ["data", "caFingerprint", "study", "epoch"])
            try await trial.serve()
            expectKeys(try await trial.centre("site", "add", "PKU", "Made-up hospital"), ["site", "name"])
            #expect(try await trial.centre("site", "list").list.map { $0["site"] } == ["PKU"])
            let user = try await trial.centre(
                "user", "add", "nurse-9", "--role", "dataEntry", "--site", "PKU")
            expectKeys(user, ["user", "role", "sites", "password"])
            #expect(user["password"].text.count >= 12)
            #expect(try await trial.centre("user", "list")[0]["user"] == "nurse-9")
            let invite = try await trial.centre("invite", "--site", "PKU", "--expires", "45m")
            expectKeys(invite, ["link", "site", "expires"])

            var laptop = Laptop(trial: trial, name: "ward", user: "nurse-9")
            laptop.password = user["password"].text
            expectKeys(
                try await laptop("enroll", invite["link"].text, "--name", "ward"),
                ["site", "device", "study"])
            let devices = try await trial.centre("device", "list")
            #expect(devices.list.count == 1)
            expectKeys(devices[0], Contract.device, adding: ["lost", "clockRanBack", "enrolled"])
            let status = try await trial.centre("status")
            expectKeys(
                status, Contract.centreStatus,
                adding: ["seriousEventList", "wrongClocks", "enrolled", "states"])
            expectKeys(
                status["sites"][0], Contract.siteStatus, adding: ["openQueries", "enrolled", "states"])
            #expect(status["target"] == 20 && status["study"] == "NCT05746689")
            expectKeys(try await trial.centre("verify"), Contract.verify)
            expectKeys(try await trial.centre("digest", "--site", "PKU")["PKU"], Contract.digest)
            #expect(try await trial.centre("study", "show")["oid"] == "NCT05746689")
        }

        @Test("Every answer of a laptop has the keys of the contract")
        func laptop() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            expectKeys(
                try await laptop("participant", "add"), Contract.participant, adding: Contract.participantToo)
            expectKeys(
                try await laptop("participant", "list")[0], Contract.participant,
                adding: Contract.participantToo)
            let edit = try await laptop(
                "visit", "edit", "PKU-001", "UNS#2", "VS.weight=999", "PK.trough=@notDone")
            expectKeys(edit, Contract.visit, adding: ["replaced", "saved", "derivedReasons"])
            #expect(edit["event"] == "UNS" && edit["repeat"] == 2)
            let visit = try await laptop("visit", "show", "PKU-001", "UNS#2", "--history")
            expectKeys(visit, Contract.visit.union(["history"]), adding: ["derivedReasons"])
            expectKeys(visit["items", "VS.weight"], Contract.item.union(["unit"]))
            expectKeys(visit["items", "PGA.vas"], Contract.item)
            #expect(visit["items", "PK.trough", "missing"] == "notDone")
            #expect(visit["history"][0]["receivedAt"] == .null && visit["history"][0]["verdict"] == "pending")
            for check in visit["checks"].list { expectKeys(check, Contract.check, adding: Contract.checkToo) }
            #expect(visit["checks"].list.contains { $0["check"] == "range" })
            expectKeys(try await laptop("sync"), Contract.sync)
            expectKeys(
                try await laptop("status"), Contract.laptopStatus,
                adding: [
                    "numbersLeft", "copied", "clockOffsetSeconds", "clockBackSeconds", "historyLeft",
                    "repaired", "quarantined", "carried", "lost", "missing", "safeSince", "stoppedBy",
                ])
            expectKeys(try await laptop("verify"), Contract.verify)
            expectKeys(try await laptop("digest")["PKU"], Contract.digest)
            #expect(try await laptop("conflicts").list.isEmpty)
            let imported = try await laptop.importing("participant,event,PGA.vas\nPKU-001,UNS#3,7\n").done()
            #expect(imported == .object(["saved": 1, "problems": .array([])]))
        }

        @Test("Help and version say their piece and end well", arguments: [Program.trialsync, .trialsyncd])
        func help(program: Program) async throws {
            let trial = try Trial(emptyIn: ())
            for flag in ["--help", "--version"] {
                let running = try trial.run(try program.url(), [flag], environment: trial.environment())
                let reply = await running.reply()
                #expect(reply.exit == 0 && !reply.out.isEmpty && reply.err.isEmpty)
            }
        }
    }
}
