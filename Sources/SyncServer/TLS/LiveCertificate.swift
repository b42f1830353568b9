import NIOCore
import NIOSSL
import Synchronization
package import TrialModel

/// The certificate that new connections are shown. It can be changed while the server listens; connections
/// that are open keep the one they began with.
package final class LiveCertificate: Sendable {
    private struct State {
        var files: TLSFiles
        var shown: NIOSSLContextConfigurationOverride
    }

    private let state: Mutex<State>

    /// - Throws: `malformed` if the TLS library refuses them.
    package init(_ files: TLSFiles) throws(Problem) {
        state = Mutex(State(files: files, shown: try Self.shown(files)))
    }

    package var files: TLSFiles { state.withLock { $0.files } }

    /// Shows another certificate from the next handshake on.
    ///
    /// - Throws: `malformed` if the TLS library refuses it: then the old one stays.
    package func show(_ files: TLSFiles) throws(Problem) {
        let fresh = State(files: files, shown: try Self.shown(files))
        state.withLock { $0 = fresh }
    }

    private static func shown(_ files: TLSFiles) throws(Problem) -> NIOSSLContextConfigurationOverride {
        var shown = NIOSSLContextConfigurationOverride()
        let identity = try files.identity()
        (shown.certificateChain, shown.privateKey) = (identity.chain, identity.key)
        return shown
    }

    /// The server's settings, asking here at each handshake.
    func serverConfiguration() throws(Problem) -> TLSConfiguration {
        var configuration = try files.serverConfiguration()
        configuration.sslContextCallback = { [self] _, promise in
            promise.succeed(state.withLock { $0.shown })
        }
        return configuration
    }
}
