package import TrialModel

/// What a judge may look up, in the transaction in which it judges.
package protocol JudgeEvidence {
    func change(_ id: ChangeID) throws -> Change?
    func state(of record: RecordKey) throws -> RecordState?
    /// Whether the record is there and belongs to another site.
    func isElsewhere(_ record: RecordKey) throws -> Bool
    func person(_ name: String) throws -> PersonGrant?
    func isRevoked(_ device: DeviceID) throws -> Bool
    func study(version: Int) throws -> StudyDefinition?
}

/// Decides what becomes of a change, once, when the centre first takes it.
package protocol EntryJudge: Sendable {
    func verdict(
        on change: EncodedChange, in journal: JournalIntroduction, evidence: some JudgeEvidence
    ) throws -> Verdict
}

/// The centre's rules. It judges an entry by the entry alone, and against current grants.
package struct CentreJudge: EntryJudge {
    package init() {}

    package func verdict(
        on encoded: EncodedChange, in journal: JournalIntroduction, evidence: some JudgeEvidence
    ) throws -> Verdict {
        let change = encoded.change
        let isCentre = journal.certificate.site == .all
        guard change.record.kind.isStudyWide == (journal.site == .all) else {
            return .quarantined(.otherSite)
        }
        guard isCentre || journal.certificate.site == journal.site else { return .quarantined(.otherSite) }
        guard change.writes.allSatisfy({ change.writesOfItsKind($0.register) }), change.keepsToQueries else {
            return .quarantined(.notAllowed)
        }
        if try evidence.isElsewhere(change.record) { return .quarantined(.otherSite) }
        if try evidence.isRevoked(journal.certificate.device) { return .quarantined(.deviceRevoked) }
        if !isCentre || change.kind.needsSignature, let refusal = try refuse(encoded, journal.site, evidence)
        {
            return .quarantined(refusal)
        }
        if change.kind != .resolve, try replacesSiblingsThatDiffer(change, evidence) {
            return .quarantined(.conflictNotResolved)
        }
        // Only the centre publishes, so who names another version cannot have it.
        if journal.site != .all, try evidence.study(version: change.studyVersion) == nil {
            return .quarantined(.studyVersionUnknown)
        }
        if let refusal = try refuseDecision(change, evidence) { return .quarantined(refusal) }
        if let refusal = try refuseValues(change, evidence) { return .quarantined(refusal) }
        if let refusal = try refuseSilence(change, evidence) { return .quarantined(refusal) }
        return try verdictOfGuards(change, evidence)
    }

    private func refuse(
        _ encoded: EncodedChange, _ site: SiteCode, _ evidence: some JudgeEvidence
    ) throws -> ProblemCode? {
        let change = encoded.change
        guard let person = try evidence.person(change.author) else { return .notAllowed }
        guard !person.isDisabled else { return .userDisabled }
        guard person.role == change.role, person.covers(site), person.role.may(change.kind.action) else {
            return .notAllowed
        }
        if change.kind.needsSignature, !encoded.isSigned(by: person.publicKey, site: site) {
            return .signatureInvalid
        }
        return nil
    }

    /// A save may not settle a conflict in passing: of the versions it was shown, all must agree.
    private func replacesSiblingsThatDiffer(_ change: Change, _ evidence: some JudgeEvidence) throws -> Bool {
        for write in change.writes
        where write.replaces.count > 1 && !RegisterName.isSideBySide(write.register) {
            var first: Version?
            for id in write.replaces {
                guard let other = try evidence.change(id),
                    let replaced = other.writes.first(where: { $0.register == write.register })
                else { continue }
                let version = Version(id: id, values: replaced.values)
                if let first, !first.agrees(with: version) { return true }
                first = first ?? version
            }
        }
        return false
    }

    private func refuseValues(_ change: Change, _ evidence: some JudgeEvidence) throws -> ProblemCode? {
        guard !change.record.kind.isStudyWide, let study = try evidence.study(version: change.studyVersion)
        else { return nil }
        for write in change.writes where !write.register.hasPrefix("@") {
            for entry in write.values {
                guard let item = study.item(entry.item), study.register(of: item) == write.register else {
                    return .unknownItem
                }
                if let problem = study.accepts(entry.value, for: item) { return problem.code }
            }
        }
        return nil
    }
}

extension Change {
    /// Whether a query's changes are on query records, and no others are but a coordinator's copies; and what
    /// closes a query is written by the centre's side.
    fileprivate var keepsToQueries: Bool {
        let isQuery = record.kind == .query
        guard kind == .query else { return !isQuery || kind == .release }
        let closes = writes.contains { $0.register == QueryRegister.closed }
        return isQuery && !(closes && !role.may(.closeQuery))
    }
}

extension Verdict {
    static func quarantined(_ code: ProblemCode) -> Verdict { .quarantined(code.rawValue) }
}
