import Crypto
import FoundationEssentials
import SyncProtocol
import TrialModel
package import TrialStore

extension Centre {
    /// Walks the whole store, asks whether it holds what is remembered of it, and holds the keys it keeps for
    /// people and sites against the records.
    package func verify() async throws -> VerifyReport {
        var report = try await replica.verify(expecting: directory.readHeads())
        report.problems += try await keyProblems()
        return report
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
                add(.storeDamaged, place, "the person is on record, the key is not here")
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
