package import Foundation
package import SyncProtocol
package import TrialModel
package import TrialStore

/// The rules of `star_sim.py` over the real sessions and stores: a star of laptops around a centre, seeded
/// faults, and an oracle of exact causal history.
package struct StarSimulation {
    package enum Fault: String, Sendable, CaseIterable { case clone, image, restore, bundle }

    /// Rules broken on purpose, to show that the oracle sees it.
    package enum Mutant: String, Sendable, CaseIterable {
        /// A save replaces what the store shows when it is made, not what the person was shown.
        case contextTakenAtSave
        /// A save does not name what the pending versions it replaces had replaced.
        case nothingThroughPending
        /// What came in a bundle is dropped again before it can be forwarded.
        case bundlesNotForwarded
        /// Every change takes the place of all others.
        case lastWriterWins
    }

    /// Quarantines every seventh change, as the model does: a verdict belongs to the change, whoever brings
    /// it.
    package struct Judge: EntryJudge {
        package init() {}

        package func verdict(
            on change: EncodedChange, in journal: JournalIntroduction, evidence: some JudgeEvidence
        ) -> Verdict {
            change.change.salt.isMultiple(of: 7) ? .quarantined("not-allowed") : .applied
        }
    }

    /// What a person knew when opening a form, and what a change therefore knows.
    private struct Known {
        let register: String
        let past: Set<ChangeID>
    }

    private struct Laptop {
        var store: SQLiteReplica
        var past: [String: Set<ChangeID>] = [:]
        var form: (register: String, base: Base, past: Set<ChangeID>)?
    }

    private var random: SeededGenerator
    private let replicas: TestReplicas
    private let record: RecordKey
    private let faults: Set<Fault>
    private let mutant: Mutant?
    private var centre: SQLiteReplica
    private var laptops: [Laptop] = []
    private var oracle: [ChangeID: Known] = [:]
    private var good: Set<ChangeID> = []
    private var backup: String?
    private var images: [(index: Int, path: String, laptop: Laptop)] = []
    private var files = 0
    private var uid: UInt64 = 0

    package init(seed: UInt64, faults: Set<Fault>, mutant: Mutant? = nil) async throws {
        var random = SeededGenerator(seed: seed)
        replicas = try TestReplicas(seed: seed)
        record = .visit(EnrolmentID(using: &random), event: "BL")
        var on: Set<Fault> = []
        for fault in Fault.allCases where faults.contains(fault) && random.chance(0.7) { on.insert(fault) }
        self.faults = on
        self.mutant = mutant
        centre = try await replicas.makeCentre()
        for index in 0..<Int.random(in: 2...4, using: &random) {
            laptops.append(Laptop(store: try await replicas.makeLaptop("laptop\(index)")))
        }
        self.random = random
    }

    /// - Returns: what went wrong, or `nil`.
    package mutating func run() async throws -> String? {
        for _ in 0..<Int.random(in: 20...90, using: &random) { try await step() }
        let problem = try await settle()
        centre.close()
        for laptop in laptops { laptop.store.close() }
        return problem
    }

    private mutating func step() async throws {
        let dice = Double.random(in: 0..<1, using: &random)
        let index = Int.random(in: laptops.indices, using: &random)
        switch dice {
        case ..<0.5:
            if laptops[index].form == nil { try await openForm(index) }
            if random.chance(0.7) { try await save(index) }
        case ..<0.80: try await sync(index, loss: 0.15)
        case ..<0.84: backup = try await copy(centre)
        case ..<0.87: if let backup, faults.contains(.restore) { try await restore(backup) }
        case ..<0.90: images.append((index, try await copy(laptops[index].store), laptops[index]))
        case ..<0.93: if faults.contains(.image) { try await putBackImage() }
        case ..<0.96: if faults.contains(.clone), laptops.count < 6 { try await clone(index) }
        default: if faults.contains(.bundle) { try await lend(to: index) }
        }
    }

    // MARK: People

    private mutating func openForm(_ index: Int) async throws {
        let register = "i\(Int.random(in: 1...3, using: &random))"
        // A laptop whose first sync was cut off shows no form.
        if let firstSync = try await laptops[index].store.firstSync(), !firstSync.isShown { return }
        let base = try await laptops[index].store.view(of: record, site: replicas.site).base
        laptops[index].form = (register, base, laptops[index].past[register] ?? [])
    }

    private mutating func save(_ index: Int) async throws {
        guard let form = laptops[index].form else { return }
        laptops[index].form = nil
        if let firstSync = try await laptops[index].store.firstSync(), !firstSync.isShown { return }
        uid += 1
        var base = form.base.registers[form.register]
        if mutant == .contextTakenAtSave {
            base = try await laptops[index].store.view(of: record, site: replicas.site).base.registers[
                form.register]
        }
        if mutant == .nothingThroughPending { base?.through = [] }
        if mutant == .lastWriterWins {
            base?.shown = oracle.filter { $0.value.register == form.register }.map(\.key).sorted()
        }
        let write = RegisterWrite(
            form.register, [ItemValue(form.register, .integer(Int64(uid)))], replaces: base?.shown ?? [],
            through: base?.through ?? [])
        let change = Change(
            kind: .save, record: record, writes: [write], author: "nurse", role: .dataEntry,
            at: DeviceTime(milliseconds: 0, offsetMinutes: 0), studyVersion: 1, salt: uid)
        let id = try EncodedChange(change, site: replicas.site).id
        oracle[id] = Known(register: form.register, past: form.past)
        if !uid.isMultiple(of: 7) { good.insert(id) }
        _ = try await laptops[index].store.save([change], site: replicas.site, signedWith: nil)
        laptops[index].past[form.register, default: []].formUnion(form.past.union([id]))
    }

    private mutating func learn(_ index: Int) async throws {
        for id in try await laptops[index].store.heldChanges().keys {
            guard let known = oracle[id] else { continue }
            laptops[index].past[known.register, default: []].formUnion(known.past.union([id]))
        }
    }

    // MARK: The network

    private struct Lost: Error {}

    private mutating func sync(_ index: Int, loss: Double) async throws {
        let exchange = LaptopExchange(
            store: laptops[index].store, site: replicas.site,
            pageEntries: Int.random(in: 1...7, using: &random))
        let centre = CentreExchange(store: centre, judge: Judge())
        let network = SharedGenerator(seed: random.next())
        do {
            _ = try await exchange.run { body in
                if network.chance(loss) { throw Lost() }
                if loss > 0, network.chance(0.05) {
                    _ = try await centre.answer(body.prefix(network.below(body.count)))
                }
                if loss > 0, network.chance(0.1) { _ = try await centre.answer(body) }
                let answer = try await centre.answer(body)
                if network.chance(loss) { throw Lost() }
                return answer
            }
        } catch is Lost {}
        try await learn(index)
    }

    // MARK: Faults

    private mutating func copy(_ store: SQLiteReplica) async throws -> String {
        files += 1
        let path = replicas.path("copy\(files)")
        try await store.copy(to: path)
        return path
    }

    private mutating func restore(_ backup: String) async throws {
        files += 1
        let path = replicas.path("restored\(files)")
        try FileManager.default.copyItem(atPath: backup, toPath: path)
        let announced = random.chance(0.6)
        let current = try await centre.epoch()
        let restored = try replicas.open(path, as: centre, kind: .centre)
        centre.close()
        centre = restored
        if announced {
            _ = try await centre.drawEpoch(for: replicas.site)
        } else {
            // As the model has it: the epoch lives outside what is put back.
            try await centre.set("epoch", to: current)
        }
    }

    private mutating func putBackImage() async throws {
        guard let image = images.randomElement(using: &random) else { return }
        files += 1
        let path = replicas.path("image\(files)")
        try FileManager.default.copyItem(atPath: image.path, toPath: path)
        let old = laptops[image.index].store
        var laptop = image.laptop
        laptop.store = try replicas.open(path, as: old, kind: .laptop)
        old.close()
        laptops[image.index] = laptop
    }

    private mutating func clone(_ index: Int) async throws {
        let path = try await copy(laptops[index].store)
        var twin = laptops[index]
        twin.store = try replicas.open(path, as: laptops[index].store, kind: .laptop)
        laptops.append(twin)
    }

    private mutating func lend(to index: Int) async throws {
        let lender = Int.random(in: laptops.indices, using: &random)
        let stored = try await laptops[index].store.stored(site: replicas.site)
        var page = try await laptops[lender].store.lend(
            site: replicas.site, beyond: random.chance(0.5) ? ChangeVector() : stored)
        if mutant == .bundlesNotForwarded {
            try await learn(lender)
            let unproven = page.runs.filter(\.judgements.isEmpty)
            laptops[index].past.merge(laptops[lender].past) { $0.union($1) }
            page.runs.removeAll(where: unproven.contains)
        }
        _ = try await laptops[index].store.borrow(page, site: replicas.site)
        try await learn(index)
    }

    // MARK: Rest, and the oracle

    private mutating func settle() async throws -> String? {
        for _ in 0..<4 { for index in laptops.indices { try await sync(index, loss: 0) } }
        let all = Set(try await centre.heldChanges().keys)
        let state = try await centre.view(of: record, site: replicas.site).state
        for laptop in laptops {
            let held = try await laptop.store.heldChanges()
            if !all.isSuperset(of: held.keys) {
                return "a change that a laptop holds never reached the centre"
            }
            let summary = try await laptop.store.summary(of: replicas.site)
            if summary.pending + summary.borrowed > 0 { return "never in step" }
            if try await laptop.store.view(of: record, site: replicas.site).state != state {
                return "a laptop's view differs"
            }
            if try await laptop.store.summary(of: replicas.site).digest
                != centre.summary(of: replicas.site).digest
            {
                return "a laptop's digest differs"
            }
            if let problem = try await laptop.store.verify().problems.first { return "a laptop: \(problem)" }
        }
        if let problem = try await centre.verify().problems.first { return "the centre: \(problem)" }
        return compare(state, all)
    }

    private func compare(_ state: RecordState, _ all: Set<ChangeID>) -> String? {
        for register in ["i1", "i2", "i3"] {
            let here = all.filter { good.contains($0) && oracle[$0]?.register == register }
            let want = here.filter { id in !here.contains { oracle[$0]?.past.contains(id) ?? false } }
            let live = Set(state[register].live.map(\.id))
            if !want.subtracting(live).isEmpty { return "lost value in \(register)" }
            if want != live { return "false conflict in \(register)" }
        }
        return nil
    }
}
