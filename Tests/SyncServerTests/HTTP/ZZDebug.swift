import Foundation
@testable import SyncServer
import Testing

@Suite(.serialized) struct ZZDebug {
    @Test(arguments: [Curl.Version.http1, .http2], [true, false]) func speed(v: Curl.Version, tls: Bool) async throws {
        try await ServerUnderTest.run(tls: tls) { server in
            var start = ContinuousClock.now
            var a = try await server.curl("/v1/ca?[1-500]", v)
            print(v, tls, "GET 500", ContinuousClock.now - start, a.status)
            let file = "/tmp/server-scratch/dbg/body"
            try Data(repeating: 7, count: 1000).write(to: URL(fileURLWithPath: file))
            start = .now
            a = try await server.curl("/v1/enroll?[1-500]", v, "--data-binary", "@" + file)
            print(v, tls, "POST 1k 500", ContinuousClock.now - start, a.status)
            try Data(repeating: 7, count: 4 << 20).write(to: URL(fileURLWithPath: file))
            start = .now
            a = try await server.curl("/v1/sites/PKU/sync?[1-4]", v, "--max-time", "4", "-v", "--trace-time",  "-H", "Expect:", "-H", "Authorization: Bearer t", "--data-binary", "@" + file)
            print(v, tls, "POST 4M 20", ContinuousClock.now - start, a.status, a.errors.split(separator: "\n").filter { !$0.hasPrefix("* TLS") }.joined(separator: "\n"), server.log.all.suffix(6))
        }
    }
}
