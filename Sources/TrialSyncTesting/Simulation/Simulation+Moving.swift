import SyncProtocol
import TrialModel
import TrialStore

/// Participants whose records go elsewhere: to another site, or to another record of the same person.
extension Simulation {
    private func mover() throws -> CaseBook.Mover {
        let random = centre.random
        let author = Author(
            name: Self.coordinator, role: .coordinator, now: moment, random: { random.next() })
        return CaseBook.Mover(
            author: author, key: try SimulatedTrial.key(Self.coordinator), reason: "moved house")
    }

    /// The participant whose record this is, if there is a number.
    private func numbered(_ record: RecordKey, _ site: SiteCode) async throws -> CaseBook.Participant? {
        let view = try await centre.store.view(of: record, site: site)
        guard let id = record.participant, let number = view.state.number else { return nil }
        return CaseBook.Participant(id: id, site: site, view: view, name: number)
    }

    private func participants(_ site: SiteCode) -> [RecordKey] {
        (records[site] ?? []).filter { $0.kind == .participant }
    }

    func transfer(_ step: Step) async throws {
        let (from, to) = (SimulatedTrial.sites[0], SimulatedTrial.sites[1])
        let staying = participants(from)
        guard !staying.isEmpty,
            let participant = try await numbered(staying[step.pick(1, below: staying.count)], from)
        else { return }
        let book = CaseBook(store: centre.store, study: template.trial.study)
        do {
            var (saves, there) = try await book.transferring(participant, to: to, by: mover())
            if mutant == .copyLeftOut { saves[1].changes.removeLast() }
            for save in saves { try await tellOracle(of: save) }
            for key in saves[1].changes.map(\.change.record)
            where key.kind != .query && key.participant == there && !(records[to] ?? []).contains(key) {
                records[to, default: []].append(key)
            }
            let isHalfPulled = laptops.contains { $0.isMidPull && holdsPart(of: participant.id, $0) }
            guard try await keep(saves) else { return }
            tally.add(.transfers)
            if isHalfPulled { tally.add(.transfersMidPull) }
            try await checkCopies(of: participant.id, from, as: there, at: to)
        } catch let problem as Problem {
            try note(problem, "nobody moves", expected: Self.refusedMoves)
        }
    }

    /// Whether the laptop has got some of what the centre holds of a participant, and not all.
    private func holdsPart(of participant: EnrolmentID, _ laptop: SimulatedLaptop) -> Bool {
        let there = held.filter { oracle.changes[$0]?.change.record.participant == participant }
        let here = there.count { laptop.standings[$0] != nil }
        return here > 0 && here < there.count
    }

    /// Whoever goes to another site takes along all that stood at the old one.
    private func checkCopies(
        of participant: EnrolmentID, _ from: SiteCode, as there: EnrolmentID, at to: SiteCode
    ) async throws {
        // Unless the centre ends in this moment: then the files say whether it was done.
        guard centre.trap.crashImage == nil else { return }
        let views = try await viewsAtCentre()
        for key in records[from] ?? [] where key.participant == participant {
            let copy: RecordKey =
                key.kind == .participant ? .participant(there) : .visit(there, event: key.name)
            let (old, new) = (views(key).state, views(copy).state)
            for (name, register) in old.sortedRegisters where RegisterName.isData(name) {
                guard Set(register.live.map(\.values)) == Set(new[name].live.map(\.values)) else {
                    throw SimulationFinding("a transfer left \(name) of \(key.kind) behind")
                }
            }
            let isVoid = (old[RegisterName.void].standing != nil, new[RegisterName.void].standing != nil)
            guard isVoid.0 == isVoid.1 else {
                throw SimulationFinding("a transfer left behind that \(key.kind) is void")
            }
        }
    }

    /// Two records are one person.
    func merge(_ step: Step) async throws {
        let site = SimulatedTrial.sites[step.pick(1, below: hasTwoSites ? 2 : 1)]
        let staying = participants(site)
        guard staying.count > 1 else { return }
        let first = step.pick(2, below: staying.count)
        let second = (first + 1 + step.pick(3, below: staying.count - 1)) % staying.count
        guard let participant = try await numbered(staying[first], site),
            let other = try await numbered(staying[second], site)
        else { return }
        let book = CaseBook(store: centre.store, study: template.trial.study)
        do {
            let save = try await book.merging(participant, into: other, by: mover())
            try await tellOracle(of: save)
            if try await keep([save]) { tally.add(.merges) }
        } catch let problem as Problem {
            try note(problem, "nobody is merged", expected: Self.refusedMoves)
        }
    }

    /// Copies take the place of nothing: what differs from them is a conflict. A lock takes that of what was
    /// shown.
    private func tellOracle(of save: SiteSave) async throws {
        let shown = try await shown()
        for encoded in save.changes {
            let (change, site) = (encoded.change, save.site)
            let past =
                change.kind == .release
                ? [:] : oracle.past(of: change.record, change.writes.map(\.register), shown: shown)
            oracle.add(encoded, site: site, past: past)
            if change.record.kind == .query, !(queries[site] ?? []).contains(change.record) {
                queries[site, default: []].append(change.record)
            }
        }
    }
}
