import Testing

extension Story {
    /// Lock, unlock, void, sign and confirm, with the real programs.
    @Suite(.timeLimit(.minutes(5))) struct RecordStateTests {
        /// A nurse's and an investigator's laptop that both have PKU-001 with a weight at baseline.
        private func laptops(_ trial: Trial, weight: String = "70") async throws -> (
            nurse: Laptop, doctor: Laptop
        ) {
            let nurse = try await trial.laptop("ward-1")
            let doctor = try await trial.laptop("ward-2", user: "doctor-1")
            try await nurse("participant", "add")
            try await nurse("visit", "edit", "PKU-001", "BL", "VS.weight=\(weight)")
            try await nurse.sync()
            try await doctor.sync()
            return (nurse, doctor)
        }

        private func entry(_ conflict: JSONNode, _ item: String) throws -> String {
            try #require(conflict["versions"].list.first { $0["values"].keys.contains(item) })["entry"].text
        }

        private func weight(_ laptop: Laptop) async throws -> JSONNode {
            try await laptop("visit", "show", "PKU-001", "BL")["items", "VS.weight", "value"]
        }

        @Test(
            "An edit made offline before a lock came is kept aside until a coordinator decides",
            arguments: [true, false])
        func editAfterLock(admits: Bool) async throws {
            let trial = try await Trial()
            let (nurse, doctor) = try await laptops(trial)
            for user in ["doctor-1", "nurse-1", "monitor-1"] {
                try await trial.refuses("not-allowed", "lock", "PKU-001", "BL", "--reason", "x", user: user)
            }
            try await trial.refuses(
                "reason-needed", "lock", "PKU-001", "BL", "--reason", " ", user: "coordinator-1")
            try await trial.refuses(
                "not-locked", "unlock", "PKU-001", "BL", "--reason", "x", user: "coordinator-1")
            try await trial.refuses(
                "not-found", "void", "PKU-001", "D14", "--reason", "x", user: "coordinator-1")
            let locked = try await trial.centre(
                "lock", "PKU-001", "BL", "--reason", "verified", user: "coordinator-1")
            expectKeys(locked, Contract.visit, adding: ["derivedReasons"])
            #expect(locked["locked"] == true && locked["voided"] == false)
            try await trial.refuses(
                "record-locked", "lock", "PKU-001", "BL", "--reason", "x", user: "coordinator-1")

            try await nurse("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "typing error")
            #expect(try await nurse.sync()["conflicts"] == 1)
            try await doctor.sync()
            #expect(try await weight(nurse) == 70)
            try await nurse.refuses(
                "record-locked", "visit", "edit", "PKU-001", "BL", "VS.weight=72", "--reason", "again")
            let conflict = try await trial.centre("conflicts")[0]
            expectKeys(conflict, Contract.conflict, adding: ["site"])
            #expect(conflict["kind"] == "editAfterLock" && conflict["versions"].list.count == 2)
            #expect(try await doctor("conflicts").list.map { $0["id"] } == [conflict["id"]])
            let edit = try entry(conflict, "VS.weight")
            try await doctor.refuses(
                "not-allowed", "conflict", "resolve", conflict["id"].text, "--take", edit, "--reason", "x")
            let resolved = try await trial.centre(
                "conflict", "resolve", conflict["id"].text, "--take",
                admits ? edit : try entry(conflict, "@lock"), "--reason", "looked it up",
                user: "coordinator-1")
            expectKeys(resolved, Contract.conflict, adding: ["site", "resolution"])
            #expect(resolved["status"] == "resolved" && resolved["kind"] == "editAfterLock")

            try await trial.centre(
                "unlock", "PKU-001", "BL", "--reason", "late report", user: "coordinator-1")
            try await nurse.sync()
            try await doctor.sync()
            for laptop in [nurse, doctor] { #expect(try await weight(laptop) == (admits ? 71 : 70)) }
            let visit = try await nurse("visit", "show", "PKU-001", "BL", "--history")
            #expect(visit["locked"] == false)
            #expect(visit["history"].list.contains { $0["verdict"] == "held-lock" })
            #expect(try await nurse("conflicts").list.isEmpty)
            try await expectInStep(trial, [nurse, doctor])
        }

        @Test(
            "An edit made offline stands against a void until the investigator decides",
            arguments: [true, false])
        func editVersusVoid(admits: Bool) async throws {
            let trial = try await Trial()
            let (nurse, doctor) = try await laptops(trial)
            try await trial.refuses("not-allowed", "void", "PKU-001", "BL", "--reason", "x", user: "doctor-1")
            let voided = try await trial.centre(
                "void", "PKU-001", "BL", "--reason", "another patient", user: "coordinator-1")
            #expect(voided["voided"] == true && voided["items", "VS.weight", "value"] == 70)
            try await nurse("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "typing error")
            try await nurse.sync()
            try await doctor.sync()
            try await nurse.refuses(
                "record-voided", "visit", "edit", "PKU-001", "BL", "VS.weight=72", "--reason", "again")
            let conflict = try await doctor("conflicts")[0]
            expectKeys(conflict, Contract.conflict, adding: ["site"])
            #expect(conflict["kind"] == "editVersusVoid" && conflict["versions"].list.count == 2)
            #expect(try await trial.centre("conflicts").list.map { $0["id"] } == [conflict["id"]])
            let taken = try entry(conflict, admits ? "VS.weight" : "@void")
            try await nurse.refuses(
                "not-allowed", "conflict", "resolve", conflict["id"].text, "--take", taken, "--reason", "x")
            try await doctor(
                "conflict", "resolve", conflict["id"].text, "--take", taken, "--reason", "asked the ward")
            try await doctor.sync()
            try await nurse.sync()
            let visit = try await nurse("visit", "show", "PKU-001", "BL", "--history")
            #expect(visit["voided"] == .bool(!admits) && visit["conflicts"].list.isEmpty)
            #expect(visit["items", "VS.weight", "value"] == 71)
            let shown = try await trial.centre("conflict", "show", conflict["id"].text)
            #expect(shown["status"] == "resolved" && shown["kind"] == "editVersusVoid")
            #expect(try await nurse("participant", "list")[0]["visits"].list == ["BL"])
            try await expectInStep(trial, [nurse, doctor])
        }

        @Test("A signature holds until the data changes, and then says so")
        func sign() async throws {
            let trial = try await Trial()
            let (nurse, doctor) = try await laptops(trial)
            try await nurse.refuses("not-allowed", "visit", "sign", "PKU-001", "BL", "--meaning", "reviewed")
            try await doctor.refuses("reason-needed", "visit", "sign", "PKU-001", "BL", "--meaning", "")
            try await doctor.refuses(
                "nothing-to-sign", "visit", "sign", "PKU-001", "D14", "--meaning", "reviewed")
            let signed = try await doctor("visit", "sign", "PKU-001", "BL", "--meaning", "reviewed")
            expectKeys(signed, Contract.visit, adding: ["derivedReasons"])
            let signature = signed["signatures"][0]
            #expect(signature.keys == ["user", "meaning", "at", "valid"])
            #expect(signature["user"] == "doctor-1" && signature["valid"] == true)
            try await doctor.sync()
            try await trial.centre("lock", "PKU-001", "BL", "--reason", "verified", user: "coordinator-1")
            #expect(
                try await trial.centre("visit", "show", "PKU-001", "BL")["signatures"][0]["valid"] == true)
            try await trial.centre("unlock", "PKU-001", "BL", "--reason", "report", user: "coordinator-1")
            try await nurse.sync()
            try await nurse("visit", "edit", "PKU-001", "BL", "VS.weight=72", "--reason", "typing error")
            try await nurse.sync()
            try await doctor.sync()
            #expect(
                try await trial.centre("visit", "show", "PKU-001", "BL")["signatures"][0]["valid"] == false)
            #expect(try await doctor("visit", "show", "PKU-001", "BL")["signatures"][0]["valid"] == false)
            try await expectInStep(trial, [nurse, doctor])
        }

        @Test("What was confirmed as correct is so until the value changes")
        func confirm() async throws {
            let trial = try await Trial()
            let (nurse, doctor) = try await laptops(trial, weight: "250")
            func isConfirmed(_ visit: JSONNode) -> Bool {
                visit["checks"].list.contains { $0["check"] == "range" && $0["confirmed"] == true }
            }
            let monitor = nurse.with(user: "monitor-1")
            try await monitor.refuses(
                "not-allowed", "visit", "confirm", "PKU-001", "BL", "range", "--reason", "x")
            try await nurse.refuses(
                "unknown-finding", "visit", "confirm", "PKU-001", "BL", "shoe", "--reason", "x")
            try await nurse.refuses(
                "reason-needed", "visit", "confirm", "PKU-001", "BL", "range", "--reason", "")
            let confirmed = try await nurse(
                "visit", "confirm", "PKU-001", "BL", "range:VS.weight", "--reason", "weighed twice")
            #expect(isConfirmed(confirmed))
            try await nurse.sync()
            try await doctor.sync()
            #expect(isConfirmed(try await doctor("visit", "show", "PKU-001", "BL")))
            let history = try await trial.centre("visit", "show", "PKU-001", "BL", "--history")["history"]
                .list
            #expect(history.contains { $0["kind"] == "confirm" && $0["reason"] == "weighed twice" })
            try await doctor("visit", "edit", "PKU-001", "BL", "VS.weight=251", "--reason", "typing error")
            #expect(!isConfirmed(try await doctor("visit", "show", "PKU-001", "BL")))
            try await doctor.sync()
            try await nurse.sync()
            #expect(!isConfirmed(try await nurse("visit", "show", "PKU-001", "BL")))
            try await expectInStep(trial, [nurse, doctor])
        }
    }
}
