import Foundation
import Testing

/// A trial with something of everything on its pages: visits, log lines, conflicts of a value and of a
/// Responder Index, a query, a locked and a signed visit, a trough out of its window, a serious event,
/// something in quarantine, an edit of a locked visit, two participants who are likely one. All made up.
enum PreparedTrial {
    /// - Returns: the laptop of `nurse-1`, in step.
    static func fill(_ trial: Trial) async throws -> Laptop {
        let (one, two) = (try await trial.laptop("ward-1"), try await trial.laptop("ward-2", user: "nurse-2"))
        for _ in 1...3 { try await one("participant", "add", "DM.birthYear=1961", "DM.sex=F") }
        // PKU-004, as PKU-002 will be.
        try await one("participant", "add", "DM.birthYear=1961", "DM.sex=F", "DM.initials=CD")
        try await one("visit", "edit", "PKU-002", "SCR", "DM.initials=CD")
        try await one("visit", "edit", "PKU-001", "SCR", "SV.date=2026-01-05", "DM.consentDate=2026-01-05")
        try await one("visit", "edit", "PKU-001", "BL", "SV.date=2026-01-12", "VS.weight=70.0", "PGA.vas=62")
        try await one("visit", "edit", "PKU-001", "D14", "SV.date=2026-01-26", "VS.weight=70.5")
        try await one("visit", "edit", "PKU-002", "BL", "SV.date=2026-02-02", "VS.weight=58.5")
        try await one("visit", "edit", "PKU-002", "BL", "RI.orbit=3", "RI.parotid=1", "RI.parotid.urgent=Y")
        try await one(
            "visit", "edit", "PKU-001", "D14", "PK.trough=17.5", "PK.sampleTime=2026-01-26T08:10+08:00",
            "PK.lastDoseTime=2026-01-25T08:00+08:00")
        try await one("visit", "edit", "PKU-003", "SCR", "SV.date=2026-02-20", "DM.consentDate=2026-02-20")
        try await one(
            "log", "add", "PKU-001", "AE", "AE.term=pneumonia", "AE.start=2026-01-20", "AE.serious=Y")
        try await one(
            "log", "add", "PKU-001", "EX", "EX.drug=prednisone", "EX.start=2026-01-12", "EX.dose=55")
        try await one(
            "log", "add", "PKU-001", "EX", "EX.drug=sirolimus", "EX.start=2026-01-12", "EX.dose=2")
        try await one.sync()
        try await two.sync()
        try await one("visit", "edit", "PKU-001", "BL", "VS.weight=71.5", "--reason", "typing error")
        try await two("visit", "edit", "PKU-001", "BL", "VS.weight=72.5", "--reason", "re-weighed")
        try await one("visit", "edit", "PKU-002", "BL", "RI.orbit=2", "--reason", "looked again")
        try await two("visit", "edit", "PKU-002", "BL", "RI.orbit=1", "--reason", "read again")
        try await one.with(user: "doctor-1")(
            "visit", "sign", "PKU-001", "D14", "--meaning", "reviewed and complete")
        try await one.sync()
        try await trial.centre(
            "lock", "PKU-003", "SCR", "--reason", "monitored", "--user", "coordinator-1",
            user: "coordinator-1")
        try await trial.centre(
            "query", "raise", "PKU-002", "BL", "VS.weight", "in clothes?", "--user", "coordinator-1",
            user: "coordinator-1")
        try await one.sync()
        // Saved without knowing of the lock.
        try await two("visit", "edit", "PKU-003", "SCR", "DM.initials=AB")
        try await two.sync()
        // What a person saves whose access has ended is kept aside.
        try await two("visit", "edit", "PKU-002", "D14", "SV.date=2026-02-16")
        try await trial.centre("user", "disable", "nurse-2")
        _ = try await two.reply(["sync"])
        try await trial.centre("user", "enable", "nurse-2")
        try await one.sync()
        return one
    }
}
