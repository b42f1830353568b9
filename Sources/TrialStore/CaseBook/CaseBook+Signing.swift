package import SyncProtocol
package import TrialModel

extension CaseBook {
    // MARK: Signatures

    /// The change by which a person signs what is shown of a record. It is to be saved with the person's own
    /// key, whose signature covers the record's key: it cannot stand on another record.
    ///
    /// - Throws: `Problem(.notAllowed)`, `.reasonNeeded` without a meaning, `.nothingToSign`,
    ///   `.recordVoided`, `.conflictOpen`.
    package func signing(_ sheet: Sheet, meaning: String, by author: Author) throws(Problem) -> Change {
        try author.check(may: .sign)
        guard meaning.saysSomething else {
            throw Problem(.reasonNeeded, "a signature needs a meaning", remedy: "give --meaning TEXT")
        }
        try sheet.participant.refuseDeparted()
        let (state, base) = (sheet.view.state, sheet.view.base)
        let name = "\(sheet.participant.name) \(sheet.name)"
        guard !state.liveData.isEmpty else {
            throw Problem(.nothingToSign, "nothing has been entered in \(name)")
        }
        if state[RegisterName.void].standing != nil { throw Problem(.recordVoided, "\(name) is void") }
        try refuseOpenConflict(on: sheet)
        let register = RegisterName.signature(of: author.name)
        let shown = base.registers[register]
        let write = RegisterWrite(
            register, Signature.values(meaning: meaning, of: state), replaces: shown?.shown ?? [],
            through: shown?.through ?? [])
        var change = author.change(.sign, sheet.key, [write], study: study, reason: meaning)
        change.guards = base.guards
        return change
    }

    /// The signatures on a record, valid or not.
    func signatures(on sheet: Sheet) async throws -> [SignatureView] {
        let state = sheet.view.state
        var views: [SignatureView] = []
        for signature in state.signatures {
            views.append(
                SignatureView(
                    user: signature.user, meaning: signature.meaning,
                    at: try await stamp(of: signature.id).at, isValid: signature.isValid(on: state)))
        }
        return views
    }

    // MARK: Confirmed as correct

    /// The change by which a person confirms that what findings speak of is correct as it stands.
    ///
    /// - Parameter check: a finding's key; else a check (`range`), or a check and an item
    ///   (`range:VS.weight`). All findings that it means are confirmed.
    /// - Throws: `Problem(.notAllowed)`, `.reasonNeeded`, `.recordLocked`, `.recordVoided`;
    ///   `.unknownFinding` with the findings there are; `.alreadyExists` if all are confirmed.
    package func confirming(_ check: String, on sheet: Sheet, reason: String, by author: Author) async throws
        -> Change
    {
        try author.check(may: .confirm)
        guard reason.saysSomething else { throw Problem(.reasonNeeded, "a confirmation needs a reason") }
        try sheet.participant.refuseDeparted()
        let (state, base) = (sheet.view.state, sheet.view.base)
        let name = "\(sheet.participant.name) \(sheet.name)"
        if state[RegisterName.lock].standing != nil { throw Problem(.recordLocked, "\(name) is locked") }
        if state[RegisterName.void].standing != nil { throw Problem(.recordVoided, "\(name) is void") }
        let findings = try await judged(sheet).checks
        // A whole key means its finding alone: another may speak of the same item, and nobody looked at that.
        let named = findings.filter { $0.key == check }
        let meant = named.isEmpty ? findings.filter { $0.isMeant(by: check) } : named
        guard !meant.isEmpty else { throw unknown(check, findings, name) }
        if meant.contains(where: { $0.check == .pkWindow }) { try author.check(may: .confirmWindow) }
        let open = meant.filter { !$0.confirmed }
        guard !open.isEmpty else {
            throw Problem(.alreadyExists, "\(check) of \(name) is confirmed already", remedy: "nothing to do")
        }
        let writes = open.map { finding in
            let register = RegisterName.confirmation(of: finding.key)
            let shown = base.registers[register]
            return RegisterWrite(
                register, finding.confirmationValues(reason: reason), replaces: shown?.shown ?? [],
                through: shown?.through ?? [])
        }
        var change = author.change(.confirm, sheet.key, writes, study: study, reason: reason)
        change.guards = base.guards
        return change
    }

    private func unknown(_ check: String, _ findings: [Finding], _ name: String) -> Problem {
        let keys = findings.map(\.key)
        let remedy =
            keys.isEmpty ? "there is nothing to confirm" : "confirm \(keys.joined(separator: ", "))"
        return Problem(.unknownFinding, "\(name) has no finding \(check)", remedy: remedy)
    }
}
