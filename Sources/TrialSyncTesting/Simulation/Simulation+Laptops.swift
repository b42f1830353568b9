import Foundation
import SyncProtocol
import TrialModel
import TrialStore

/// What people do at a laptop.
extension Simulation {
    func record(_ laptop: SimulatedLaptop, _ step: Step) -> RecordKey? {
        let all = records[laptop.site] ?? []
        return all.isEmpty ? nil : all[step.pick(1, below: all.count)]
    }

    func openForm(_ laptop: SimulatedLaptop, _ step: Step) async throws {
        guard laptop.isShown, let record = record(laptop, step) else { return }
        let view = try await laptop.store.view(of: record, site: laptop.site)
        laptop.form = SimulatedLaptop.Form(record: record, view: view, shown: laptop.shown)
    }

    /// Gives a participant a number. Saves do so too, when they come upon one who has none.
    func enrol(on laptop: SimulatedLaptop, _ step: Step) async throws {
        let numbered = Set(oracle.changes.values.map(\.change.record))
        let waiting = (records[laptop.site] ?? []).filter {
            $0.kind == .participant && !numbered.contains($0)
        }
        guard laptop.isShown, let record = waiting.first else { return }
        let view = try await laptop.store.view(of: record, site: laptop.site)
        laptop.form = SimulatedLaptop.Form(record: record, view: view, shown: laptop.shown)
        try await save(on: laptop, step)
    }

    func save(on laptop: SimulatedLaptop, _ step: Step) async throws {
        guard laptop.isShown else { return }
        let wasOpen = laptop.form != nil
        if !wasOpen { try await openForm(laptop, step) }
        guard let form = laptop.form else { return }
        laptop.form = nil
        let now =
            wasOpen ? try await laptop.store.view(of: form.record, site: laptop.site) : form.view
        let isClosed = [RegisterName.lock, RegisterName.void].contains { now.state[$0].standing != nil }
        // Some programs do not refuse what they should: the centre must.
        let isStubborn = step.chance(2, isClosed ? 0.6 : 0.2)
        guard !isClosed || isStubborn else { return }
        let version = try await studyVersion(laptop)
        var names = registers(of: form.record, step, version)
        if !isStubborn {
            names.removeAll { form.view.state[$0].isInConflict || now.state[$0].isInConflict }
        }
        guard !names.isEmpty else { return }
        var change = Change(
            kind: .save, record: form.record,
            writes: names.map { write($0, form, now, step, laptop.site) },
            author: step.chance(3, 0.4) ? "helper" : "nurse",
            role: .dataEntry, at: deviceTime(laptop), studyVersion: version, salt: nextSalt())
        change.guards = form.view.base.guards
        // Where disks are to fill up, there is something to fill them with.
        change.reason =
            tape.faults.contains(.fullDisks) ? String(repeating: "corrected ", count: 60) : "corrected"
        let past = oracle.past(of: form.record, names, shown: form.shown)
        try await keep(try EncodedChange(change, site: laptop.site), past, on: laptop)
    }

    private func registers(of record: RecordKey, _ step: Step, _ version: Int) -> [String] {
        guard record.kind != .participant else {
            // Whoever enrols a participant gives the number, once: another is for a coordinator to give.
            let isNumbered = oracle.changes.values.contains { $0.change.record == record }
            return isNumbered ? [] : [RegisterName.number]
        }
        let all = ["F.1", "F.2", "g"] + (version > 1 ? ["F.3"] : [])
        let chosen = all.indices.filter { step.pick(4, below: 1 << all.count) & 1 << $0 != 0 }
        return chosen.isEmpty ? ["F.1"] : chosen.map { all[$0] }
    }

    private func write(
        _ register: String, _ form: SimulatedLaptop.Form, _ now: RecordView, _ step: Step, _ site: SiteCode
    ) -> RegisterWrite {
        var base = form.view.base.registers[register] ?? .init(shown: [])
        if mutant == .contextTakenAtSave { base = now.base.registers[register] ?? base }
        if mutant == .nothingThroughPending { base.through = [] }
        if mutant == .lastWriterWins {
            base.shown = oracle.changes.filter { entry in
                entry.value.change.record == form.record
                    && entry.value.change.writes.contains { $0.register == register }
            }.map(\.key).sorted()
        }
        return RegisterWrite(
            register, values(register, step, site), replaces: base.shown, through: base.through)
    }

    /// Mostly something new, now and then what others may say too.
    private func values(_ register: String, _ step: Step, _ site: SiteCode) -> [ItemValue] {
        if register == RegisterName.number {
            return [ItemValue(register, .text("\(site)-00\(1 + step.pick(5, below: 3))"))]
        }
        let value = step.chance(5, 0.25) ? Int64(step.pick(5, below: 2)) : Int64(salt)
        guard register == "g" else { return [ItemValue(register, .integer(value))] }
        return [ItemValue("G.1", .integer(value)), ItemValue("G.2", .integer(value + 1))]
    }

    func deviceTime(_ laptop: SimulatedLaptop) -> DeviceTime {
        DeviceTime(milliseconds: laptop.replica.clock.now, offsetMinutes: 480)
    }

    func nextSalt() -> UInt64 {
        salt += 1
        return salt
    }

    private func studyVersion(_ laptop: SimulatedLaptop) async throws -> Int {
        guard tape.faults.contains(.amendments) else { return 1 }
        for version in [3, 2] {
            let state = try await laptop.store.view(of: .study(version: version), site: .all).state
            if !state["@definition"].live.isEmpty { return version }
        }
        return 1
    }

