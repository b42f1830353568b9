/// Who may use a route: the one table that says so. A route without a row does not compile.
///
/// ``RouteGate`` keeps it, before the handler sees a request; the test of every route against every kind of
/// token reads it.
package enum RouteAccess: Hashable, Sendable {
    /// Anybody who reaches the server: nothing secret is given, nothing is changed.
    case anyone
    /// Whoever holds a link that is still good and knows the password of a person of its site; both stand in
    /// the body.
    case linkHolder
    /// Whoever knows the password of a person of the site of an admitted device that the body names: the
    /// first log-in of that person there.
    case passwordHolder
    /// A device that is admitted here; it proves itself by signing the challenge.
    case deviceKey
    /// A session of a device whose access was not ended.
    case device
    /// A session of a device of the site that the path names. One whose access was ended may still hand in
    /// what it has, into quarantine, and is given nothing.
    case deviceOfSite

    /// Whether a request without a bearer token is refused before its body is read.
    var needsToken: Bool {
        switch self {
        case .anyone, .linkHolder, .passwordHolder, .deviceKey: false
        case .device, .deviceOfSite: true
        }
    }
}

extension Route {
    /// Who may use this route.
    package var access: RouteAccess {
        switch self {
        case .healthz, .ca: .anyone
        case .enroll: .linkHolder
        case .challenge, .session: .deviceKey
        case .login: .passwordHolder
        case .events, .password: .device
        case .sync: .deviceOfSite
        }
    }
}
