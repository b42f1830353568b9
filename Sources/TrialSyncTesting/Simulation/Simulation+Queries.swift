import Crypto
import Foundation
import SyncProtocol
import TrialModel
import TrialStore

/// Data queries, and findings that people confirm as correct.
extension Simulation {
    /// Where somebody sits and writes: at a laptop, or at the centre.
    private struct Desk {
        /// `nil`: the centre.
        let laptop: SimulatedLaptop?
        let book: CaseBook
        let author: Author
    }

    private static let manager = "manager"

    private func desk(at laptop: SimulatedLaptop, _ step: Step) -> Desk {
        desk(laptop, laptop.store, step.chance(3, 0.4) ? "helper" : "nurse", .dataEntry, deviceTime(laptop))
    }

    /// The data manager comes to the trial when there is something to ask.
    private func deskAtCentre() async throws -> Desk {
        try await hireManager()
        return desk(nil, centre.store, Self.manager, .dataManager, moment)
    }

    private func desk(
        _ laptop: SimulatedLaptop?, _ store: SQLiteReplica, _ name: String, _ role: Role, _ now: DeviceTime
    ) -> Desk {
        // Numbers of its own: machines that were copied with their memory would name two messages the same.
        let random = SharedGenerator(seed: tape.seed &+ nextSalt())
        return Desk(
            laptop: laptop, book: CaseBook(store: store, study: template.trial.study),
            author: Author(name: name, role: role, now: now, random: { random.next() }))
    }

    private func keep(_ change: Change?, _ site: SiteCode, at desk: Desk) async throws {
        guard let change else { return }
        let record = change.record
        if record.kind == .query, !(queries[site] ?? []).contains(record) {
            queries[site, default: []].append(record)
        }
        // Whoever writes in a query was shown all of it; other changes speak of what they write.
        let registers =
            record.kind == .query ? oracle.registers(of: record, at: site) : change.writes.map(\.register)
        guard let laptop = desk.laptop else {
            return try await keep(
                change, site, past: oracle.past(of: record, registers, shown: try await shown()))
        }
        let past = oracle.past(of: record, registers, shown: laptop.shown)
        try await keep(try EncodedChange(change, site: site), past, on: laptop)
    }

    /// What the product refuses where the person sits is no finding.
    func unlessRefused<Value>(_ body: () async throws -> Value) async throws -> Value? {
        do { return try await body() } catch let problem as Problem {
            try note(problem, "refused", expected: Self.refusedToPeople)
            return nil
        }
    }

    // MARK: Queries

    /// Somebody asks something about a visit, or about an item of it.
    private func raise(_ step: Step, _ site: SiteCode, at desk: Desk) async throws {
        let there = try await desk.book.participants(site: site)
        guard !there.isEmpty else { return }
        let participant = there[step.pick(1, below: there.count)]
        let change = try await unlessRefused {
            try await desk.book.raising(
                on: participant, sheet: step.chance(2, 0.5) ? "BL" : "W2",
                item: step.chance(4, 0.5) ? "F.1" : "", text: "Is it so?", by: desk.author)
        }
        try await keep(change, site, at: desk)
    }

    func raiseQuery(_ step: Step) async throws {
        try await raise(
            step, SimulatedTrial.sites[step.pick(3, below: hasTwoSites ? 2 : 1)], at: deskAtCentre())
    }

    func askQuery(on laptop: SimulatedLaptop, _ step: Step) async throws {
        guard laptop.isShown else { return }
        try await raise(step, laptop.site, at: desk(at: laptop, step))
    }

    /// Mostly the site answers; now and then the centre does, or says more.
    func answerQuery(on laptop: SimulatedLaptop, _ step: Step) async throws {
        let isAtCentre = step.chance(2, 0.3)
        guard isAtCentre || laptop.isShown else { return }
        let desk = isAtCentre ? try await deskAtCentre() : desk(at: laptop, step)
        guard let query = try await query(step, at: desk) else { return }
        let change = try await unlessRefused {
            try desk.book.answering(query, text: "It is so.", by: desk.author)
        }
        try await keep(change, query.participant.site, at: desk)
    }

    /// Closes a query; one that is closed is now and then opened again.
    func closeQuery(_ step: Step) async throws {
        let desk = try await deskAtCentre()
        guard let query = try await query(step, at: desk) else { return }
        let change = try await unlessRefused {
            query.shown.status == .closed && step.chance(2, 0.5)
                ? try desk.book.reopening(query, text: "And now?", by: desk.author)
                : try desk.book.closing(query, reason: "settled", by: desk.author)
        }
        try await keep(change.flatMap(\.self), query.participant.site, at: desk)
    }

    private func query(_ step: Step, at desk: Desk) async throws -> CaseBook.Query? {
        let all = try await desk.book.queries(site: desk.laptop?.site, all: true)
        return all.isEmpty ? nil : all[step.pick(1, below: all.count)]
    }

    private func hireManager() async throws {
        let record = RecordKey.person(Self.manager)
        guard try await centre.store.view(of: record, site: .all).state.registers.isEmpty else { return }
        let grant = PersonGrant(
            name: Self.manager, role: .dataManager, sites: [], isDisabled: false,
            publicKey: try SimulatedTrial.key(Self.manager).publicKey.rawRepresentation)
        let encoded = try SimulatedTrial.administering(record, grant.writes, salt: nextSalt())
        oracle.add(encoded, site: .all, past: [:])
        try await keep([SiteSave(site: .all, changes: [encoded])])
    }

    /// What queries say of themselves follows from who had been shown what.
    func checkQueries(
        of store: SQLiteReplica, _ name: String, site: SiteCode, applied: Set<ChangeID>
    ) async throws {
        guard !(queries[site] ?? []).isEmpty else { return }
        let book = CaseBook(store: store, study: template.trial.study)
        for query in try await book.queries(site: site, all: true) {
            let want = oracle.status(ofQuery: query.record.state.key, at: site, among: applied)
            guard let want, want != query.shown.status else { continue }
            throw SimulationFinding("\(name) says that a query is \(query.shown.status), and it is \(want)")
        }
    }

    // MARK: Findings

    /// Somebody confirms that what is out of its range is correct.
    func confirm(on laptop: SimulatedLaptop, _ step: Step) async throws {
        let visits = (records[laptop.site] ?? []).filter { $0.kind != .participant }
        guard laptop.isShown, !visits.isEmpty else { return }
        let record = visits[step.pick(1, below: visits.count)]
        guard let id = record.participant else { return }
        let view = try await laptop.store.view(of: .participant(id), site: laptop.site)
        let participant = CaseBook.Participant(
            id: id, site: laptop.site, view: view, name: view.state.number ?? "?")
        let desk = desk(at: laptop, step)
        let change = try await unlessRefused {
            try await desk.book.confirming(
                "range", on: try await desk.book.sheet(participant, record.name), reason: "seen",
                by: desk.author)
        }
        try await keep(change, laptop.site, at: desk)
    }
}
