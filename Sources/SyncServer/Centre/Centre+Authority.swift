import Foundation
import SyncProtocol
package import TrialModel
import TrialStore

/// The change of the certificate authority, told to laptops over the signed sync.
extension Centre {
    /// How far it has come.
    package struct AuthorityChange: Sendable {
        package enum Stage: String, Sendable { case prepared, switched, settled }

        package let stage: Stage
        /// Of the authority that is in use.
        package let fingerprint: String
        /// Laptops that have not synced since the pins were published.
        package let waiting: [DeviceStatus]
    }

    package func prepareAuthority() async throws -> AuthorityChange {
        let found = try TLSFiles.prepareAuthority(in: directory.tls, now: date)
        try await publish(found)
        return try await standing(found)
    }

    /// - Throws: `not-in-step` while a laptop that is admitted does not know the next authority.
    package func switchAuthority(leavingBehind: Bool) async throws -> AuthorityChange {
        let found = try TLSFiles.authorities(in: directory.tls)
        let waiting = try await standing(found).waiting
        guard waiting.isEmpty || leavingBehind else {
            let names = waiting.map { "\($0.name) (\($0.site))" }.joined(separator: ", ")
            throw Problem(
                .notInStep, "these laptops do not know the next authority yet: \(names)",
                remedy: "have them sync, or revoke them")
        }
        return try await standing(try TLSFiles.switchAuthority(in: directory.tls, now: date))
    }

    package func retireAuthority() async throws -> AuthorityChange {
        let found = try TLSFiles.retireAuthority(in: directory.tls)
        try await publish(found)
        return try await standing(found)
    }

    private var date: Date { Date(timeIntervalSince1970: Double(environment.now()) / 1000) }

    private func publish(_ authorities: TLSFiles.Authorities) async throws {
        guard try await published()?.pins != authorities.pinsPEM else { return }
        let register = RegisterName.authority
        try await administer(
            .site(.all), [RegisterWrite(register, [ItemValue(register, .text(authorities.pinsPEM))])],
            study: try await study())
    }

    /// The pins that laptops are told, and since when.
    private func published() async throws -> (pins: String, at: Int64)? {
        let register = RegisterName.authority
        let history = try await replica.history(of: .site(.all))
        // Other things of the trial itself stand in this record too.
        let changes = history.compactMap(\.change).filter { change in
            change.writes.contains { $0.register == register }
        }
        guard let change = changes.max(by: { $0.at.milliseconds < $1.at.milliseconds }),
            let write = change.writes.first(where: { $0.register == register }),
            case .text(let pins)? = write.values.first?.value
        else { return nil }
        return (pins, change.at.milliseconds)
    }

    private func standing(_ authorities: TLSFiles.Authorities) async throws -> AuthorityChange {
        let since = try await published()?.at ?? 0
        let stage: AuthorityChange.Stage =
            authorities.next == nil ? .settled : authorities.isSwitched ? .switched : .prepared
        let waiting = try await devices().filter {
            $0.access == .admitted && ($0.device.lastSeenMilliseconds ?? 0) <= since
        }
        return AuthorityChange(
            stage: stage, fingerprint: try TLSFiles.load(from: directory.tls).fingerprint,
            waiting: stage == .prepared ? waiting : [])
    }
}
