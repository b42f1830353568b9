import SyncProtocol
@testable import SyncServer
import Testing
import TrialModel
import TrialPages

@Suite("What a conflict's page says", .timeLimit(.minutes(10)))
struct ConsoleConflictTests {
    @Test("What stood before both, by whom and when, and for how long people have not agreed")
    func before() async throws {
        let console = try await ConsoleUnderTest()
        let other = EnrolmentID(prefixOf: [8])
        let first = try await console.centre.save(
            [.number("PKU-008", of: other), .weight("60", of: other)], as: "third")
        // One of the two was corrected before it met the other.
        let typo = try await console.centre.save(
            [.weight("6.1", of: other, replacing: [first[1]])], as: "fourth")
        try await console.centre.save([.weight("61", of: other, replacing: typo)], as: "fifth")
        try await console.centre.save([.weight("62", of: other, replacing: [first[1]])], as: "sixth")
        console.centre.advance(seconds: 3 * 86_400 + 60)
        let browser = try await console.browser("coordinator-1")
        let conflicts = try await console.centre.centre.conflicts(site: nil)
        let id = try #require(conflicts.first { $0.visit.participant == "PKU-008" }).id.hex
        let text = await browser.get("/conflicts/\(id)").text
        #expect(text.contains("Before both: 60\u{2009}kg (nurse-PKU · data entry · third, "))
        #expect(text.contains("open for 3 days, since"))
        #expect(!text.contains("6.1\u{2009}kg ("), "what only one of them was made from is not before both")
        let plan = "Planned Prednisone acetate, first dose: was 47.5\u{2009}mg/d, becomes 50\u{2009}mg/d"
        #expect(text.contains(plan))
        let apart = await browser.get("/conflicts/\(console.conflict)").text
        #expect(apart.contains("Nothing that both were made from"))
    }

    @Test(
        "Plans that differ stand with their sides, one that does not is said once; the newest save is first")
    func plans() async throws {
        let console = try await ConsoleUnderTest()
        let other = EnrolmentID(prefixOf: [8])
        try await console.centre.save(
            [.number("PKU-008", of: other), .weight("60", of: other)], as: "third")
        console.centre.advance(seconds: 60)
        try await console.centre.save([.weight("80", of: other)], as: "fourth")
        let browser = try await console.browser("coordinator-1")
        let conflicts = try await console.centre.centre.conflicts(site: nil)
        let id = try #require(conflicts.first { $0.visit.participant == "PKU-008" }).id.hex
        let text = await browser.get("/conflicts/\(id)").text
        let shared = try #require(text.firstRange(of: "The same whichever is taken")).lowerBound
        #expect(text.ranges(of: "If this is taken:").count == 2)
        for dose in ["47.5", "60"] {
            #expect(text[..<shared].contains("Plan of Prednisone acetate: day 0: \(dose)\u{2009}mg/d → day "))
        }
        #expect(text[shared...].contains("Plan of Sirolimus: day 0: 2\u{2009}mg/d → day 3: 1\u{2009}mg/d"))
        let history = try #require(text.ranges(of: "<h2>History</h2>").last).upperBound
        let old = try #require(text[history...].firstRange(of: "third")).lowerBound
        let new = try #require(text[history...].firstRange(of: "fourth")).lowerBound
        #expect(new < old)
    }

