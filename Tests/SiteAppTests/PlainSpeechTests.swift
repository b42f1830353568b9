import Foundation
@testable import SyncClient
import Testing
import TrialModel
import TrialPages

@testable import SiteApp

@Suite(
    "What the form of a visit says of what is held, not saved or wrong", .serialized,
    .timeLimit(.minutes(10)))
struct PlainSpeechTests {
    @Test(
        "What a lock holds, or a void stands against, is said beside its field, with who decides",
        arguments: [ConflictKind.editAfterLock, .editVersusVoid], Language.allCases)
    func held(kind: ConflictKind, language: Language) throws {
        let header = VisitView.Header(
            participant: "PKU-001", place: .visit(event: "BL", occurrence: nil),
            site: try #require(SiteCode("PKU")), record: "made-up")
        let stamp = EntryStamp(
            entry: "made-up/1", author: "nurse-1", role: "dataEntry", device: "ward-1", site: "PKU",
            at: "2026-11-29T02:42:00Z", receivedAt: nil, reason: "", studyVersion: 1, isSigned: true)
        let weight = Value.decimal(Quantity(ExactDecimal(68), unit: "kg"))
        let conflict = ConflictView(
            id: ConflictID(prefixOf: [7]), kind: kind, visit: header, register: "@lock",
            items: ["VS.weight"],
            versions: [
                VersionView(stamp: stamp, values: [ItemValue("@lock", .yesNo(true))]),
                VersionView(stamp: stamp, values: [ItemValue("VS.weight", weight)]),
            ], resolution: nil)
        let view = VisitView(
            header: header, base: "", items: [], derived: [], checks: [], conflicts: [conflict.id],
            locked: kind == .editAfterLock, voided: kind == .editVersusVoid, pending: 0)
        let words = Words(language)
        let builder = FormBuilder(
            study: try .shipped(), words: words, view: view, typed: nil, refused: [:], late: [],
            earlier: [:], mayEdit: false, conflicts: [conflict])
        let said = builder.heldTexts { $0 == "VS.weight" }
        #expect(said.count == 1 && builder.heldTexts { $0 == "SV.date" }.isEmpty)
        #expect(said[0].contains("68\u{2009}kg") && said[0].contains("nurse-1") && said[0].contains("02:42"))
        #expect(said[0].contains(words("role.coordinator")))
        let isForInvestigators = said[0].contains(words("role.investigator"))
        #expect(isForInvestigators == (kind == .editVersusVoid), "\(said[0])")
    }

    @Test("That a save was kept is told only where what it had replaced stands again")
    func kept() throws {
        let header = VisitView.Header(
            participant: "PKU-001", place: .visit(event: "BL", occurrence: nil),
            site: try #require(SiteCode("PKU")), record: "made-up")
        func weight(_ number: Int32) -> Value { .decimal(Quantity(ExactDecimal(number), unit: "kg")) }
        func entry(_ author: String, _ verdict: String, _ old: Int32, _ new: Int32) -> HistoryView {
            let stamp = EntryStamp(
                entry: "\(author)/1", author: author, role: "dataEntry", device: "ward-1", site: "PKU",
                at: "2026-11-29T02:42:00Z", receivedAt: nil, reason: "", studyVersion: 1, isSigned: false)
            let change = HistoryView.ItemChange(item: "VS.weight", old: [weight(old)], new: weight(new))
            return HistoryView(stamp: stamp, kind: "save", verdict: verdict, changes: [change])
        }
        for (standing, author) in [(Int32(60), "nurse-3"), (61, "nurse-2")] {
            let item = ItemView(item: "VS.weight", state: .agreed, value: weight(standing), versions: [])
            var view = VisitView(
                header: header, base: "", items: [item], derived: [], checks: [], conflicts: [],
                locked: false, voided: false, pending: 0)
            view.history = [
                entry("nurse-2", "applied", 60, 61), entry("nurse-3", "quarantined", 60, 62),
            ]
            let builder = FormBuilder(
                study: try .shipped(), words: Words(.en), view: view, typed: nil, refused: [:], late: [],
                earlier: [:], mayEdit: true)
            let said = try #require(builder.changedText(item))
            #expect(said.contains(author) && said.contains("waits") == (standing == 60), "\(said)")
        }
    }

    @Test(
        "Nothing says that a form is safe while something else stands in it; what is saved stands beside it")
    func bar() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser) + "/SCR"
            await browser.save(path, ["DM.birthYear": "1961"])
            #expect(browser.page.contains("id=\"place-state\">saved here"))
            await browser.post(path + "/check", browser.fields(["DM.birthYear": "1962"]))
            #expect(browser.page.contains("draft kept here") && browser.page.contains("\"place\":\"\""))
            await browser.get(path)
            let bar = browser.page.firstMatch(
                of: /id="draft-state"[^>]*>draft kept here \d\d:\d\d (UTC|[+-]\d\d:\d\d), not saved</)
            #expect(bar != nil && browser.page.contains("id=\"place-state\"></span>"))
            #expect(browser.page.contains("<span>saved: 1961</span>"))
        }
    }

    @Test("Each field bears who saved it last and when, for the script that says what came in meanwhile")
    func changed() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            let opened = browser.fields(["VS.weight": "71.5"])
            await browser.save(path, ["VS.weight": "70", "RI.orbit.urgent": "Y"])
            func said(_ item: String) -> Substring? {
                guard let row = browser.page.firstRange(of: "data-item=\"\(item)\" data-changed=\"") else {
                    return nil
                }
                return browser.page[row.upperBound...].prefix { $0 != "\"" }
            }
            let who = "by nurse-1 · \(Words(.en)("role.dataEntry")) · ward-1 while this form was open"
            for item in ["VS.weight", "RI.orbit.urgent"] {
                let text = try #require(said(item), "\(item)")
                #expect(text.hasPrefix("changed ") && text.hasSuffix("\(who); before: {value}"), "\(text)")
            }
            #expect(said("PGA.vas") == nil, "nobody has saved that")
            await browser.post(path, opened)
            #expect(browser.page.contains("class=\"both\"") && said("VS.weight") == nil)
        }
    }

    @Test("What came in below an instrument names each item, also where two have the same value")
    func lateScores() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            let opened = browser.fields(["VS.weight": "seventy"])
            await browser.save(path, ["RI.orbit": "2", "RI.kidney": "2"])
            await browser.post(path, opened)
            #expect(browser.status == 422)
            let study = try StudyDefinition.shipped()
            for oid in ["RI.orbit", "RI.kidney"] {
                let label = try #require(study.item(oid)).label[.en]
                #expect(browser.page.contains("<span class=\"mark attention\">\(label): changed "), "\(oid)")
            }
        }
    }

    @Test("A save says which values someone should look at, and leads to them")
    func toLookAt() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            #expect(browser.page.contains("data-after-saving=\"planned: known after saving\""))
            await browser.post(path, browser.fields(["VS.weight": "300"]))
            #expect(browser.page.contains("Saved. ") && browser.page.contains("to look at:"))
            #expect(browser.page.contains("<a href=\"#f-VS.weight\">Body weight</a>"))
        }
    }

    @Test("A visit with a finding that weighs is marked, done or not")
    func marked() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser)
            await browser.save(path + "/SCR", ["DM.consentDate": "2026-03-05"])
            await browser.save(path + "/BL", ["SV.date": "2026-03-02"])
            for page in [path, path + "/BL"] {
                await browser.get(page)
                #expect(browser.page.contains("<span class=\"mark major\">finding</span>"), "\(page)")
            }
            await browser.get("/")
            #expect(browser.page.contains("<span class=\"mark major\">major finding</span>"))
        }
    }

    @Test("A refused form leads to what is to be mended, keeps its warnings, and takes dates with strokes")
    func refused() async throws {
        try await SiteUnderTest.run { site in
            let (browser, path) = try await site.atBaseline()
            await browser.post(path, browser.fields(["VS.weight": "300", "SV.date": "tomorrow"]))
            #expect(browser.status == 422 && browser.page.contains("<a href=\"#f-SV.date\">"))
            #expect(browser.page.ranges(of: " autofocus>").count == 1)
            #expect(browser.page.contains("“tomorrow” is not taken; allowed is: like 2026-03-02"))
            #expect(browser.page.contains("id=\"l-VS.weight\"><p class=\"mark attention\">"))
            await browser.post(path, browser.fields(["VS.weight": "70", "SV.date": "2026/3/2"]))
            #expect(browser.status == 200 && browser.hidden("was.SV.date") == "2026-03-02")
        }
    }

    private func problem(with text: String, for item: Item, in study: StudyDefinition) -> Problem? {
        do {
            _ = try study.value(from: text, for: item)
            return nil
        } catch { return error }
    }

    @Test("What is not taken is said with what is allowed, and without the item's name, in both languages")
    func sentence() throws {
        let study = try StudyDefinition.shipped()
        for (oid, text) in [("DM.consentDate", "20.2.2026"), ("VS.weight", "heavy"), ("SV.type", "x")] {
            let item = try #require(study.item(oid))
            let found = problem(with: text, for: item, in: study)
            for language in Language.allCases {
                let said = FormBuilder.sentence(try #require(found), item, text, Words(language))
                #expect(said.contains(text) && !said.contains(oid) && !said.contains("["), "\(said)")
            }
        }
    }

    @Test(
        "A moment is shown as people type it, and read again as the same",
        arguments: [
            ("2026-11-20T08:30:00+08:00", "2026-11-20 08:30 +08:00"),
            ("2026-11-20T08:30:15Z", "2026-11-20 08:30:15 UTC"),
        ])
    func moment(kept: String, shown: String) throws {
        let moment = try #require(OffsetDateTime(kept))
        #expect(moment.asTyped == shown && OffsetDateTime(typed: shown) == moment)
        let form = TypedForm([
            (name: "was.PK.sampleTime", value: kept), (name: "item.PK.sampleTime", value: shown),
        ])
        #expect(!form.isDraft)
    }

    @Test("Safe since says its zone, and a sync that was asked for is told")
    func checked() throws {
        let moment: Int64 = 1_772_414_400_000
        let standing = SiteStore.Standing(pending: 0, entries: 1, digest: "", safeSinceMilliseconds: moment)
        let days = ["2026-03-01", "2026-03-02", "2026-03-03"].compactMap { CalendarDate($0) }
        let date = Words(.en).localTime(moment, today: nil)
        let today = try #require(days.first { date.hasPrefix(Words(.en).date($0.description)) })
        let line = SyncLine(.idle, standing, Words(.en), today: today)
        #expect(line.text.firstMatch(of: /since \d\d:\d\d (UTC|[+-]\d\d:\d\d)$/) != nil, "\(line.text)")
        let later = SyncLine(.idle, standing, Words(.en), today: today, checkedAt: moment + 60_000)
        #expect(later.text.hasPrefix(line.text))
        #expect(later.text.firstMatch(of: /synced \d\d:\d\d (UTC|[+-]\d\d:\d\d)$/) != nil, "\(later.text)")
        let before = SyncLine(.idle, standing, Words(.en), today: today, checkedAt: moment - 1)
        #expect(before.text == line.text)
    }
}
