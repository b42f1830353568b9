import CCurl
import Testing
import TrialModel

@testable import SyncClient

@Suite struct CurlFailureTests {
    @Test(
        "Every way to fail has its code",
        arguments: [
            (CURLE_COULDNT_RESOLVE_HOST.rawValue, 0, .serverUnreachable),
            (CURLE_COULDNT_CONNECT.rawValue, 0, .serverUnreachable),
            (CURLE_OPERATION_TIMEDOUT.rawValue, 0, .serverUnreachable),
            (CURLE_RECV_ERROR.rawValue, 0, .serverUnreachable),
            (CURLE_SEND_ERROR.rawValue, 0, .serverUnreachable),
            (CURLE_GOT_NOTHING.rawValue, 0, .serverUnreachable),
            (CURLE_PARTIAL_FILE.rawValue, 0, .serverUnreachable),
            (CURLE_SSL_CONNECT_ERROR.rawValue, 0, .serverUnreachable),
            (CURLE_HTTP2_STREAM.rawValue, 0, .serverUnreachable),
            (CURLE_PROXY.rawValue, 0, .serverUnreachable),
            (CURLE_PEER_FAILED_VERIFICATION.rawValue, 0, .certificateNotTrusted),
            (CURLE_PEER_FAILED_VERIFICATION.rawValue, 20, .certificateNotTrusted),
            (CURLE_PEER_FAILED_VERIFICATION.rawValue, 9, .clockWrong),
            (CURLE_PEER_FAILED_VERIFICATION.rawValue, 10, .clockWrong),
            (CURLE_SSL_CACERT_BADFILE.rawValue, 0, .certificateNotTrusted),
            (CURLE_FILESIZE_EXCEEDED.rawValue, 0, .bodyTooLarge),
            (CURLE_ABORTED_BY_CALLBACK.rawValue, 0, .cancelled),
            (CURLE_WEIRD_SERVER_REPLY.rawValue, 0, .malformed),
            (CURLE_OUT_OF_MEMORY.rawValue, 0, .internalError),
        ] as [(CURLcode.RawValue, Int, ProblemCode)])
    func mapping(code: CURLcode.RawValue, verifyResult: Int, expected: ProblemCode) {
        let failure = CurlFailure(code: CURLcode(rawValue: code), verifyResult: verifyResult, detail: "why")
        let problem = failure.problem(host: "example.org:8443", limitBytes: 10)
        #expect(problem.code == expected)
        #expect(problem.message.contains("example.org:8443"))
        #expect(!problem.message.contains("\n"))
    }
}
