import SyncProtocol
import TrialModel

/// Which step does what.
extension Simulation {
    func perform(_ step: Step) async throws {
        let laptop = laptops[step.pick(0, below: laptops.count)]
        switch step.kind {
        case .openForm: try await openForm(laptop, step)
        case .save: try await save(on: laptop, step)
        case .saveByOtherProgram: try await saveByOtherProgram(on: laptop, step)
        case .resolve: try await resolve(on: laptop, step)
        case .sign: try await sign(on: laptop, step)
        case .sync:
            try await beginSync(
                laptop, step: step.id, pageEntries: 1 + step.pick(1, below: tape.pageLimit))
        case .lend, .bundleToCentre, .bundleFromCentre, .writeStick, .readStick:
            try await carry(step, laptop)
        case .copyImage, .putBackImage, .clone, .join: try await copy(step, laptop)
        case .crashLaptop, .crashCentre, .failWrite, .failCentreWrite, .fillDisk:
            try await trouble(step, laptop)
        case .backUp, .restore, .restoreSilently: try await restore(step)
        case .setClock:
            let years = step.pick(1, below: 21) - 10
            let offset =
                step.chance(2, 0.5) ? Int64(years) * 31_557_600_000 : -Int64(step.pick(3, below: 900_000))
            let isCentre = step.chance(4, 0.2)
            (isCentre ? centre : laptop.replica).clock.set(offset: offset)
            tally.add(.clockJumps)
        case .lock, .unlock, .void, .unvoid: try await decide(step)
        case .resolveAtCentre: try await resolveAtCentre(step)
        case .decideHeld: try await decideHeld(step)
        case .release: try await release(step)
        case .disablePerson, .enablePerson: try await setDisabled(step.kind == .disablePerson)
        case .revokeLaptop, .admitLaptop: try await setRevoked(step.kind == .revokeLaptop, laptop)
        case .amend: try await amend()
        case .transfer: try await transfer(step)
        case .enrol: try await enrol(on: laptop, step)
        case .merge: try await merge(step)
        case .raiseQuery: try await raiseQuery(step)
        case .askQuery: try await askQuery(on: laptop, step)
        case .answerQuery: try await answerQuery(on: laptop, step)
        case .closeQuery: try await closeQuery(step)
        case .confirm: try await confirm(on: laptop, step)
        }
    }
}
