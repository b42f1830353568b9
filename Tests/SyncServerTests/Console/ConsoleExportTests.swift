import SyncProtocol
@testable import SyncServer
import Testing
import TrialModel
import TrialPages

@Suite("Downloads of the console", .timeLimit(.minutes(10)))
struct ConsoleExportTests {
    @Test("Each file is what the command gives, to keep and not to show")
    func files() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("statistician-1")
        let page = await browser.get("/exports").text
        let centre = console.centre.centre
        for file in ConsoleExport.allCases {
            #expect(page.contains("href=\"/exports/\(file.rawValue)\""))
            let answer = await browser.get("/exports/\(file.rawValue)")
            #expect(answer.status == 200, "\(file)")
            #expect(answer.fileName?.hasSuffix("-\(file.rawValue)") == true, "\(file)")
            #expect(!answer.body.isEmpty, "\(file)")
        }
        #expect(await browser.get("/exports/study.json").body == (try await centre.study().json))
        #expect(
            await browser.get("/exports/audit.csv").body == (try await centre.auditFile(AuditRequest())))
        #expect(
            await browser.get("/exports/schedule.json").text == (try await centre.schedule().json.text))
        #expect(await browser.get("/exports/server.key").status == 404)
    }

    @Test("A monitor gets files of own sites only, and who reads nothing gets none")
    func roles() async throws {
        let console = try await ConsoleUnderTest()
        let monitor = try await console.browser("monitor-sha")
        let page = await monitor.get("/exports").text
        for file in ConsoleExport.allCases {
            let answer = await monitor.get("/exports/\(file.rawValue)")
            #expect(answer.status == (file.isOfWholeTrial ? 403 : 200), "\(file)")
            #expect(page.contains("/exports/\(file.rawValue)\"") == !file.isOfWholeTrial, "\(file)")
            #expect(!answer.text.contains("PKU-007") && !answer.text.contains("71.5"), "\(file)")
        }
        let admin = try await console.browser("admin-1")
        #expect(!(await admin.get("/laptops").text.contains("href=\"/exports\"")))
        for path in ["/exports", "/exports/audit.csv"] { #expect(await admin.get(path).status == 403) }
    }
}
