import SyncProtocol
package import TrialModel

/// What a coordinator does with a whole record.
package enum RecordDecision: String, Sendable {
    /// Nothing is to be edited any more.
    case lock
    case unlock
    /// The record should not be: it stays in sight and counts for nothing.
    case void
    /// It was made void by mistake.
    case unvoid

    package var kind: ChangeKind {
        switch self {
        case .lock: .lock
        case .unlock: .unlock
        case .void, .unvoid: .void
        }
    }

    fileprivate var register: String {
        switch self {
        case .lock, .unlock: RegisterName.lock
        case .void, .unvoid: RegisterName.void
        }
    }

    /// What the change says in its register.
    fileprivate var says: Bool { self == .lock || self == .void }
}

extension CaseBook {
    /// The change that locks, unlocks or voids a record, or lifts a void: it replaces the lock or void
    /// versions that were shown, and a void names the data it saw. Whatever came in since is held against it
    /// by the merge, so that saving the change is the whole transaction.
    ///
    /// - Throws: `Problem(.notAllowed)`, `.reasonNeeded`, `.notFound` for a record with nothing in it,
    ///   `.recordLocked`, `.notLocked`, `.recordVoided`, `.notVoided`; `.conflictOpen` except before an
    ///   unlock.
    package func deciding(
        _ decision: RecordDecision, on sheet: Sheet, reason: String, by author: Author
    ) throws(Problem) -> Change {
        try author.check(may: decision.kind.action)
        guard reason.saysSomething else {
            throw Problem(.reasonNeeded, "to \(decision) a record needs a reason")
        }
        try sheet.participant.refuseDeparted()
        try refuse(decision, on: sheet)
        let (base, state) = (sheet.view.base, sheet.view.state)
        let register = decision.register
        let shown = base.registers[register]
        let write = RegisterWrite(
            register, [ItemValue(register, .yesNo(decision.says))], replaces: shown?.shown ?? [],
            through: shown?.through ?? [])
        var change = author.change(decision.kind, sheet.key, [write], study: study, reason: reason)
        change.guards = base.guards
        if decision == .void { change.cites = state.liveData }
        return change
    }

    private func refuse(_ decision: RecordDecision, on sheet: Sheet) throws(Problem) {
        let state = sheet.view.state
        let name = "\(sheet.participant.name) \(sheet.name)"
        let isLocked = state[RegisterName.lock].standing != nil
        guard decision != .unlock else {
            guard isLocked else { throw Problem(.notLocked, "\(name) is not locked") }
            return
        }
        guard !state.liveData.isEmpty else {
            throw Problem(
                .notFound, "nothing has been saved on \(name)", remedy: "there is nothing to \(decision)")
        }
        let isVoid = state[RegisterName.void].standing != nil
        if decision == .unvoid {
            guard isVoid else { throw Problem(.notVoided, "\(name) is not void") }
        } else if isVoid {
            let remedy = decision == .void ? "nothing to do" : "unvoid it first"
            throw Problem(.recordVoided, "\(name) is void", remedy: remedy)
        }
        if isLocked {
            let remedy = decision == .lock ? "nothing to do" : "unlock it first"
            throw Problem(.recordLocked, "\(name) is locked already", remedy: remedy)
        }
        try refuseOpenConflict(on: sheet)
    }

    /// - Throws: `Problem(.conflictOpen)` with the conflict.
    func refuseOpenConflict(on sheet: Sheet) throws(Problem) {
        guard let conflict = sheet.view.state.conflicts.first else { return }
        throw Problem(
            .conflictOpen, "\(sheet.participant.name) \(sheet.name) has an open conflict",
            remedy: "resolve conflict \(conflict.id.hex) first")
    }
}
