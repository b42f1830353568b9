import Foundation
import Testing
import TrialModel

@testable import SiteApp

@Suite("What is typed in a form")
struct TypedFormTests {
    @Test(
        "A moment without an offset is of the laptop's clock, in winter and in summer",
        arguments: [
            ("2026-03-02 09:12", "2026-03-02T09:12:00+01:00"),
            (" 2026-07-02T09:12 ", "2026-07-02T09:12:00+02:00"),
            ("2026-07-02 09:12:30", "2026-07-02T09:12:30+02:00"),
            // The clocks were put forward at 02:00.
            ("2026-03-29 01:59", "2026-03-29T01:59:00+01:00"),
            ("2026-03-29 03:00", "2026-03-29T03:00:00+02:00"),
        ])
    func local(text: String, moment: String) throws {
        let zone = try #require(TimeZone(identifier: "Europe/Berlin"))
        #expect(OffsetDateTime(local: text, in: zone)?.description == moment)
    }

    @Test(
        "What says itself where it is, and what is no moment, stays as it was typed",
        arguments: [
            "2026-03-02T09:12+08:00", "2026-03-02T09:12Z", "2026-03-02", "09:12", "", "@unknown", "soon",
        ])
    func others(text: String) throws {
        var typed = TypedForm([(name: "item.PK.sampleTime", value: text)])
        typed.completeMoments(try StudyDefinition.shipped())
        #expect(typed.typed["PK.sampleTime"] == text)
    }

    @Test("Only moments are completed: a text that looks like one is left alone")
    func texts() throws {
        var typed = TypedForm([(name: "item.AE.term", value: "2026-03-02 09:12")])
        typed.completeMoments(try StudyDefinition.shipped())
        #expect(typed.typed["AE.term"] == "2026-03-02 09:12")
    }
}
