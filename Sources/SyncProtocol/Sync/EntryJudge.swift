package import TrialModel

/// What a judge may look up, in the transaction in which it judges.
package protocol JudgeEvidence {
    func change(_ id: ChangeID) throws -> Change?
    /// Whether a change took effect here.
    func wasApplied(_ id: ChangeID) throws -> Bool
    func state(of record: RecordKey) throws -> RecordState?
    /// Whether the record is there and belongs to another site.
    func isElsewhere(_ record: RecordKey) throws -> Bool
    func person(_ name: String) throws -> PersonGrant?
    func isRevoked(_ device: DeviceID) throws -> Bool
    func study(version: Int) throws -> StudyDefinition?
}

/// Decides what becomes of a change, once, when the centre first takes it.
package protocol EntryJudge: Sendable {
    /// How much is kept of one device whose access was ended; `nil` without a limit.
    var quarantineLimit: QuarantineLimit? { get }
    func verdict(
        on change: EncodedChange, in journal: JournalIntroduction, evidence: some JudgeEvidence
    ) throws -> Verdict
}

extension EntryJudge {
    package var quarantineLimit: QuarantineLimit? { nil }
}

/// The bytes of changes that are kept of the device that pushes, once its access was ended. What others
/// forward of it does not count against them.
package struct QuarantineLimit: Hashable, Sendable {
    package let device: DeviceID
    package let bytes: Int

    package init(of device: DeviceID, bytes: Int) { (self.device, self.bytes) = (device, bytes) }
}

/// The centre's rules. It judges an entry by the entry alone, and against current grants.
package struct CentreJudge: EntryJudge {
    package let quarantineLimit: QuarantineLimit?

    package init(quarantineLimit: QuarantineLimit? = nil) { self.quarantineLimit = quarantineLimit }

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
        if try isElsewhere(change.record, evidence) { return .quarantined(.otherSite) }
        if try evidence.isRevoked(journal.certificate.device) { return .quarantined(.deviceRevoked) }
        if !isCentre || change.kind.needsSignature, let refusal = try refuse(encoded, journal.site, evidence)
        {
            return .quarantined(refusal)
        }
        let replaced = try change.writes.map { write in
            (write: write, versions: try ReplacedVersions(of: write, evidence))
        }
        guard replaced.allSatisfy(\.versions.isFounded) else { return .quarantined(.notAllowed) }
        if change.kind != .resolve, try replaced.contains(where: { try settlesInPassing($0, evidence) }) {
            return .quarantined(.conflictNotResolved)
        }
        // Only the centre publishes, so who names another version cannot have it.
        if journal.site != .all, try evidence.study(version: change.studyVersion) == nil {
            return .quarantined(.studyVersionUnknown)
        }
        if let refusal = try refuseDecision(change, evidence) { return .quarantined(refusal) }
        if let refusal = try refuseNumber(change, journal.site, evidence) { return .quarantined(refusal) }
        if let refusal = try refuseValues(change, evidence) { return .quarantined(refusal) }
        if let refusal = try refuseSilence(change, replaced, evidence) { return .quarantined(refusal) }
        return try verdictOfGuards(change, evidence)
    }

    private func refuse(
        _ encoded: EncodedChange, _ site: SiteCode, _ evidence: some JudgeEvidence
    ) throws -> ProblemCode? {
        let change = encoded.change
        guard let person = try evidence.person(change.author) else { return .notAllowed }
        guard !person.isDisabled else { return .userDisabled }
        guard person.role == change.role, person.covers(site), person.role.may(change.action) else {
            return .notAllowed
        }
        if change.kind.needsSignature, !encoded.isSigned(by: person.publicKey, site: site) {
            return .signatureInvalid
        }
        return nil
    }

    /// A record is of one site for ever, and so is everything of a participant.
    private func isElsewhere(_ record: RecordKey, _ evidence: some JudgeEvidence) throws -> Bool {
        if try evidence.isElsewhere(record) { return true }
        guard let participant = record.participant, record.kind != .participant else { return false }
        return try evidence.isElsewhere(.participant(participant))
    }

    /// A save may not settle a conflict in passing: of the versions that it replaces, all must agree.
    private func settlesInPassing(
        _ replaced: (write: RegisterWrite, versions: ReplacedVersions), _ evidence: some JudgeEvidence
    ) throws -> Bool {
        let register = replaced.write.register
        guard replaced.versions.ids.count > 1, !RegisterName.isSideBySide(register) else { return false }
        var first: Version?
        for id in replaced.versions.ids {
            guard let other = try evidence.change(id),
                let written = other.writes.first(where: { $0.register == register })
            else { continue }
            let version = Version(id: id, values: written.values)
            if let first, !first.agrees(with: version) { return true }
            first = first ?? version
        }
        return false
    }

    private func refuseValues(_ change: Change, _ evidence: some JudgeEvidence) throws -> ProblemCode? {
        guard !change.record.kind.isStudyWide, let study = try evidence.study(version: change.studyVersion)
        else { return nil }
        switch change.record.kind {
        case .scheduledVisit, .unscheduledVisit:
            if study.event(change.record.name) == nil { return .unknownEvent }
        case .logLine:
            if study.form(change.record.name)?.isLog != true { return .unknownForm }
        default: break
        }
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
        // What was asked and said stays: a message has a register of its own, written once.
        let alters = writes.contains { write in
            write.register != QueryRegister.closed && !(write.replaces.isEmpty && write.through.isEmpty)
        }
        guard !alters else { return false }
        let closes = writes.contains { $0.register == QueryRegister.closed }
        return isQuery && !(closes && !role.may(.closeQuery))
    }
}

extension Verdict {
    static func quarantined(_ code: ProblemCode) -> Verdict { .quarantined(code.rawValue) }
}
