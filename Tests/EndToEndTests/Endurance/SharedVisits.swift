import Foundation
import Testing

/// What two laptops and a coordinator do to the same visits while programs are killed, and what must have
/// come of it in the end.
///
/// Each round has a register of its own that both laptops write once. The coordinator decides what has come
/// of earlier rounds, or locks a visit and opens it again.
struct SharedVisits {
    /// One thing that a person does.
    struct Deed: Sendable {
        /// As the history tells it; no other has it.
        let reason: String
        let participant: String
        let event: String
        var wasAnswered = false
    }

    /// One that runs.
    struct UnderWay: Sendable {
        let deed: Deed
        let program: Running
    }

    private static let (events, items) = (["BL", "W12", "W48"], ["VS.weight", "PGA.vas"])
    private static let registers = events.count * items.count
    /// Locked and opened by turns.
    private static let locked = (participant: "PKU-001", event: "SCR")

    private let trial: Trial
    private let laptops: [Laptop]
    /// Their numbers, which come in blocks that are leased and have gaps between them.
    private let participants: [String]
    private var deeds: [Deed] = []

    /// The participants that so many rounds need.
    static func participants(forRounds rounds: Int) -> Int { max(3, (rounds + registers - 1) / registers) }

    /// Makes the visit that is to be locked. The participants are there.
    init(_ trial: Trial, _ laptops: [Laptop], participants: [String]) async throws {
        (self.trial, self.laptops, self.participants) = (trial, laptops, participants)
        try await laptops[0](
            "visit", "edit", Self.locked.participant, Self.locked.event, "SV.date=2026-01-05")
    }

    // MARK: A round

    /// Starts an edit of one register on each laptop, and what the coordinator does.
    ///
    /// - Parameter round: from 1.
    func begin(_ round: Int) async throws -> (edits: [UnderWay], decision: UnderWay) {
        let decision = try await decision(in: round)
        let place = (round - 1) % Self.registers
        let (event, item) = (
            Self.events[place / Self.items.count], Self.items[place % Self.items.count]
        )
        let participant = participants[(round - 1) / Self.registers]
        let edits = try laptops.enumerated().map { index, laptop in
            let deed = Deed(
                reason: "\(laptop.name) in round \(round)", participant: participant, event: event)
            let edit = [
                "visit", "edit", participant, event, "\(item)=\(61 + index)", "--reason", deed.reason,
            ]
            return UnderWay(deed: deed, program: try laptop.start(edit))
        }
        return (edits, decision)
    }

    /// Decides the first conflict there is, or locks a visit or opens it.
    private func decision(in round: Int) async throws -> UnderWay {
        let reason = "the coordinator in round \(round)"
        var (participant, event) = Self.locked
        let command: [String]
        if round.isMultiple(of: 2), let conflict = try await trial.centre("conflicts").list.first {
            (participant, event) = (conflict["participant"].text, conflict["event"].text)
            command = [
                "conflict", "resolve", conflict["id"].text, "--take",
                conflict["versions"][0]["entry"].text,
            ]
        } else {
            let visit = try await trial.reply("visit", "show", participant, event).json()
            command = [visit["locked"] == true ? "unlock" : "lock", participant, event]
        }
        return UnderWay(
            deed: Deed(reason: reason, participant: participant, event: event),
            program: try trial.start(command + ["--reason", reason], user: "coordinator-1"))
    }

    /// Waits for the ends of what was begun, and notes what was answered.
    mutating func note(_ all: [UnderWay]) async {
        for one in all {
            let reply = await one.program.reply()
            #expect([0, -SIGKILL].contains(reply.exit), "\(reply.command): \(reply.exit) \(reply.err)")
            var deed = one.deed
            deed.wasAnswered = reply.exit == 0
            deeds.append(deed)
        }
    }

    // MARK: The end

    /// What stands in the centre's store of all this.
    struct Sum {
        var entries = 0
        var records = 0
    }

    /// Expects each answered deed in the history once and each other at most once, and exactly the conflicts
    /// that the histories give, at the centre and on each laptop.
    func expectKept() async throws -> Sum {
        var sum = Sum()
        var (open, decided): (Set<String>, Int) = ([], 0)
        let visits = participants.flatMap { participant in
            (Self.events + [Self.locked.event]).map { (participant, $0) }
        }
        for (participant, event) in visits {
            let shown = try await trial.reply("visit", "show", participant, event, "--history").json()
            let history = shown["history"].list
            #expect(Set(history.map { $0["entry"] }).count == history.count, "\(participant) \(event)")
            for deed in deeds where deed.participant == participant && deed.event == event {
                let count = history.filter { $0["reason"].text == deed.reason }.count
                #expect(deed.wasAnswered ? count == 1 : count <= 1, "\(deed): \(count) times")
            }
            for item in Self.items where Self.isInConflict(item, history) {
                open.insert("\(participant) \(event) \(item)")
            }
            sum.entries += history.count
            sum.records += history.isEmpty ? 0 : 1
            decided += history.filter { $0["kind"] == "resolve" }.count
        }
        #expect(try await Self.names(trial.centre("conflicts")) == open)
        for laptop in laptops {
            #expect(try await Self.names(laptop("conflicts")) == open, "\(laptop.name)")
        }
        print("\(open.count) conflicts are open, \(decided) were decided, of \(deeds.count) deeds")
        #expect(!open.isEmpty || decided > 0, "laptops must have met in a register")
        // What was decided at the centre is told to the site by a query.
        #expect(try await trial.centre("query", "list").list.count == decided)
        sum.entries += decided
        sum.records += decided
        return sum
    }

    /// Each laptop writes a register once: the second has seen what the first wrote, or has not.
    private static func isInConflict(_ item: String, _ history: [JSONNode]) -> Bool {
        let acts = history.filter { $0["changes", item] != .null }
        let saves = acts.filter { $0["kind"] == "save" }
        return saves.count == 2 && saves.allSatisfy { $0["changes", item, "old"] == .null }
            && !acts.contains { $0["kind"] == "resolve" }
    }

    private static func names(_ conflicts: JSONNode) -> Set<String> {
        Set(
            conflicts.list.map {
                "\($0["participant"].text) \($0["event"].text) \($0["register"].text)"
            })
    }
}
