package import TrialModel

extension CentreJudge {
    /// What was accepted before a lock stays; what had seen the lock or void is refused; what had not seen
    /// the lock is held. A decision by someone who may lock is made with the lock and void in view.
    func verdictOfGuards(_ change: Change, _ evidence: some JudgeEvidence) throws -> Verdict {
        guard change.kind == .save || change.kind == .resolve || change.kind == .confirm else {
            return .applied
        }
        guard let state = try evidence.state(of: change.record) else {
            return try verdictOfDeparture(change, evidence)
        }
        let isAbove = change.kind == .resolve && change.role.may(.decideHeld)
        let sawVoid = state[RegisterName.void].standings.contains(where: change.guards.contains)
        if sawVoid, !isAbove, !change.writesVoid { return .quarantined(.voided) }
        let locks = state[RegisterName.lock].standings
        if locks.isEmpty { return try verdictOfDeparture(change, evidence) }
        guard locks.contains(where: change.guards.contains) else { return .heldLock }
        return isAbove ? .applied : .quarantined(.locked)
    }

    /// A new visit or log line of a participant whose records were closed is held for a person to see: nobody
    /// would look for it there.
    private func verdictOfDeparture(_ change: Change, _ evidence: some JudgeEvidence) throws -> Verdict {
        guard let participant = change.record.participant, change.record.kind != .participant,
            !(change.decidesHeld && change.role.may(.decideHeld)),
            try evidence.state(of: .participant(participant))?.departure != nil
        else { return .applied }
        return .heldLock
    }

    /// Who may decide what: a person settles conflicts as the study says, only who may lock settles what a
    /// lock holds, and a void is lifted or kept only where it stands against an edit.
    func refuseDecision(_ change: Change, _ evidence: some JudgeEvidence) throws -> ProblemCode? {
        let isAbove = change.role.may(.decideHeld)
        if change.kind == .resolve, !(isAbove && change.decidesHeld),
            let rule = try evidence.study(version: change.studyVersion)?.ruleBook.conflictResolution,
            !rule.resolveBy.contains(change.role)
        {
            return .notAllowed
        }
        if change.kind == .resolve, change.writesVoid, !isAbove, try !decidesVoid(change, evidence) {
            return .notAllowed
        }
        switch change.kind {
        case .save, .confirm, .sign:
            return change.cites.isEmpty ? nil : .notAllowed
        case .resolve where !isAbove && !change.cites.isEmpty:
            let held = try evidence.state(of: change.record)?.held ?? []
            let isFree = try change.cites.allSatisfy {
                try !held.contains($0) && evidence.change($0)?.record == change.record
            }
            return change.writesVoid && isFree ? nil : .notAllowed
        default: return nil
        }
    }

    /// A save gives a record its first number, as this site writes numbers; another one is a coordinator's to
    /// give. Two records with one number are a conflict, and no matter of this.
    func refuseNumber(
        _ change: Change, _ site: SiteCode, _ evidence: some JudgeEvidence
    ) throws -> ProblemCode? {
        guard change.kind == .save,
            let write = change.writes.first(where: { $0.register == RegisterName.number })
        else { return nil }
        guard write.replaces.isEmpty, write.through.isEmpty,
            try evidence.state(of: change.record)?[RegisterName.number].live.isEmpty ?? true
        else { return .notAllowed }
        guard write.values.count == 1, write.values[0].item == RegisterName.number,
            case .text(let text) = write.values[0].value
        else { return .nameInvalid }
        let number =
            change.record.kind == .participant ? site.participantNumber(text) : StudyEvent.repeatNumber(text)
        return number == nil ? .nameInvalid : nil
    }

    /// Whether a resolution speaks of a real conflict of the void register: of versions that differ, or of a
    /// void and an edit that did not see each other.
    private func decidesVoid(_ change: Change, _ evidence: some JudgeEvidence) throws -> Bool {
        var voids: [(id: ChangeID, change: Change)] = []
        for id in change.writes.first(where: { $0.register == RegisterName.void })?.replaces ?? [] {
            if let other = try evidence.change(id), other.record == change.record, other.writesVoid {
                voids.append((id, other))
            }
        }
        let standing = voids.filter(\.change.saysVoid)
        if !standing.isEmpty, standing.count < voids.count { return true }
        for id in change.cites {
            guard let edit = try evidence.change(id), edit.record == change.record else { continue }
            let isApart = standing.contains { !$0.change.cites.contains(id) && !edit.guards.contains($0.id) }
            if isApart, edit.writes.contains(where: { RegisterName.isData($0.register) }) { return true }
        }
        return false
    }
}

extension Change {
    /// Whether the change says that the record is void, or is void no more.
    var writesVoid: Bool { writes.contains { $0.register == RegisterName.void } }

    fileprivate var saysVoid: Bool {
        writes.contains { write in
            write.register == RegisterName.void && write.values.contains { $0.value == .yesNo(true) }
        }
    }

    /// Whether this is the decision on a change that it cites and that a lock holds.
    package var decidesHeld: Bool { decidedHeld != nil }

    /// The held change that this decides, if it decides one.
    package var decidedHeld: ChangeID? {
        cites.first { Conflict.editAfterLock($0, on: record).id == conflict }
    }

    /// Whether a change of this kind writes such a register: only a lock locks, a query edits no data, and
    /// nobody signs for another.
    func writesOfItsKind(_ register: String) -> Bool {
        switch kind {
        case .save: RegisterName.isData(register) || register == RegisterName.number
        case .resolve:
            RegisterName.isData(register) || register == RegisterName.number && role.may(.release)
                || register == RegisterName.void
                || role.may(.decideHeld)
                    && (register == RegisterName.lock || RegisterName.isConfirmation(register))
        case .release:
            register != RegisterName.lock && register != RegisterName.void
                && RegisterName.signer(register) == nil
        case .lock, .unlock: register == RegisterName.lock
        case .void: register == RegisterName.void
        case .sign: register == RegisterName.signature(of: author)
        case .query: register.hasPrefix("@message") || register.hasPrefix("@query")
        case .confirm: RegisterName.isConfirmation(register)
        case .administer: register.hasPrefix("@")
        }
    }
}
