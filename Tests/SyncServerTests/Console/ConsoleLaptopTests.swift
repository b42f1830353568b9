import Foundation
import SyncProtocol
@testable import SyncServer
import Testing
import TrialModel
import TrialPages
import TrialStore

@Suite("Laptops and backups at the console", .timeLimit(.minutes(10)))
struct ConsoleLaptopTests {
    private static let form = ["site": "PKU", "hours": "24", "server": "http://127.0.0.1:1"]

    @Test("An administrator makes a link that is shown once, with its end, and never in a URL")
    func invite() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("admin-1")
        let before = try await console.centre.centre.invites().count
        let answer = await browser.post("/laptops", Self.form)
        #expect(answer.status == 303 && answer.location == "/laptops")
        let invites = try await console.centre.centre.invites()
        #expect(invites.count == before + 1)
        let text = await browser.get("/laptops").text
        let link = try #require(text.firstMatch(of: /trialsync\+plain:[^\s<"]+/)).output
        #expect(link.contains("PKU"))
        let end = try #require(invites.first { $0.site.text == "PKU" && $0.status == .open }).expires
        #expect(text.contains(Words(.en).time(end)))
        #expect(!(await browser.get("/laptops").text.contains(link)), "it is shown once")
    }

    @Test("What is no site, no time or no address is refused, and makes no link")
    func refused() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let before = try await console.centre.centre.invites().count
        for (field, value) in [
            ("site", "XXX"), ("site", ""), ("hours", "0"), ("hours", "99999"), ("hours", "-1"),
            ("server", "ftp://trial.example"),
        ] {
            let answer = await browser.post("/laptops", Self.form.merging([field: value]) { $1 })
            #expect(answer.status >= 400 && answer.status < 500, "\(field) \(value): \(answer.status)")
        }
        #expect(try await console.centre.centre.invites().count == before)
        let reader = try await console.browser("dataManager-1")
        #expect(await reader.post("/laptops", Self.form).status == 403)
        #expect(try await console.centre.centre.invites().count == before)
    }

    @Test("The last backup stands with when, where and what its check found; before it, that there is none")
    func backup() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("admin-1")
        #expect(await browser.get("/").text.contains("No backup has been made"))
        let file = console.centre.centre.directory.url.deletingLastPathComponent()
            .appending(path: "\(UUID().uuidString).backup").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let report = try await console.centre.centre.backup(to: file, passphrase: "made-up words of a test")
        console.centre.advance(seconds: 3 * 3_600)
        let fresh = try await console.browser("admin-1")
        let text = await fresh.get("/").text
        #expect(text.contains(file) && text.contains(report.sha256))
        #expect(text.contains("3 hours ago") && text.contains("sound"))
    }
}
