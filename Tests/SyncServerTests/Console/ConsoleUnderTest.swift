import Foundation
import SyncProtocol
@testable import SyncServer
import Testing
import TrialModel
import TrialPages
import TrialStore

/// A console of one test: a centre with people of every role and one conflict, and a browser for each.
final class ConsoleUnderTest: Sendable {
    static let password = "made-up-word-of-the-console"
    static let host = "trial.example:8443"

    let centre: CentreUnderTest
    let console: Console
    /// Of the participant of site PKU.
    let participant: EnrolmentID
    let conflict: String

    init() async throws {
        centre = try await CentreUnderTest()
        console = Console(centre.centre, isTLS: true)
        participant = EnrolmentID(prefixOf: [7])
        try await centre.disagree(on: participant)
        conflict = try await centre.centre.conflicts(site: nil)[0].id.hex
    }

    func answer(_ request: PageRequest) async -> PageResponse {
        await TemplateCheck.$report.withValue({ missing in
            Issue.record("a template names what its model does not have: \(missing)")
        }) { [request] in await console.answer(request).response }
    }

    /// Logs in, and gives the browser that holds the cookie. The person, `coordinator-1` or `monitor-sha`, is
    /// added first: each costs a slow hash of the password.
    func browser(_ person: String) async throws -> Browser {
        let parts = person.split(separator: "-")
        if try await !centre.centre.people().contains(where: { $0.grant.name == person }),
            let role = Role.ofPeople.first(where: { $0.name == parts[0] })
        {
            let sites = role.isBoundToSites ? [parts[1] == "sha" ? "SHA" : "PKU"] : []
            _ = try await centre.centre.addPerson(
                person, role: role, sites: sites, password: Self.password)
        }
        var browser = Browser(console: self)
        let answer = await browser.post("/login", ["user": person, "password": Self.password])
        for cookie in answer.cookies {
            let pair = cookie.split(separator: ";")[0].split(separator: "=", maxSplits: 1)
            if pair.count == 2 { browser.cookies[String(pair[0])] = String(pair[1]) }
        }
        browser.csrf = browser.cookies[console.tokenCookie].flatMap {
            console.sessions.use($0, now: centre.centre.environment.now(), isActivity: true)?.csrf
        }
        return browser
    }

    /// Publishes the study as it stands under other numbers, by the coordinator, who must have been added.
    ///
    /// - Parameter alter: what else becomes of the definition.
    func amend(
        to versions: ClosedRange<Int>, altering alter: (String) -> String = { $0 }
    ) async throws {
        let actor = try await centre.centre.actor(
            "coordinator-1", password: Self.password, may: .administer)
        let text = alter(String(decoding: try await centre.centre.study().json, as: UTF8.self))
        for version in versions {
            let next = text.replacing(/"version"\s*:\s*1\b/, with: "\"version\": \(version)")
            _ = try await centre.centre.amend(
                Array(next.utf8), reason: "amendment <\(version)>", by: actor)
        }
    }

    struct Browser: Sendable {
        let console: ConsoleUnderTest
        var cookies: [String: String] = [:]
        var csrf: String?
        var origin: String? = "https://\(ConsoleUnderTest.host)"

        func get(_ path: String) async -> PageResponse { await send(PageRequest(.get, path)) }

        func post(_ path: String, _ fields: [String: String]) async -> PageResponse {
            var request = PageRequest(.post, path)
            let all = fields.merging(csrf.map { ["csrf": $0] } ?? [:]) { given, _ in given }
            request.form = FormFields(all.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) })
            request.origin = origin
            return await send(request)
        }

        /// Sends a form, and the form of the page that says what it would do.
        func act(_ path: String, _ fields: [String: String]) async -> PageResponse {
            let page = await post(path, fields)
            guard let confirmed = page.confirmed else { return page }
            return await post(path, fields.merging(["confirmed": confirmed]) { $1 })
        }

        private func send(_ request: PageRequest) async -> PageResponse {
            var request = request
            (request.cookies, request.host) = (cookies, ConsoleUnderTest.host)
            if let split = request.path.split(separator: "?", maxSplits: 1).last, split != request.path[...] {
                request.query = FormFields(encoded: split.utf8) ?? FormFields()
                request.path = String(request.path.split(separator: "?")[0])
            }
            return await console.answer(request)
        }
    }
}

extension PageResponse {
    var text: String { String(decoding: body, as: UTF8.self) }

    /// What the form of a page bears that says what an act would do.
    var confirmed: String? {
        text.firstMatch(of: /name="confirmed" value="([0-9a-f]+)"/).map { String($0.output.1) }
    }
}

extension CentreUnderTest {
    /// Two laptops of PKU that save different weights of one new participant without seeing each other's.
    func disagree(on participant: EnrolmentID) async throws {
        try await save([.number("PKU-007", of: participant), .weight("71.5", of: participant)], as: "ward")
        try await save([.weight("72.5", of: participant)], as: "clinic")
        #expect(try await centre.conflicts(site: nil).count == 1)
    }

    /// What a new laptop of PKU saves.
    ///
    /// - Returns: the names of the changes.
    @discardableResult
    func save(_ changes: [Change], as laptop: String) async throws -> [ChangeID] {
        let site = try #require(SiteCode("PKU"))
        let device = try await enrol("PKU", name: laptop)
        let at = DeviceTime(milliseconds: centre.environment.now(), offsetMinutes: 480)
        var encoded: [EncodedChange] = []
        for (salt, change) in changes.enumerated() {
            var change = change
            (change.at, change.salt) = (at, centre.environment.random() &+ UInt64(salt))
            encoded.append(try EncodedChange(change, site: site))
        }
        let answer = try await sync(try await pushing(encoded.map(\.bytes), of: device), as: device)
        #expect(answer.response.status == 200)
        return encoded.map(\.id)
    }
}

extension Change {
    private static let moment = DeviceTime(milliseconds: 0, offsetMinutes: 480)

    static func number(_ text: String, of participant: EnrolmentID) -> Change {
        let value = ItemValue(RegisterName.number, .text(text))
        return Change(
            kind: .save, record: .participant(participant),
            writes: [RegisterWrite(RegisterName.number, [value])], author: "nurse-PKU", role: .dataEntry,
            at: moment, studyVersion: 1, salt: 0)
    }

    static func weight(
        _ text: String, of participant: EnrolmentID, by author: String = "nurse-PKU",
        replacing replaced: [ChangeID] = []
    ) -> Change {
        let value = Value.decimal(Quantity(ExactDecimal(text) ?? ExactDecimal(0), unit: "kg"))
        return .saving(
            ["VS.weight": value], of: participant, at: "BL", by: author, replacing: replaced)
    }

    /// Values of a visit, each in a register of its own.
    static func saving(
        _ values: KeyValuePairs<String, Value>, of participant: EnrolmentID, at event: String,
        by author: String = "nurse-PKU", replacing replaced: [ChangeID] = []
    ) -> Change {
        var change = Change(
            kind: .save, record: .visit(participant, event: event),
            writes: values.map {
                RegisterWrite($0.key, [ItemValue($0.key, $0.value)], replaces: replaced)
            }, author: author, role: .dataEntry, at: moment, studyVersion: 1, salt: 0)
        if !replaced.isEmpty { change.reason = "typing error" }
        return change
    }
}
