import Foundation

/// One thing that a person, a stick or fate does in a simulated trial.
///
/// Its numbers are drawn once and mean something in any world: they pick from what there is when the step is
/// taken. So steps can be left out, and the others still make sense.
package struct Step: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case openForm, save, sync
        case lend, bundleToCentre, bundleFromCentre, writeStick, readStick
        case copyImage, putBackImage, clone
        case crashLaptop, crashCentre, failWrite, failCentreWrite, fillDisk
        case backUp, restore, restoreSilently
        case join, setClock
        case lock, unlock, void, unvoid, sign, resolve, resolveAtCentre, decideHeld, release
        case raiseQuery, askQuery, answerQuery, closeQuery, confirm, enrol, merge
        case disablePerson, enablePerson, revokeLaptop, admitLaptop
        case amend, transfer, saveByOtherProgram
    }

    /// Names the step on the schedule, wherever it stands on a shortened tape.
    package let id: Int
    package let kind: Kind
    /// Milliseconds since the step before.
    package let gap: Int
    package let picks: [Int]

    /// A number below `limit`, from the step's own draws.
    package func pick(_ index: Int, below limit: Int) -> Int {
        limit > 0 ? picks[index % picks.count] % limit : 0
    }

    package func chance(_ index: Int, _ probability: Double) -> Bool {
        Double(pick(index, below: 1000)) < probability * 1000
    }
}

