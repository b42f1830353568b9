import Foundation
import SyncProtocol
import TrialModel
import TrialStore

/// What goes wrong beside the network: disks, copies, crashes, restores.
extension Simulation {
    // MARK: Ends and errors

    func trouble(_ step: Step, _ laptop: SimulatedLaptop) async throws {
        // Mostly soon: what is armed for late does not come in a short run.
        let writes = step.pick(1, below: 1 << step.pick(4, below: 7))
        let tear = step.chance(5, 0.5) ? Double(step.pick(3, below: 1000)) / 1000 : nil
        let checkpoint =
            step.pick(5, below: 1_000_000) / 1000 % 10 < 3 ? UInt64(step.pick(5, below: 1000)) : nil
        switch step.kind {
        case .crashLaptop:
            if mutant == .savedBeforeDisk, let image = before.removeValue(forKey: laptop.index) {
                return try await crash(laptop, image)
            }
            let image = newPath("crashed")
            guard step.chance(2, 0.7) else {
                try StoreImage.copy(laptop.replica.path, to: image)
                if let checkpoint,
                    try StoreImage.tearCheckpoint(of: image, kind: .laptop, seed: checkpoint)
                {
                    tally.add(.tornCheckpoints)
                }
                return try await crash(laptop, image)
            }
            laptop.replica.trap.armCrash(
                after: writes, of: laptop.replica.path, image: image, tear: tear, checkpoint: checkpoint)
        case .crashCentre:
            let image = newPath("crashed")
            centre.trap.armCrash(
                after: writes, of: centre.path, image: image, tear: tear, checkpoint: checkpoint)
        case .failWrite: laptop.replica.trap.armError(after: writes, atCommit: commitFault(step))
        case .failCentreWrite: centre.trap.armError(after: writes, atCommit: commitFault(step))
        case .fillDisk:
            let isCentre = step.chance(4, 0.35)
            try await (isCentre ? centre.store : laptop.store)
                .limitGrowth(toPages: max(0, step.pick(2, below: 5) - 3))
            queue.add(
                .emptyDisk(laptop: isCentre ? nil : laptop.index),
                at: time + Int64(step.pick(3, below: 12_000)))
            // Who works on shows what it comes to.
            for _ in 0..<2 { try await save(on: laptop, step) }
            try await beginSync(laptop, step: step.id, pageEntries: 1 + step.pick(1, below: tape.pageLimit))
        default: break
        }
    }

    /// One error in three comes at the COMMIT, in runs that look for the worst moments.
    private func commitFault(_ step: Step) -> DiskFault? {
        guard seeksWorstMoments, step.chance(2, 0.35) else { return nil }
        return step.chance(3, 0.5) ? .full : .failing
    }

    /// The program ends between two events.
    private func crash(_ laptop: SimulatedLaptop, _ image: String) async throws {
        await hangUp(laptop)
        try await goOn(laptop.replica, with: image)
        laptop.form = nil
        tally.add(.laptopCrashes)
        report.crashes += 1
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
            try await goOn(laptop.replica, with: path)
            tally.add(.imagesPutBack)
            (laptop.saved, laptop.shown, laptop.applied, laptop.form) = (image.saved, [], [], nil)
            try await noticeCopy(laptop, step)
        case .clone:
            guard laptops.count < 6 else { return }
            try await clone(laptop, step)
        case .join:
            guard laptops.count < 6 else { return }
            let newcomer = try await addLaptop(site: laptop.site)
            tally.add(.newcomers)
            try await beginSync(newcomer, step: step.id, pageEntries: 1 + step.pick(1, below: tape.pageLimit))
        default: break
        }
    }

    private func clone(_ laptop: SimulatedLaptop, _ step: Step) async throws {
        let path = newPath("clone")
        try StoreImage.copy(laptop.replica.path, to: path)
        // A machine that was copied with its memory may draw the same numbers: two journals of one name.
        let isTwin = step.chance(2, 0.3)
        let random =
            isTwin
            ? laptop.replica.random.twin() : SharedGenerator(seed: tape.seed &+ UInt64(5000 + step.id))
        let clock = SimulatedClock()
        clock.advance(to: time)
        let replica = try SimulatedReplica(
            name: "\(laptop.name)'", site: laptop.site, identity: laptop.replica.identity, clock: clock,
            random: random, tally: tally, path: path)
        try await limitLog(of: replica)
        tally.add(.clones)
        if isTwin { tally.add(.twinsCloned) }
        let twin = SimulatedLaptop(index: laptops.count, replica: replica)
        (twin.saved, twin.lent, twin.form) = (laptop.saved, laptop.lent, laptop.form)
        laptops.append(twin)
        try await noticeCopy(twin, step)
    }

    /// Often the marker beside the store tells that it was copied; the rules must hold when it does not.
    private func noticeCopy(_ laptop: SimulatedLaptop, _ step: Step) async throws {
        if step.chance(3, 0.5) {
            do {
                try await laptop.store.closeJournals()
                note("\(laptop.name) knows that it was copied")
            } catch let problem as Problem {
                try note(
                    problem, "\(laptop.name) does not notice that it was copied",
                    expected: refusals(of: [], at: laptop.replica))
            }
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
        try await goOn(centre, with: path)
        restores += 1
        tally.add(step.kind == .restore ? .restoresAnnounced : .restoresSilent)
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
}