    @Test("Fifty values that contradict each other are all shown, and one of them settles it")
    func fifty() async throws {
        let console = try await ConsoleUnderTest()
        let other = EnrolmentID(prefixOf: [8])
        let weights = (0..<50).map { "\(41 + $0).5" }
        let changes = weights.map { Change.weight($0, of: other) }
        try await console.centre.save([Change.number("PKU-008", of: other)] + changes, as: "third")
        let browser = try await console.browser("coordinator-1")
        let conflicts = try await console.centre.centre.conflicts(site: nil)
        let open = try #require(conflicts.first { $0.visit.participant == "PKU-008" })
        let path = "/conflicts/\(open.id.hex)"
        let page = await browser.get(path)
        let sides = page.text.split(separator: "<section class=\"side\"").dropFirst()
        #expect(page.status == 200 && sides.count == weights.count && open.versions.count == weights.count)
        for weight in weights {
            let shown = "\(weight)\u{2009}kg"
            #expect(sides.contains { $0.contains(shown) }, "\(shown)")
        }
        let choices = page.text.ranges(of: "type=\"radio\" name=\"choice\"").count
        #expect(choices == weights.count + 1, "each of them, or another value")
        let list = await browser.get("/conflicts").text
        for weight in weights { #expect(list.contains("\(weight)\u{2009}kg"), "\(weight) in the list") }

        let taken = try #require(open.versions.last)
        let form = ["choice": taken.stamp.entry, "reason": "the last one"]
        #expect(await browser.act(path, form).status == 303)
        let left = try await console.centre.centre.conflicts(site: nil)
        #expect(left.count == conflicts.count - 1)
        let view = try await console.centre.centre.visit("PKU-008", "BL", withHistory: false)
        let value = view.items.first { $0.item == "VS.weight" }?.value
        let wanted = taken.values.first { $0.item == "VS.weight" }?.value
        #expect(value != nil && value == wanted)
    }

    @Test(
        "Of an instrument in conflict the sheet shows twice only what differs, with the way to its conflict")
    func instrument() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let items = try await console.centre.centre.study().items(of: "RI")
        for (score, laptop) in [(0, "third"), (2, "fourth")] {
            var change = Change.saving([:], of: console.participant, at: "BL")
            let values = items.map { item in
                ItemValue(
                    item.oid,
                    item.type == .yesNo
                        ? .yesNo(false) : .integer(item.oid == "RI.kidney" ? Int64(score) : 0))
            }
            change.writes = [RegisterWrite("RI", values)]
            try await console.centre.save([change], as: laptop)
        }
        let conflicts = try await console.centre.centre.conflicts(site: nil)
        #expect(conflicts.count == 2)
        let text = await browser.get("/participants/\(console.participant.hex)/BL").text
        #expect(text.ranges(of: "<span class=\"both\">").count == 2)
        #expect(text.contains("\(items.count - 1) items in which all agree"))
        for conflict in conflicts { #expect(text.contains("href=\"/conflicts/\(conflict.id.hex)\"")) }
        #expect(text.contains("Kidney: score: Look at both values and resolve the conflict</a>"))
    }

    @Test(
        "An edit after a lock stands against the value as it was locked, and each side says what follows",
        arguments: [true, false])
    func afterLock(keeps: Bool) async throws {
        let console = try await ConsoleUnderTest()
        let other = EnrolmentID(prefixOf: [8])
        let first = try await console.centre.save(
            [.number("PKU-008", of: other), .weight("60", of: other)], as: "third")
        let browser = try await console.browser("coordinator-1")
        let record = "/participants/\(other.hex)/BL"
        let form = ["decision": "lock", "reason": "source data verified"]
        #expect(await browser.act("\(record)/state", form).status == 303)
        try await console.centre.save([.weight("61", of: other, replacing: [first[1]])], as: "fourth")
        let conflicts = try await console.centre.centre.conflicts(site: nil)
        let open = try #require(conflicts.first { $0.visit.participant == "PKU-008" })
        let text = await browser.get("/conflicts/\(open.id.hex)").text
        for said in [
            "Keep 60\u{2009}kg, as locked", "Take 61\u{2009}kg", "The record stays locked",
            "60\u{2009}kg, as locked",
        ] {
            #expect(text.contains(said), "\(said)")
        }
        let sides = text.split(separator: "<section class=\"side\"").dropFirst()
        let held = try #require(sides.first { $0.contains("60\u{2009}kg, as locked") })
        #expect(held.contains("<p>nurse-PKU · data entry · third</p>"), "who entered the number")
        #expect(held.contains("<p>locked by coordinator-1 · coordinator · "))
        #expect(held.contains("“source data verified”"))
        let list = await browser.get("/conflicts").text
        #expect(list.contains("60\u{2009}kg, as locked<br><small>nurse-PKU; locked by coordinator-1, "))
        let paper = await browser.get("/casebooks/\(other.hex)").text
        #expect(paper.contains("Edit after lock: 60\u{2009}kg, as locked (nurse-PKU, third, "))
        #expect(paper.contains("; locked by coordinator-1, "))
        let manager = try await console.browser("dataManager-1")
        let seen = await manager.get("/conflicts/\(open.id.hex)").text
        #expect(seen.contains("A coordinator decides it") && !seen.contains("name=\"choice\""))
        let side = try #require(
            open.versions.first { $0.values.contains { $0.item == "@lock" } == keeps }
        ).stamp.entry
        let decision = ["choice": side, "reason": "weighed twice"]
        let asked = await browser.post("/conflicts/\(open.id.hex)", decision).text
        #expect(asked.contains(keeps ? "60\u{2009}kg, as locked (nurse-PKU · " : "before: 60\u{2009}kg."))
        #expect(asked.contains("The record stays locked"))
        #expect(await browser.get("/records").text.contains("held by a lock"))
        #expect(await browser.act("/conflicts/\(open.id.hex)", decision).status == 303)
        let sealed = await browser.get("/records").text
        #expect(sealed.contains("PKU-008 BL") && !sealed.contains("held by a lock"), "it is decided")
        #expect(sealed.contains("Body weight (coordinator-1, ") == !keeps)
        let queries = try await console.centre.centre.queries(site: nil, all: false)
        let told = try #require(queries.first { $0.participant == "PKU-008" }?.thread.inOrder.last?.text)
        #expect(told.contains(keeps ? "61 kg (nurse-PKU) does not count" : "in the place of 60 kg"))
        #expect(told.contains(keeps ? "不采用 61 kg（nurse-PKU），记录保持锁定时的内容" : "，取代 60 kg"))
    }