    /// Saves a change on a laptop. Only when the store has said that it is kept is it acknowledged.
    func keep(
        _ encoded: EncodedChange, _ past: [String: Set<ChangeID>], on laptop: SimulatedLaptop
    ) async throws {
        oracle.add(encoded, site: laptop.site, past: past)
        authors[encoded.id] = laptop.replica.identity.certificate.device
        if mutant == .savedBeforeDisk {
            let image = newPath("before")
            try StoreImage.copy(laptop.replica.path, to: image)
            before[laptop.index] = image
        }
        let saves = [SiteSave(site: laptop.site, changes: [encoded])]
        do {
            _ = try await SimulatedStore(base: laptop.store, mutant: mutant, tally: tally).save(saves)
            guard laptop.replica.trap.crashImage == nil else { return }
            laptop.saved.insert(encoded.id)
            tally(encoded.change)
            note("\(laptop.name) saves \(encoded.id.hex.prefix(8)) (\(encoded.change.kind))")
        } catch let problem as Problem {
            try note(
                problem, "\(laptop.name) cannot save",
                expected: refusals(of: saves, at: laptop.replica))
        }
        try await inspect(laptop)
    }

    // MARK: Investigators

    func resolve(on laptop: SimulatedLaptop, _ step: Step) async throws {
        guard laptop.isShown else { return }
        let views = try await views(of: laptop.replica)
        for record in records[laptop.site] ?? [] {
            let view = views(record)
            let isClosed = [RegisterName.lock, RegisterName.void].contains { view.state[$0].standing != nil }
            let open = view.state.conflicts.filter { $0.kind == .concurrentEdit && $0.register.first != "@" }
            guard !isClosed, let conflict = open.first else { continue }
            let change = try resolution(
                of: conflict, view, step, by: ("doctor", .investigator), at: deviceTime(laptop))
            let encoded = try EncodedChange(
                change, site: laptop.site, signedWith: try SimulatedTrial.key("doctor"))
            let past = oracle.past(of: record, [conflict.register], shown: laptop.shown)
            return try await keep(encoded, past, on: laptop)
        }
    }

    /// Takes one of the siblings.
    func resolution(
        of conflict: Conflict, _ view: RecordView, _ step: Step, by person: (name: String, role: Role),
        at moment: DeviceTime
    ) throws -> Change {
        let live = view.state[conflict.register].live
        let write = RegisterWrite(
            conflict.register, live[step.pick(2, below: live.count)].values, replaces: conflict.siblings,
            through: view.base.registers[conflict.register]?.through ?? [])
        var change = Change(
            kind: .resolve, record: conflict.record, writes: [write], author: person.name, role: person.role,
            at: moment, studyVersion: 1, salt: nextSalt())
        (change.conflict, change.guards, change.reason) = (conflict.id, view.base.guards, "decided")
        if tape.faults.contains(.amendments), write.register == "F.3" { change.studyVersion = 2 }
        return change
    }

    func sign(on laptop: SimulatedLaptop, _ step: Step) async throws {
        guard laptop.isShown, let record = record(laptop, step) else { return }
        let view = try await laptop.store.view(of: record, site: laptop.site)
        guard !view.state.liveData.isEmpty, view.state.conflicts.isEmpty,
            view.state[RegisterName.void].standing == nil, view.state.departure == nil
        else { return }
        let register = RegisterName.signature(of: "doctor")
        let base = view.base.registers[register]
        let seen = mutant == .signaturesOfNothing ? RecordState(key: record) : view.state
        let write = RegisterWrite(
            register, Signature.values(meaning: "reviewed", of: seen), replaces: base?.shown ?? [],
            through: base?.through ?? [])
        var change = Change(
            kind: .sign, record: record, writes: [write], author: "doctor", role: .investigator,
            at: deviceTime(laptop), studyVersion: 1, salt: nextSalt())
        (change.guards, change.reason) = (view.base.guards, "reviewed")
        let encoded = try EncodedChange(
            change, site: laptop.site, signedWith: try SimulatedTrial.key("doctor"))
        signed[encoded.id] = oracle.data(of: record, at: laptop.site, among: laptop.shown)
        try await keep(encoded, oracle.past(of: record, [register], shown: laptop.shown), on: laptop)
    }

    // MARK: Programs of another age

    static let otherProgramReason = "by another program"

    func saveByOtherProgram(on laptop: SimulatedLaptop, _ step: Step) async throws {
        guard laptop.isShown, let record = record(laptop, step), record.kind != .participant else {
            return
        }
        let view = try await laptop.store.view(of: record, site: laptop.site)
        let variant = step.pick(2, below: 4)
        let register = variant == 1 ? "F.9" : "F.1"
        guard !view.state[register].isInConflict else { return }
        let value: Value = variant == 2 ? .text("many") : .integer(Int64(salt))
        let base = view.base.registers[register]
        let write = RegisterWrite(
            register, [ItemValue(register, value)], replaces: base?.shown ?? [], through: base?.through ?? [])
        var change = Change(
            kind: .save, record: record, writes: [write], author: "nurse", role: .dataEntry,
            at: deviceTime(laptop), studyVersion: variant == 3 ? 9 : 1, salt: nextSalt())
        (change.guards, change.reason) = (view.base.guards, Self.otherProgramReason)
        var encoded = try EncodedChange(change, site: laptop.site)
        if variant == 0 {
            // Field 100, which this program does not know: 7.
            let bytes = encoded.bytes + [0xA0, 0x06, 0x07]
            encoded = try EncodedChange(received: bytes, id: Chain.changeID(of: bytes))
        }
        try await keep(encoded, oracle.past(of: record, [register], shown: laptop.shown), on: laptop)
    }
}
