import TrialModel
import TrialStore

/// Lets a request in, or refuses it, by the table of ``RouteAccess``: the only place that judges tokens.
struct RouteGate: Sendable {
    let centre: Centre
    /// Sync requests of one device; `nil` without a limit.
    let deviceLimit: RateLimit<DeviceID>?

    /// - Returns: whose session it is, `nil` for a route that asks for none.
    /// - Throws: `token-invalid`, `device-revoked`, `other-site`.
    func session(for request: ServerRequest) async throws -> DeviceSession? {
        switch request.route.access {
        case .anyone, .linkHolder, .passwordHolder, .deviceKey: return nil
        case .device:
            let session = try await session(of: request.token)
            guard try await !centre.isRevoked(session.device) else {
                throw Problem(.deviceRevoked, "the access of this device was ended")
            }
            return session
        case .deviceOfSite:
            let session = try await session(of: request.token)
            guard request.pathSite == session.site.text else {
                throw Problem(.otherSite, "this device belongs to site \(session.site)")
            }
            return session
        }
    }

    private func session(of token: String?) async throws -> DeviceSession {
        guard let token,
            let found = try await centre.identities.session(token: token, now: centre.environment.now())
        else { throw Problem(.tokenInvalid, "the session is not valid or has ended") }
        return DeviceSession(device: found.device, site: found.site)
    }
}
