import CCurl
import TrialModel

/// How a transfer ended that libcurl could not finish.
struct CurlFailure: Hashable, Sendable {
    let code: CURLcode.RawValue
    /// OpenSSL's X509_V_ERR_... of the server's certificate; 0 where it was not looked at or is fine.
    let verifyResult: Int
    /// libcurl's own sentence, where it has one.
    let detail: String

    init(code: CURLcode, verifyResult: Int = 0, detail: String = "") {
        (self.code, self.verifyResult, self.detail) = (code.rawValue, verifyResult, detail)
    }

    /// The problem that the person is told.
    ///
    /// - Parameters:
    ///   - host: where the request went, `HOST:PORT`.
    ///   - limitBytes: of the answer.
    /// - Returns: one with the host in its message, and the remedy where there is a better one than the
    ///   catalogue's.
    func problem(host: String, limitBytes: Int) -> Problem {
        switch CURLcode(rawValue: code) {
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS:
            return certificateProblem(host: host)
        case CURLE_SSL_CACERT_BADFILE:
            return Problem(
                .certificateNotTrusted,
                "the authority's certificate kept on this computer for \(host) cannot be read",
                remedy: "enrol this laptop again, or ask the coordinator")
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_PROXY,
            CURLE_OPERATION_TIMEDOUT, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR,
            CURLE_PARTIAL_FILE,
            CURLE_SSL_CONNECT_ERROR, CURLE_SSL_SHUTDOWN_FAILED, CURLE_HTTP2, CURLE_HTTP2_STREAM,
            CURLE_NO_CONNECTION_AVAILABLE, CURLE_UPLOAD_FAILED, CURLE_SEND_FAIL_REWIND:
            return Problem(.serverUnreachable, sentence("no whole answer from \(host)"))
        case CURLE_FILESIZE_EXCEEDED:
            return Problem(.bodyTooLarge, "the answer of \(host) is larger than \(limitBytes) bytes")
        case CURLE_ABORTED_BY_CALLBACK:
            return Problem(.cancelled, "the request to \(host) was cancelled")
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY,
            CURLE_BAD_CONTENT_ENCODING,
            CURLE_HTTP_RETURNED_ERROR, CURLE_TOO_MANY_REDIRECTS:
            return Problem(
                .malformed, sentence("what answers at \(host) does not speak HTTP as this program does"))
        default:
            return Problem(
                .internalError, sentence("libcurl failed with code \(code) on a request to \(host)"))
        }
    }

    /// OpenSSL stops at the first fault it finds, and looks at dates only where the signature of the
    /// certificate's issuer was good: 9 is "not yet valid", 10 is "has expired".
    private func certificateProblem(host: String) -> Problem {
        let remedy =
            "set this computer's clock; if it is right, ask the coordinator to renew the certificate; "
            + "the saves are safe"
        switch verifyResult {
        case 9:
            return Problem(
                .clockWrong, "the certificate of \(host) is not valid yet by this computer's clock",
                remedy: remedy)
        case 10:
            return Problem(
                .clockWrong, "the certificate of \(host) has expired by this computer's clock", remedy: remedy
            )
        default:
            return Problem(
                .certificateNotTrusted,
                sentence("the certificate of \(host) is not trusted, nothing was sent"))
        }
    }

    private func sentence(_ what: String) -> String { detail.isEmpty ? what : "\(what): \(detail)" }
}
