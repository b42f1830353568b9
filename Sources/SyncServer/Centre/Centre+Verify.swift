import Crypto
import FoundationEssentials
import SyncProtocol
import TrialModel
package import TrialStore

extension Centre {
    /// Walks the whole store, asks whether it holds what is remembered of it, and holds the keys it keeps for
    /// people and sites against the records, and the list of laptops against the journals.
    ///
    /// - Parameter repairs: whether rows that do not follow from their entries are written anew from these.
    package func verify(repairing repairs: Bool = false) async throws -> VerifyReport {
        let heads = directory.readHeads()
        var report =
            try await repairs ? replica.repair(expecting: heads) : replica.verify(expecting: heads)
        do { report.problems += try await keyProblems() } catch {
            // A person or a site whose row does not open has been named.
            guard !report.problems.isEmpty else { throw error }
        }
        report.problems += try await identities.unlistedDevices().map { certificate in
            VerifyProblem(
                .deviceUnknown, "device \(certificate.device.hex.prefix(8))",
                "\(certificate.name) made entries that are here, and is not on the list of laptops; "
                    + "the next start of `trialsyncd serve`, or a sync, puts it there")
        }
        return report
    }

    /// Acknowledges that an entry which stood here once, and is not here any more, is lost: `verify` does not
    /// name it any longer, and the audit trail says who acknowledged it and why.
    ///
    /// - Parameter name: `JOURNAL/N`, or a short form of it.
    /// - Throws: `Problem(.reasonNeeded)`, `.notFound`, `.ambiguousNumber`.
    package func acknowledge(_ name: String, reason: String, by actor: Actor) async throws {
        guard reason.saysSomething else {
            throw Problem(.reasonNeeded, "that an entry is lost is acknowledged with a reason")
        }
        let head = try await replica.goneHead(
            named: name, expecting: directory.readHeads(), program: "trialsyncd")
        let register = RegisterName.lost(head.name.description)
        let change = try await administration(
            of: .site(.all), [RegisterWrite(register, [ItemValue(register, .yesNo(true))])],
            study: try await study(), by: actor.author, reason: reason)
        try await replica.acknowledge(head, with: change)
        await mark()
    }

    /// Each person's key is the one on record, as far as the centre can open it: with its own wrap. The one
    /// under the password is held against the record at each log-in.
    private func keyProblems() async throws -> [VerifyProblem] {
        var problems: [VerifyProblem] = []
        func add(_ code: ProblemCode, _ place: String, _ message: String) {
            problems.append(VerifyProblem(code, place, message))
        }
        for person in try await PeopleShelf(replica).all() {
            let place = "key of \(person.name)"
            guard let kept = try await identities.key(of: person.name) else {
                // Whose access was ended needs none.
                guard !person.isDisabled else { continue }
                add(
                    .personKeyMissing, place,
                    "\(person.name) came after the backup that was restored, and cannot log in: "
                        + "give a new key with `trialsyncd user reset-password \(person.name)`")
                continue
            }
            guard let secret = try? recoveryKey.open(kept.recovery, of: person.name) else {
                add(.sealBroken, place, "the key was not wrapped by this centre, or not for this person")
                continue
            }
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: secret)
            if key?.publicKey.rawRepresentation != person.publicKey {
                add(.signatureInvalid, place, "the key that is kept is not the one on record")
            }
        }
        for site in try await sites() where try await identities.siteKey(site.code)?.count != 32 {
            add(.storeDamaged, "key of site \(site.code)", "the site has no key: no laptop can be enrolled")
        }
        return problems
    }
}