    @Test("Where the study leaves conflicts to investigators, a coordinator is told so and offered no choice")
    func investigatorsOnly() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let (words, path) = (Words(.en), "/conflicts/\(console.conflict)")
        let (choice, tick) = ("type=\"radio\" name=\"choice\"", "type=\"checkbox\" name=\"id\"")
        let (button, note) = (
            ">\(words("resolve"))</button>", words("whoResolves", ["roles": words("role.investigator")])
        )
        let before = await browser.get(path).text
        #expect(before.contains(choice) && before.contains(button) && !before.contains(note))
        #expect(await browser.get("/conflicts").text.contains(tick))
        try await console.amend(to: 2...2) {
            $0.replacing(#"["coordinator", "investigator"]"#, with: #"["investigator"]"#)
        }
        let after = await browser.get(path).text
        #expect(!after.contains(choice) && !after.contains(button) && after.contains(note))
        #expect(await !browser.get("/conflicts").text.contains(tick))
    }

    @Test("In texts the words that differ are marked")
    func words() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        for (text, laptop) in [
            ("more <b> pain in the left knee", "third"), ("more <b> pain in the hip", "fourth"),
        ] {
            let change = Change.saving(["RL.reason": .text(text)], of: console.participant, at: "W12")
            try await console.centre.save([change], as: laptop)
        }
        let conflicts = try await console.centre.centre.conflicts(site: nil)
        let id = try #require(conflicts.first { $0.visit.eventName == "W12" }).id.hex
        let text = await browser.get("/conflicts/\(id)").text
        #expect(text.contains("more &lt;b&gt; pain in the <mark>left knee</mark>"))
        #expect(text.contains("more &lt;b&gt; pain in the <mark>hip</mark>"))
        #expect(text.contains("<textarea id=\"item.RL.reason\""))
    }

    @Test("Another value is entered as its item takes it: from a list, as a date, or with why it is missing")
    func fields() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let date = { (text: String) in CalendarDate(text).map(Value.date) ?? .empty }
        for (kind, isYes, day, laptop) in [
            ("glucocorticoidRestarted", true, "2026-03-02", "third"),
            ("glucocorticoidRaised", false, "2026-03-03", "fourth"),
        ] {
            let change = Change.saving(
                ["RL.kind": .code(kind), "RL.reinstituted": .yesNo(isYes), "RL.date": date(day)],
                of: console.participant, at: "W12")
            try await console.centre.save([change], as: laptop)
        }
        for (item, field, value, shown) in [
            ("RL.kind", "<select id=\"item.RL.kind\"", "otherImmunosuppressant", "otherImmunosuppressant"),
            ("RL.reinstituted", "<option value=\"Y\">Yes</option>", "Y", "Yes"),
            ("RL.date", "<input type=\"text\" id=\"item.RL.date\"", "2026-03-04", "4 Mar 2026"),
        ] {
            let conflicts = try await console.centre.centre.conflicts(site: nil)
            let id = try #require(conflicts.first { $0.items == [item] }).id.hex
            #expect(await browser.get("/conflicts/\(id)").text.contains(field), "\(item)")
            let form = ["choice": "set", "item.\(item)": value, "reason": "asked the ward"]
            #expect(await browser.post("/conflicts/\(id)", form).text.contains(shown), "\(item)")
        }
        let form = ["choice": "set", "missing.VS.weight": "notDone", "reason": "no scale"]
        #expect(await browser.act("/conflicts/\(console.conflict)", form).status == 303)
        let view = try await console.centre.centre.visit("PKU-007", "BL", withHistory: false)
        #expect(view.items.first { $0.item == "VS.weight" }?.value == .missing(.notDone))
    }

    @Test(
        "What a page says of items names them by their labels, and units as forms print them",
        arguments: Language.allCases)
    func labels(language: Language) async throws {
        let console = try await ConsoleUnderTest()
        var browser = try await console.browser("coordinator-1")
        browser.cookies[Console.languageCookie] = language.rawValue
        for (trough, laptop) in [(21, "third"), (22, "fourth")] as [(Int32, String)] {
            var change = Change.saving([:], of: console.participant, at: "W12")
            let value = Value.decimal(Quantity(ExactDecimal(trough), unit: "ug/L"))
            change.writes = [RegisterWrite("PK", [ItemValue("PK.trough", value)])]
            try await console.centre.save([change], as: laptop)
        }
        let conflicts = try await console.centre.centre.conflicts(site: nil)
        let open = try #require(conflicts.first { $0.visit.eventName == "W12" }).id.hex
        let record = "/participants/\(console.participant.hex)"
        let named = language == .en ? /[A-Z]{2}\.[A-Za-z]+ at\b/ : /[A-Z]{2}\.[A-Za-z]+ 有冲突/
        for path in [record, "\(record)/BL", "\(record)/W12", "/conflicts/\(open)"] {
            let text = await browser.get(path).text
            #expect(text.firstMatch(of: named) == nil, "\(path)")
            #expect(!text.contains("ug/L"), "\(path)")
        }
        let sheet = await browser.get("\(record)/BL").text
        #expect(sheet.contains(language == .en ? "Body weight at BL is in conflict" : "BL 的 体重 有冲突"))
        let conflict = await browser.get("/conflicts/\(open)").text
        #expect(conflict.contains("21\u{2009}µg/L") && conflict.contains("<span class=\"unit\">µg/L</span>"))
    }

    @Test("Each value of a visit opens its own history, and no other item's")
    func itemHistory() async throws {
        let console = try await ConsoleUnderTest()
        let browser = try await console.browser("coordinator-1")
        let change = Change.saving(["OP.calcium": .yesNo(true)], of: console.participant, at: "BL")
        try await console.centre.save([change], as: "third")
        let text = await browser.get("/participants/\(console.participant.hex)/BL").text
        let pasts = text.split(separator: "<details class=\"past\">").dropFirst().map {
            $0.split(separator: "</details>")[0]
        }
        #expect(pasts.count == 2)
        let weight = try #require(pasts.first { $0.contains("71.5\u{2009}kg") })
        #expect(weight.contains("2 saves") && weight.contains("72.5\u{2009}kg") && weight.contains("clinic"))
        #expect(!weight.contains("third"))
        let calcium = try #require(pasts.first { $0.contains("third") })
        #expect(calcium.contains("1 save") && calcium.contains("Yes") && !calcium.contains("kg"))
    }
}
