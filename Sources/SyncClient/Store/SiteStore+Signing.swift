import Crypto
import Foundation
import SyncProtocol
public import TrialModel
import TrialStore

extension SiteStore {
    /// Signs what is shown of a visit or log line with the person's own key: an investigator's right. It
    /// counts as long as the data stays exactly as it is.
    ///
    /// - Parameters:
    ///   - meaning: what the person means by it: "reviewed", "approved".
    ///   - password: the person's password, given for this signature.
    ///   - base: what was shown, as ``VisitView/base`` has it; `nil` for what is here now.
    /// - Throws: `Problem(.wrongPassword)`, `.notAllowed`, `.reasonNeeded` without a meaning,
    ///   `.nothingToSign`, `.conflictOpen`, `.recordVoided`, `.changedMeanwhile`.
    public func sign(
        _ participant: String, _ sheet: String, meaning: String, password: String, base: String? = nil
    ) async throws -> VisitView {
        let book = try await book()
        try author.check(may: .sign)
        let sheet = try await book.sheet(try await book.participant(participant, site: site), sheet)
        try sheet.refuseChange(since: base)
        let change = try book.signing(sheet, meaning: meaning, by: author)
        let key = try await ownKey(password: password)
        _ = try await replica.save([change], site: site, signedWith: key)
        try await mark()
        return try await visit(participant, sheet.name)
    }

    /// The person's signing key, taken from the slot once more.
    private func ownKey(password: String) async throws -> Curve25519.Signing.PrivateKey {
        let contents = try await slotContents(password: password)
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: contents.signingKey)
        else { throw Problem(.storeDamaged, "a key slot cannot be read") }
        return key
    }

    /// Confirms that what an edit check found on a visit or log line is correct as it stands. It counts as
    /// long as the values stay as they are.
    ///
    /// - Parameters:
    ///   - check: `range`, `range:VS.weight`, or the key of a finding.
    ///   - base: what was shown, as ``VisitView/base`` has it; `nil` for what is here now.
    /// - Throws: `Problem(.reasonNeeded)`, `.unknownFinding`, `.alreadyExists`, `.recordLocked`,
    ///   `.recordVoided`, `.notAllowed`, `.changedMeanwhile`.
    public func confirm(
        _ participant: String, _ sheet: String, check: String, reason: String, base: String? = nil
    ) async throws -> VisitView {
        let book = try await book()
        let sheet = try await book.sheet(try await book.participant(participant, site: site), sheet)
        try sheet.refuseChange(since: base)
        let change = try await book.confirming(check, on: sheet, reason: reason, by: author)
        _ = try await replica.save([change], site: site, signedWith: nil)
        try await mark()
        return try await visit(participant, sheet.name)
    }
}
