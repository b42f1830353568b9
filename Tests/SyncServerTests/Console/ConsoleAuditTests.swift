import HTTPTypes
import SyncProtocol
@testable import SyncServer
import Testing
import TrialModel
import TrialPages
import TrialStore

@Suite("The audit trail at the console", .timeLimit(.minutes(10)))
struct ConsoleAuditTests {
    @Test("It shows each save with its values, and each filter leaves out what does not fit")
    func filters() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let shown = await browser.get("/audit").text
        #expect(shown.contains("71.5\u{2009}kg") && shown.contains("72.5\u{2009}kg"))
        let today = try console.centre.centre.today.description
        for (field, fitting, other) in [
            ("participant", "pku-007", "PKU-008"), ("site", "PKU", "SHA"), ("kind", "save", "lock"),
            ("person", "nurse-PKU", "coordinator-1"), ("firstDay", today, "2099-01-01"),
            ("lastDay", today, "2000-01-01"),
        ] {
            for (value, isFound) in [(fitting, true), (other, false)] {
                let answer = await browser.post("/search", ["back": "/audit", field: value])
                let search = try #require(answer.location?.split(separator: "?").last)
                #expect(search.hasPrefix("search="))
                let text = await browser.get("/audit?\(search)").text
                #expect(text.contains("71.5") == isFound, "\(field) \(value)")
                #expect(text.contains("href=\"/audit/file?\(search)\""))
                let file = await browser.get("/audit/file?\(search)")
                #expect(file.text.contains("71.5") == isFound, "\(field) \(value)")
            }
        }
    }

    @Test("The newest stands first, and every entry stands on one page only")
    func parts() async throws {
        let console = try await ConsoleUnderTest()
        let all = try await console.centre.centre.auditPart(AuditRequest(), skipping: 0, limit: 1_000)
        #expect(all.isLast && all.entries.count > 3)
        let received = all.entries.compactMap(\.stamp.receivedAt)
        #expect(received == received.sorted(by: >))
        var (entries, looked, isLast) = ([String](), 0, false)
        while !isLast {
            let part = try await console.centre.centre.auditPart(AuditRequest(), skipping: looked, limit: 2)
            entries += part.entries.map(\.stamp.entry)
            #expect(part.looked > looked || part.isLast)
            (looked, isLast) = (part.looked, part.isLast)
        }
        #expect(entries == all.entries.map(\.stamp.entry))
        #expect(Set(entries).count == entries.count)
    }

    @Test("The file is what `export audit` writes, to keep and not to show")
    func file() async throws {
        let console = try await ConsoleUnderTest()
        let answer = await (try await console.browser("dataManager-1")).get("/audit/file")
        #expect(
            answer.text == String(decoding: try await console.centre.centre.auditFile(.init()), as: UTF8.self)
        )
        #expect(answer.text.hasPrefix(AuditEntry.header.joined(separator: ",")))
        let headers = ServerResponse(answer).headers
        #expect(headers[.contentDisposition]?.hasPrefix("attachment; filename=\"audit-") == true)
        #expect(answer.contentType.hasPrefix("text/csv"))
    }

    @Test("Who reads nothing has neither link nor page, and a monitor gets own sites only")
    func roles() async throws {
        let console = try await ConsoleUnderTest()
        let admin = try await console.browser("admin-1")
        #expect(!(await admin.get("/laptops").text.contains("href=\"/audit")))
        for path in ["/audit", "/audit/file"] { #expect(await admin.get(path).status == 403) }
        let monitor = try await console.browser("monitor-sha")
        let file = await monitor.get("/audit/file").text
        #expect(!file.contains("nurse-PKU") && !file.contains("study 1") && !file.contains("coordinator"))
        for (site, number) in [("PKU", ""), ("", "PKU-007")] {
            let answer = await monitor.post(
                "/search", ["back": "/audit", "site": site, "participant": number])
            #expect(!(await monitor.get(answer.location ?? "").text.contains("71.5")))
        }
    }
}