/// What happens in one simulated trial, apart from the network's moods: the first of the two tapes.
package struct WorkloadTape: Codable, Hashable, Sendable {
    package var seed: UInt64
    package var family: FaultFamily
    package var faults: [Fault]
    package var laptops: Int
    package var participants: Int
    /// The largest page, in entries: each sync draws its own up to this.
    package var pageLimit: Int
    /// The page of the last syncs, when faults have stopped; as large as others may be, unless told.
    package var lastPage: Int?
    /// How long SQLite's log grows before it is brought into the file; as in the product, unless told.
    package var logPages: Int?
    /// How much of the network's traffic is lost.
    package var loss: Double
    package var steps: [Step]

    /// Draws a tape: the same for the same seed, everywhere.
    package init(seed: UInt64, family: FaultFamily) {
        var random = SeededGenerator(seed: seed ^ 0x5EED_0000_0000_0000)
        (self.seed, self.family) = (seed, family)
        var on: [Fault] = []
        let chance = family == .everything ? [0.15, 0.3, 0.5].randomElement(using: &random) ?? 0.5 : 0.85
        for fault in family.faults where random.chance(chance) {
            on.append(fault)
        }
        faults = on
        laptops = [2, 2, 2, 3, 3, 4].randomElement(using: &random) ?? 2
        participants = Int.random(in: 1...2, using: &random)
        pageLimit = Int.random(in: random.chance(0.15) ? 1...2 : 3...8, using: &random)
        loss = [0, 0.1, 0.2, 0.3].randomElement(using: &random) ?? 0.1
        // Mostly few, and then with more trouble among them: most faults show in a few steps, and short runs
        // are many in the time of a long one.
        let isLong = random.chance(0.05)
        let length = Int.random(in: isLong ? 40...70 : 6...18, using: &random)
        steps = Self.beginning(on, &random)
        let weights = Self.weights(on, trouble: isLong ? 1 : 2)
        let total = weights.reduce(0) { $0 + $1.weight }
        for id in steps.count..<max(steps.count + 4, length) {
            var dice = Int.random(in: 0..<total, using: &random)
            let kind = weights.first { entry in
                dice -= entry.weight
                return dice < 0
            }?.kind
            let gap =
                random.chance(0.2)
                ? Int.random(in: 500...5000, using: &random)
                : Int.random(
                    in: 0...300, using: &random)
            var picks = (0..<6).map { _ in Int.random(in: 0..<1_000_000, using: &random) }
            // People meet on one record more often than chance would have it: that is where conflicts are.
            if kind == .save || kind == .openForm, random.chance(0.4) { picks[1] = 0 }
            steps.append(Step(id: id, kind: kind ?? .sync, gap: gap, picks: picks))
        }
        // Nothing befalls the last syncs: most may take everything at once.
        if random.chance(0.8) { lastPage = 64 }
        if on.contains(.laptopCrashes) || on.contains(.centreCrashes) {
            logPages = Int.random(in: 1...20, using: &random)
        }
    }

    /// Whoever decides, moves or takes access away needs something at the centre to do it to: what two
    /// laptops saved and send, on one record in half of the runs.
    private static func beginning(_ faults: [Fault], _ random: inout SeededGenerator) -> [Step] {
        guard !Set(faults).isDisjoint(with: [.decisions, .endedAccess, .transfers]) else { return [] }
        let laptop = Int.random(in: 0..<1_000_000, using: &random)
        let registers = Int.random(in: 0..<1_000_000, using: &random)
        let record = random.chance(0.5) ? 0 : 1
        let acts: [(kind: Step.Kind, laptop: Int, record: Int)] = [
            (.enrol, 0, 0), (.enrol, 0, 0), (.save, 0, 0), (.save, 1, record), (.sync, 0, 7), (.sync, 1, 7),
        ]
        return acts.enumerated().map { id, act in
            var picks = (0..<6).map { _ in Int.random(in: 0..<1_000_000, using: &random) }
            (picks[0], picks[1], picks[4]) = (laptop + act.laptop, act.record, registers)
            return Step(id: id, kind: act.kind, gap: 100, picks: picks)
        }
    }

    private static func weights(_ faults: [Fault], trouble: Int) -> [(kind: Step.Kind, weight: Int)] {
        let on = Set(faults)
        var weights: [(kind: Step.Kind, weight: Int)] = [(.openForm, 200), (.save, 300), (.sync, 300)]
        for fault in Fault.allCases where on.contains(fault) {
            weights += steps(of: fault).map { ($0.kind, $0.weight * trouble) }
        }
        // Siblings must be settled now and then for edits to go on.
        weights.append((.resolve, 30))
        return weights
    }

    private static func steps(of fault: Fault) -> [(kind: Step.Kind, weight: Int)] {
        switch fault {
        case .cutBodies: []
        case .bundles:
            [
                (.lend, 30), (.bundleToCentre, 15), (.bundleFromCentre, 20), (.writeStick, 20),
                (.readStick, 45),
            ]
        case .clones: [(.clone, 25)]
        case .images: [(.copyImage, 40), (.putBackImage, 30)]
        case .laptopCrashes: [(.crashLaptop, 70)]
        case .centreCrashes: [(.crashCentre, 50)]
        case .announcedRestores: [(.backUp, 40), (.restore, 25)]
        case .silentRestores: [(.backUp, 40), (.restoreSilently, 20)]
        case .newcomers: [(.join, 55)]
        case .fullDisks: [(.fillDisk, 60)]
        case .writeErrors: [(.failWrite, 50), (.failCentreWrite, 30)]
        case .wrongClocks: [(.setClock, 50)]
        case .decisions:
            [
                (.lock, 35), (.unlock, 25), (.void, 20), (.unvoid, 15), (.sign, 25), (.resolve, 40),
                (.resolveAtCentre, 40), (.decideHeld, 40), (.release, 25), (.raiseQuery, 20), (.askQuery, 15),
                (.answerQuery, 35), (.closeQuery, 20), (.confirm, 20), (.enrol, 40), (.merge, 20),
            ]
        case .endedAccess:
            [(.disablePerson, 60), (.enablePerson, 40), (.revokeLaptop, 30), (.admitLaptop, 40)]
        case .amendments: [(.amend, 30)]
        case .transfers: [(.transfer, 40)]
        case .otherPrograms: [(.saveByOtherProgram, 60)]
        }
    }
}
