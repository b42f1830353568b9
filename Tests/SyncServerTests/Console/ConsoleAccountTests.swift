import SyncProtocol
import Testing
import TrialModel
import TrialPages
import TrialStore

@testable import SyncServer

@Suite("Laptops, people and sites that the console admits", .timeLimit(.minutes(10)))
struct ConsoleAccountTests {
    private func laptop(_ console: ConsoleUnderTest) async throws -> Centre.DeviceStatus {
        try await console.centre.centre.device("ward")
    }

    @Test(
        "Before a laptop's access ends or comes back, the page names it, what waits on it, and what follows")
    func laptops() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("admin-1")
        let id = try await laptop(console).device.id.hex
        let waiting = try await laptop(console).pending
        for (access, says) in [
            (.revoked, "kept in quarantine"), (.lost, "destroys its keys"),
            (.admitted, "It was reported lost"),
        ] as [(DeviceAccess, String)] {
            let form = ["laptop": id, "decision": access.rawValue]
            #expect(await browser.get("/laptops").text.contains("value=\"\(access.rawValue)\""), "\(access)")
            let before = try await laptop(console).access
            let page = await browser.post("/laptops/access", form)
            for text in ["ward of site PKU", says, "When it was last in contact", "\(waiting) save"] {
                #expect(page.text.contains(text), "\(access): \(text)")
            }
            #expect(try await laptop(console).access == before, "\(access): nothing is done yet")
            #expect(await browser.act("/laptops/access", form).status == 303)
            #expect(try await laptop(console).access == access)
        }
        let reader = try await console.browser("dataManager-1")
        let form = ["laptop": id, "decision": "lost"]
        #expect(await reader.act("/laptops/access", form).status == 403)
        #expect(try await laptop(console).access == .admitted)
        let history = try await console.centre.centre.replica.history(
            of: .device(laptop(console).device.id))
        #expect(history.compactMap { $0.change?.author } == ["admin-1", "admin-1", "admin-1"])
        let unknown = form.merging(["laptop": "00"]) { $1 }
        #expect(await browser.act("/laptops/access", unknown).code == .notFound)
    }

    /// The form of a new person.
    private func form(_ browser: ConsoleUnderTest.Browser) async throws -> String {
        let parts = await browser.get("/people").text.split(separator: "action=\"/people/new\"")
        return String(try #require(parts.last))
    }

    /// The password that the next page shows, and no other.
    private func password(_ browser: ConsoleUnderTest.Browser) async throws -> String {
        let text = await browser.get("/people").text
        let found = try #require(text.firstMatch(of: /password[^:<]*: ([a-z0-9]{16})/)).output.1
        #expect(await !browser.get("/people").text.contains(found), "it is shown once")
        return String(found)
    }

    @Test("A person is added with a password that is shown once, and gets another the same way")
    func people() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("admin-1")
        let centre = console.centre.centre
        let form = ["user": "nurse-9", "role": "dataEntry"]
        let refused = await browser.post("/people/new", form)
        #expect(refused.status == 400 && refused.text.contains("value=\"nurse-9\""))
        #expect(refused.text.contains("<option value=\"dataEntry\" selected>"))
        let answer = await browser.post("/people/new", form.merging(["site": "PKU"]) { $1 })
        #expect(answer.status == 303 && answer.location == "/people")
        let first = try await password(browser)
        let grant = try await centre.logIn("nurse-9", password: first).grant
        #expect(grant.role == .dataEntry && grant.sites.map(\.text) == ["PKU"])
        #expect(
            await browser.post("/people/new", form.merging(["site": "PKU"]) { $1 }).code == .alreadyExists)

        let person = ["person": "nurse-9"]
        let page = await browser.post("/people/password", person)
        #expect(page.text.contains("nurse-9 (data entry, PKU) gets a new password"))
        _ = try await centre.logIn("nurse-9", password: first)
        #expect(await browser.act("/people/password", person).status == 303)
        let second = try await password(browser)
        _ = try await centre.logIn("nurse-9", password: second)
        await #expect(throws: Problem.self) { try await centre.logIn("nurse-9", password: first) }

        let history = try await centre.show(person: "nurse-9", on: nil).history
        #expect(history.map(\.by) == ["admin-1", "admin-1"], "who did it stands in the trail")

        #expect(await browser.act("/people/password", ["person": "admin-1"]).code == .notAllowed)
        let reader = try await console.browser("dataManager-1")
        #expect(await reader.act("/people/password", person).status == 403)
        #expect(await reader.post("/people/new", form.merging(["user": "nurse-8"]) { $1 }).status == 403)
    }

    @Test("Who could sign as somebody else by giving a password is an admin, and no coordinator makes one")
    func passwords() async throws {
        let console = try await ConsoleUnderTest()
        let centre = console.centre.centre
        let person = ["person": "investigator-1"]
        _ = try await centre.addPerson(
            "investigator-1", role: .investigator, sites: ["PKU"], password: ConsoleUnderTest.password)
        let before = try await centre.person("investigator-1")
        let admin = try await console.browser("admin-1")
        #expect(await admin.get("/people").text.contains("action=\"/people/password\""))
        #expect(try await form(admin).contains("<option value=\"admin\""))

        let coordinator = try await console.browser("coordinator-1")
        let page = await coordinator.get("/people").text
        #expect(page.contains("action=\"/people\"") && !page.contains("/people/password"))
        let roles = try await form(coordinator)
        #expect(roles.contains("<option value=\"investigator\""))
        #expect(!roles.contains("<option value=\"admin\""))
        for confirmed in [false, true] {
            let form = confirmed ? person.merging(["confirmed": "00"]) { $1 } : person
            let answer = await coordinator.post("/people/password", form)
            #expect(answer.status == 403 && answer.code == .notAllowed)
        }
        let added = await coordinator.post("/people/new", ["user": "admin-9", "role": "admin"])
        #expect(added.status == 403 && added.code == .notAllowed)
        #expect(try await !centre.people().contains { $0.grant.name == "admin-9" })
        #expect(try await centre.person("investigator-1") == before)

        // What a coordinator may: add those who work at the sites.
        let nurse = ["user": "nurse-9", "role": "dataEntry", "site": "PKU"]
        #expect(await coordinator.post("/people/new", nurse).status == 303)
        #expect(try await centre.show(person: "nurse-9", on: nil).history.map(\.by) == ["coordinator-1"])
    }

    @Test("A site is added with its code and name; what is no code is refused, and comes back")
    func sites() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let form = ["code": "FUD", "name": "Made-up hospital <F>"]
        let refused = await browser.post("/sites", form.merging(["code": "fud"]) { $1 })
        #expect(refused.code == .nameInvalid)
        #expect(refused.text.contains("name=\"name\" value=\"Made-up hospital &lt;F&gt;\""))
        let added = await browser.post("/sites", form)
        #expect(added.status == 303 && added.location == "/sites")
        #expect(try await console.centre.centre.sites().contains { $0.code.text == "FUD" })
        let history = try await console.centre.centre.replica.history(
            of: .site(try #require(SiteCode("FUD"))))
        #expect(history.compactMap { $0.change?.author } == ["coordinator-1"])
        #expect(await browser.get("/laptops").text.contains("FUD · Made-up hospital &lt;F&gt;"))
        #expect(await browser.post("/sites", form).code == .alreadyExists)
    }
}
