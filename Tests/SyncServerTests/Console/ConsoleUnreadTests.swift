import Foundation
@testable import SyncServer
import Testing
import TrialModel
import TrialPages

@Suite("Requests for pages that are not read", .timeLimit(.minutes(10)))
struct ConsoleUnreadTests {
    @Test("Whatever the server does not read is answered with a page, in the language of who asked")
    func refused() async throws {
        let console = try await ConsoleUnderTest()
        let pages = ConsolePages(console.centre.centre, hub: console.centre.hub, isTLS: true)
        let file = FileManager.default.temporaryDirectory.appending(path: "form-\(UUID().uuidString)")
        try Data(repeating: UInt8(ascii: "a"), count: ConsoleRoute.bodyLimitBytes + 1).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let chinese = ["-H", "Accept-Language: zh-CN"]
        try await ServerUnderTest.run(console: pages) { server in
            for (arguments, status, sentence) in [
                (["--data-binary", "@\(file.path)"], 413, "The form is larger than is taken here"),
                (chinese + ["--data-binary", "@\(file.path)"], 413, "表单超过此处接受的大小"),
                (["--data-binary", "find=%zz"], 400, "The form did not arrive whole"),
                (chinese + ["--data-binary", "find=%zz"], 400, "表单未完整送达"),
                (["-X", "DELETE"], 405, "What was sent was not understood"),
                (chinese + ["-X", "DELETE"], 405, "请求内容无法理解"),
            ] as [([String], Int, String)] {
                let answer = try await server.start("/search", .http2, arguments).answer()
                #expect(answer.status == status, "\(arguments): \(answer.errors)")
                #expect(answer.header("content-type")?.hasPrefix("text/html") == true, "\(arguments)")
                #expect(answer.body.contains(sentence) && answer.body.contains("<main"), "\(arguments)")
                let asScript = ["-H", "Sec-Fetch-Dest: empty"] + arguments
                let script = try await server.start("/search", .http2, asScript).answer()
                #expect(script.status == status && script.body.isEmpty, "\(arguments): \(script.errors)")
            }
            let link = try await server.curl("/v1/enroll", .http2, "-X", "DELETE")
            #expect(link.status == 405 && link.body.hasPrefix("{\"error\""))
        }
    }

    @Test("Who asks for pages too often is told on a page how to go on")
    func tooOften() async throws {
        let console = try await ConsoleUnderTest()
        let pages = ConsolePages(console.centre.centre, hub: console.centre.hub, isTLS: true)
        var limits = HTTPLimits()
        limits.requestsPerAddress = Rate(perMinute: 1, burst: 1)
        try await ServerUnderTest.run(limits: limits, console: pages) { server in
            #expect(try await server.curl("/login").status == 200)
            let page = try await server.curl("/login")
            #expect(page.status == 429 && page.header("retry-after") != nil)
            #expect(page.body.contains("Wait a minute, then load this page again."))
            let script = try await server.curl("/news", .http2, "-H", "Sec-Fetch-Dest: empty")
            #expect(script.status == 429 && script.header("retry-after") != nil && script.body.isEmpty)
            #expect(try await server.curl("/healthz").body.hasPrefix("{\"error\""))
        }
    }
}
