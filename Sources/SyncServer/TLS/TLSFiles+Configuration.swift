import NIOCore
import NIOSSL
import TrialModel

extension TLSFiles {
    /// What TLS 1.2 may use: forward secrecy and authenticated encryption. TLS 1.3's own three are all of
    /// that kind.
    private static let ciphers: [NIOTLSCipher] = [
        .TLS_AES_128_GCM_SHA256,
        .TLS_AES_256_GCM_SHA384,
        .TLS_CHACHA20_POLY1305_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]

    /// TLS 1.2 or later with these files' certificate; clients prove themselves by token, not by certificate.
    ///
    /// - Throws: `malformed` if the TLS library refuses what ``load(from:)`` took.
    func serverConfiguration() throws(Problem) -> TLSConfiguration {
        let (chain, key) = try identity()
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain, privateKey: key)
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuiteValues = Self.ciphers
        // How long a closed connection waits for the client's own farewell, at the server's end too.
        configuration.shutdownTimeout = .seconds(1)
        return configuration
    }

    /// Chain and key as the TLS library has them.
    func identity() throws(Problem) -> (chain: [NIOSSLCertificateSource], key: NIOSSLPrivateKeySource) {
        do {
            let chain = try NIOSSLCertificate.fromPEMBytes(Array(chainPEM.utf8))
            let key = try NIOSSLPrivateKey(bytes: Array(keyPEM.utf8), format: .pem)
            return (chain.map { .certificate($0) }, .privateKey(key))
        } catch {
            throw Problem(.malformed, "the server's certificate or key cannot be used for TLS")
        }
    }
}
