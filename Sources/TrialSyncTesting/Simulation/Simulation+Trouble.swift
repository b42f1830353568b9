import Foundation
import SyncProtocol
import TrialModel
import TrialStore

/// What goes wrong beside the network: disks, copies, crashes, restores. And sticks.
extension Simulation {
    // MARK: Ends and errors

    func trouble(_ step: Step, _ laptop: SimulatedLaptop) async throws {
        // Mostly soon: what is armed for late does not come in a short run.
        let writes = step.pick(1, below: 1 << step.pick(4, below: 7))
        let tear = step.chance(5, 0.5) ? Double(step.pick(3, below: 1000)) / 1000 : nil
        switch step.kind {
        case .crashLaptop:
            if mutant == .savedBeforeDisk, let image = before.removeValue(forKey: laptop.index) {
                return try await crash(laptop, image)
            }
            let image = newPath("crashed")
            guard step.chance(2, 0.7) else {
                try StoreImage.copy(laptop.replica.path, to: image)
                return try await crash(laptop, image)
            }
            laptop.replica.trap.armCrash(
                after: writes, of: laptop.replica.path, image: image, tear: tear)
        case .crashCentre:
            let image = newPath("crashed")
            centre.trap.armCrash(after: writes, of: centre.path, image: image, tear: tear)
        case .failWrite: laptop.replica.trap.armError(after: writes)
        case .failCentreWrite: centre.trap.armError(after: writes)
        case .fillDisk:
            try await laptop.store.limitGrowth(toPages: step.pick(2, below: 6))
            queue.add(.emptyDisk(laptop: laptop.index), at: time + Int64(step.pick(3, below: 4000)))
        default: break
        }
    }

    /// The program ends between two events.
    private func crash(_ laptop: SimulatedLaptop, _ image: String) async throws {
        await hangUp(laptop)
        try laptop.replica.goOn(with: image)
        laptop.form = nil
        try await inspect(laptop)
    }

    // MARK: Copies

    func copy(_ step: Step, _ laptop: SimulatedLaptop) async throws {
        switch step.kind {
        case .copyImage:
            let path = newPath("image")
            try StoreImage.copy(laptop.replica.path, to: path)
            images.append((laptop.index, path, laptop.saved))
        case .putBackImage:
            guard !images.isEmpty else { return }
            let image = images[step.pick(1, below: images.count)]
            let laptop = laptops[image.laptop]
            let path = newPath("put-back")
            try StoreImage.copy(image.path, to: path)
            await hangUp(laptop)
            try laptop.replica.goOn(with: path)
            (laptop.saved, laptop.shown, laptop.applied, laptop.form) = (image.saved, [], [], nil)
            try await noticeCopy(laptop, step)
        case .clone:
            guard laptops.count < 6 else { return }
            try await clone(laptop, step)
        case .join:
            guard laptops.count < 6 else { return }
            let newcomer = try addLaptop(site: laptop.site)
            try await beginSync(newcomer, step: step.id, pageEntries: 1 + step.pick(1, below: tape.pageLimit))
        default: break
        }
    }

    private func clone(_ laptop: SimulatedLaptop, _ step: Step) async throws {
        let path = newPath("clone")
        try StoreImage.copy(laptop.replica.path, to: path)
        // A machine that was copied with its memory may draw the same numbers: two journals of one name.
        let random =
            step.chance(2, 0.3)
            ? laptop.replica.random.twin() : SharedGenerator(seed: tape.seed &+ UInt64(5000 + step.id))
        let clock = SimulatedClock()
        clock.advance(to: time)
        let replica = try SimulatedReplica(
            name: "\(laptop.name)'", site: laptop.site, identity: laptop.replica.identity, clock: clock,
            random: random, path: path)
        let twin = SimulatedLaptop(index: laptops.count, replica: replica)
        (twin.saved, twin.form) = (laptop.saved, laptop.form)
        laptops.append(twin)
        try await noticeCopy(twin, step)
    }

    /// Often the marker beside the store tells that it was copied; the rules must hold when it does not.
    private func noticeCopy(_ laptop: SimulatedLaptop, _ step: Step) async throws {
        if step.chance(3, 0.5) {
            try? await laptop.store.closeJournals()
            note("\(laptop.name) knows that it was copied")
        }
        try await inspect(laptop)
    }

    // MARK: Restores

    func restore(_ step: Step) async throws {
        guard step.kind != .backUp else {
            let path = newPath("backup")
            try StoreImage.copy(centre.path, to: path)
            backups.append(path)
            return
        }
        guard !backups.isEmpty else { return }
        let path = newPath("restored")
        try StoreImage.copy(backups[step.pick(1, below: backups.count)], to: path)
        try centre.goOn(with: path)
        for laptop in laptops { laptop.promised = nil }
        if step.kind == .restore {
            _ = try await centre.store.drawEpoch(for: SimulatedTrial.sites[0])
            putBackEpoch = nil
        } else {
            putBackEpoch = try await centre.store.epoch()
        }
        judged = [:]
        try await lookAtCentre()
    }

    // MARK: Sticks

    func carry(_ step: Step, _ laptop: SimulatedLaptop) async throws {
        let path = directory.url.appending(path: "stick-\(files)").path
        files += 1
        defer { try? FileManager.default.removeItem(atPath: path) }
        let site = laptop.site
        let seal = SimulatedTrial.bundleSeal(site)
        do {
            switch step.kind {
            case .lend:
                let others = laptops.filter { $0.site == site && $0.index != laptop.index }
                guard !others.isEmpty else { return }
                let lender = others[step.pick(1, below: others.count)]
                _ = try await lender.store.exportBundle(of: site, to: path, seal: seal)
                let totals = try await laptop.store.importBundle(path, into: site)
                note("\(laptop.name) takes \(totals.imported) from \(lender.name)")
            case .bundleFromCentre:
                _ = try await centre.store.exportBundle(of: site, to: path, seal: seal)
                let totals = try await laptop.store.importBundle(path, into: site)
                note("\(laptop.name) takes \(totals.imported) from the centre")
            default:
                let watch = try await watchStick(of: laptop)
                _ = try await laptop.store.exportBundle(of: site, to: path, seal: seal)
                let taken = try await centre.store.takeBundle(
                    path, judge: SimulatedJudge(mutant: mutant),
                    seal: { site, _ in SimulatedTrial.bundleSeal(site) })
                note("the centre takes \(taken.totals.imported) of \(laptop.name)")
                if centre.trap.crashImage == nil {
                    try await check(watch, answer: Data(), isRevoked: false)
                }
            }
        } catch let problem as Problem { note("the stick fails: \(problem.code.rawValue)") }
        if centre.trap.crashImage == nil { try await lookAtCentre() }
        if laptop.replica.trap.crashImage == nil { try await inspect(laptop) }
    }
}
