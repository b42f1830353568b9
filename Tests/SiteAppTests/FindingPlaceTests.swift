import Foundation
@testable import SyncClient
import Testing
import TrialModel

@testable import SiteApp
@testable import TrialPages

@Suite("Where findings stand on a sheet", .serialized, .timeLimit(.minutes(10)))
struct FindingPlaceTests {
    private static let noConsent = "DM.consentDate (Date of informed consent) at SCR has no date"

    /// Values as they are typed.
    private func values(_ typed: [String: String], _ study: StudyDefinition) throws -> RecordValues {
        var agreed: [String: Value] = [:]
        for (oid, text) in typed {
            agreed[oid] = try study.value(from: text, for: try #require(study.item(oid), "\(oid)"))
        }
        return RecordValues(agreed: agreed)
    }

    private func view(
        _ place: VisitView.Header.Place, _ items: [Item], _ values: RecordValues, _ found: [Finding]
    ) throws -> VisitView {
        let header = VisitView.Header(
            participant: "PKU-001", place: place, site: try #require(SiteCode("PKU")), record: "made-up")
        let shown = items.map { item in
            let value = values.value(of: item.oid)
            return ItemView(
                item: item.oid, state: value.isEmpty ? .empty : .agreed, value: value, versions: [])
        }
        return VisitView(
            header: header, base: "", items: shown, derived: [], checks: found, conflicts: [],
            locked: false, voided: false, pending: 0)
    }

    /// All sheets of a made-up participant, of whom this was answered at the screening.
    private func views(_ screening: [String: String], _ study: StudyDefinition) throws -> [VisitView] {
        let visits = try [
            ("SCR", screening),
            (
                "BL",
                ["SV.date": "2026-03-02", "VS.weight": "300", "RI.kidney": "2", "PRED.dose": "5"]
            ),
            (
                "D14",
                [
                    "SV.date": "2026-05-01", "PK.trough": "99", "PK.sampleTime": "2026-03-16T09:12:00Z",
                    "PK.lastDoseTime": "2026-03-16T09:12:00Z",
                ]
            ),
        ].map { event, typed in CaseVisit(event: event, values: try values(typed, study)) }
        let lines = try [
            ("AE-1", ["AE.start": "2026-01-01", "AE.end": "2025-12-01"]),
            ("EX-1", ["EX.drug": "prednisone", "EX.dose": "45", "EX.start": "2026-02-02"]),
            ("EX-2", ["EX.drug": "prednisone", "EX.dose": "40", "EX.start": "2026-02-03"]),
        ].map { name, typed in
            CaseLine(form: String(name.prefix(2)), line: name, values: try values(typed, study))
        }
        let record = ParticipantCase(
            participant: "PKU-001", site: try #require(SiteCode("PKU")), visits: visits, lines: lines)
        return try visits.map { visit in
            try view(
                .visit(event: visit.event, occurrence: nil), study.items(at: visit.event), visit.values,
                study.findings(on: visit, of: record))
        }
            + lines.map { line in
                try view(
                    .line(form: line.form, name: line.line), study.form(line.form)?.items ?? [], line.values,
                    study.findings(on: line, of: record))
            }
    }

    /// Sheets of participants who lack a consent, gave it late, or contradict the criteria.
    private func views() throws -> [VisitView] {
        let study = try StudyDefinition.shipped()
        let screenings: [[String: String]] = [
            [:], ["DM.consentDate": "2026-03-05"], ["IE.consent": "N", "IE.diagnosis": "N"],
            ["SV.date": "2026-03-01", "DM.consentDate": "2026-03-05", "IE.diagnosis": "N"],
        ]
        return try screenings.flatMap { try views($0, study) }
    }

    @Test("Each finding stands at exactly one place of its sheet, beside one of its items if there is one")
    func once() throws {
        let views = try views()
        for view in views {
            let items = view.items.map(\.item)
            for finding in view.checks {
                if let place = view.place(of: finding) {
                    #expect(items.contains(place) && finding.items.contains(place))
                } else {
                    #expect(Set(items).isDisjoint(with: finding.items))
                }
            }
            let places: [String?] = [nil] + items.map(Optional.some)
            let placed = places.flatMap { view.findings(at: $0) }
            #expect(placed.map(\.text[.en]).sorted() == view.checks.map(\.text[.en]).sorted())
        }
        #expect(views.contains { !$0.findings(at: nil).isEmpty })
    }

    @Test("A form and the paper show each finding of the sheet once", arguments: Language.allCases)
    func shown(language: Language) throws {
        let (study, words) = (try StudyDefinition.shipped(), Words(language))
        for view in try views() {
            let builder = FormBuilder(
                study: study, words: words, view: view, typed: nil, refused: [:], late: [], earlier: [:],
                mayEdit: true)
            let onForm = builder.groups().flatMap { group in
                (group.fields + (group.folded?.fields ?? [])).flatMap(\.findings)
                    + (group.grid?.findings ?? [])
            }
            let ids = (builder.topFindings + onForm).compactMap { Int($0.id) }
            #expect(ids.sorted() == Array(view.checks.indices), "\(view.header.eventName)")

            let paper = TrialPages.CasebookModel(
                [view], queries: [], conflicts: [], site: view.header.site, study: study, words: words,
                printed: "2026-11-29T09:00:00Z", back: "/")
            let printed = paper.sheets.flatMap { sheet in
                sheet.topFindings + sheet.groups.flatMap(\.rows).flatMap(\.findings)
            }
            let found = view.checks.map { words.asPrinted($0.text[language]) }
            #expect(printed.sorted() == found.sorted(), "\(view.header.eventName)")
        }
    }

    @Test("What is found in what is typed stands beside its item, in an instrument too")
    func typedInstrument() throws {
        let study = try StudyDefinition.shipped()
        let view = try #require(try views().first { $0.header.eventName == "BL" })
        let found = try ["VS.weight", "RI.kidney", "RI.kidney.urgent", "RI.kidney.damage"].map { oid in
            Finding(
                check: .type, items: [oid],
                text: .notTaken(try #require(study.item(oid)), given: "7", problem: "made up for \(oid)"),
                severity: .minor)
        }
        let builder = FormBuilder(
            study: study, words: Words(.en), view: view, typed: nil, refused: [:], late: [], earlier: [:],
            mayEdit: true, preview: SiteStore.Preview(view: view, found: found, dose: nil))
        var shown: [String] = []
        for group in builder.groups() {
            shown += group.fields.flatMap(\.typedFindings)
            for row in group.grid?.rows ?? [] {
                shown += row.typedFindings
                for tick in [row.urgent, row.damage].compactMap(\.self) { shown += tick.typedFindings }
            }
        }
        #expect(shown.sorted() == found.map { builder.words.asPrinted($0.text[.en]) }.sorted())
    }

    /// The row of an item on the form that is shown.
    private func row(_ item: String, on browser: SiteUnderTest.Browser) -> String {
        browser.page.components(separatedBy: "<div class=\"row\" data-item=\"")
            .first { $0.hasPrefix("\(item)\"") } ?? ""
    }

    /// What stands above the first group of the form that is shown.
    private func top(of browser: SiteUnderTest.Browser) throws -> Substring {
        let start = try #require(browser.page.range(of: "id=\"top-findings\""))
        let end = try #require(browser.page.range(of: "<fieldset"))
        return browser.page[start.upperBound..<end.lowerBound]
    }

    @Test("A baseline without a consent says so on its form and on paper, and is confirmed there")
    func noConsent() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser)
            await browser.save(path + "/BL", ["SV.date": "2026-03-02"])
            #expect(browser.page.contains("<a href=\"#top-findings\">Date of informed consent</a>"))
            await browser.get(path + "/BL")
            #expect(browser.page.ranges(of: Self.noConsent).count == 1)
            #expect(try top(of: browser).contains(Self.noConsent))

            let check = "eligibility:DM.consentDate"
            #expect(browser.page.contains("value=\"confirm:\(check)\""))
            let confirm = [
                (name: "act", value: "confirm:\(check)"), (name: "shown", value: browser.hidden("shown")),
            ]
            let store = try #require(site.pages.sessions.desks.first).store
            func confirmed() async throws -> Bool? {
                try await store.visit("PKU-001", "BL").checks.first { $0.key == check }?.confirmed
            }
            await browser.post(path + "/BL", confirm)
            #expect(try await confirmed() == false, "a reason is needed")
            await browser.get(path + "/BL")
            await browser.post(path + "/BL", confirm + [(name: "why.\(check)", value: "it is on paper")])
            #expect(try await confirmed() == true)
            await browser.get(path + "/BL")
            let said = try top(of: browser)
            #expect(said.contains(Self.noConsent) && said.contains("Confirmed as correct"))
            #expect(!browser.page.contains("value=\"confirm:\(check)\""))

            await browser.get(path.replacing("/participants/", with: "/casebooks/"))
            #expect(browser.page.ranges(of: Self.noConsent).count == 1)
            #expect(browser.page.contains("\(Self.noConsent) · Confirmed as correct"))
        }
    }

    @Test("A visit and an adverse event before the consent say so beside their own dates")
    func beforeConsent() async throws {
        try await SiteUnderTest.run { site in
            let browser = try await site.joined()
            let path = try await site.enrolled(browser)
            for (sheet, item, text) in [
                ("SCR", "DM.consentDate", "2026-03-05"), ("BL", "SV.date", "2026-03-02"),
                ("AE", "AE.start", "2026-03-01"),
            ] {
                await browser.get("\(path)/\(sheet)")
                await browser.post("\(path)/\(sheet)", browser.fields([item: text]))
            }
            await browser.get(path)
            let line = try #require(browser.page.firstMatch(of: /href="([^"]*\/AE-[0-9a-f]+)"/)).1
            for (sheet, item) in [(path + "/BL", "SV.date"), (String(line), "AE.start")] {
                await browser.get(sheet)
                let own = row(item, on: browser)
                #expect(own.contains("value=\"confirm:date-order:DM.consentDate+\(item)\""), "\(sheet)")
                #expect(own.contains("no earlier than DM.consentDate"), "\(sheet)")
                let all = browser.page.ranges(of: "no earlier than DM.consentDate")
                #expect(all.count == 1, "\(sheet)")
            }
        }
    }
}
