import SyncProtocol
@testable import SyncServer
import Testing
import TrialModel
import TrialPages
import TrialStore

@Suite("Sites and versions of the study at the console", .timeLimit(.minutes(10)))
struct ConsoleStudyTests {
    @Test("Each site stands with its name and what is open there, for those who see it")
    func sites() async throws {
        let console = try await ConsoleUnderTest()
        let all = await (try await console.browser("coordinator-1")).get("/sites").text
        for site in try await console.centre.centre.sites() {
            #expect(all.contains(site.code.text) && all.contains(site.name), "\(site.code)")
        }
        let own = await (try await console.browser("monitor-sha")).get("/sites").text
        #expect(own.contains("SHA") && !own.contains("PKU"))
        let admin = try await console.browser("admin-1")
        let form = await admin.get("/sites").text
        #expect(form.contains("action=\"/sites\"") && !form.contains("<table"), "no figures of the trial")
        #expect(await admin.get("/study").text.contains("href=\"/sites\""))
        #expect(all.contains("action=\"/sites\"") && !own.contains("action=\"/sites\""))
        #expect(await !admin.get("/laptops").text.contains("action=\"/sites\""))
    }

    @Test("A laptop runs an older version until it has been in contact after the newer one was published")
    func behind() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let before = await browser.get("/study").text
        #expect(before.contains("Version 1 is in force") && !before.contains("ward"))
        console.centre.advance(seconds: 60)
        try await console.amend(to: 2...2)
        let after = await browser.get("/study").text
        #expect(after.contains("Version 2 is in force") && after.contains("amendment &lt;2&gt;"))
        #expect(after.contains("ward") && after.contains("clinic"))
        let answer = await browser.post("/search", ["back": "/study", "find": "WARD"])
        let searched = await browser.get(answer.location ?? "").text
        #expect(searched.contains(">ward<") && !searched.contains(">clinic<"))
        #expect(after.contains("1 to 2 of 2"))
        let second = await browser.get("/study?from=1").text
        #expect(second.contains(">ward<") != second.contains(">clinic<"), "from the second laptop on")
        let elsewhere = await (try await console.browser("monitor-sha")).get("/study").text
        #expect(!elsewhere.contains("ward"), "a laptop of another site is not the monitor's")
    }
}
