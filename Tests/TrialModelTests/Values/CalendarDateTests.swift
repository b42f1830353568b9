import Testing
import TrialModel

@Suite("Calendar dates", .tags(.unit))
struct CalendarDateTests {
    @Test("Every day from 1900 to 2199 goes to a number and back, one after the other")
    func everyDay() throws {
        let first = try #require(CalendarDate("1900-01-01")?.dayNumber)
        let last = try #require(CalendarDate("2199-12-31")?.dayNumber)
        #expect(first == -25_567)
        #expect(last == 84_005)
        var previous: CalendarDate?
        for number in first...last {
            let date = try #require(CalendarDate(dayNumber: number))
            try #require(date.dayNumber == number)
            try #require(CalendarDate(date.description) == date)
            if let previous {
                try #require(previous.isCertainlyBefore(date) && !date.isCertainlyBefore(previous))
            }
            previous = date
        }
        #expect(previous?.description == "2199-12-31")
        #expect(CalendarDate(dayNumber: first - 1) == nil)
        #expect(CalendarDate(dayNumber: last + 1) == nil)
        #expect(CalendarDate(dayNumber: -10_000_000) == nil)
    }

    @Test(
        "Known days",
        arguments: [("1970-01-01", 0), ("1969-12-31", -1), ("2000-02-29", 11_016), ("2026-03-02", 20_514)])
    func known(text: String, number: Int) {
        #expect(CalendarDate(text)?.dayNumber == number)
        #expect(CalendarDate(dayNumber: number)?.description == text)
    }

    @Test(
        "Leap years are those of the Gregorian calendar",
        arguments: [(1900, false), (2000, true), (2024, true), (2026, false), (2100, false)])
    func leapYears(year: Int, leap: Bool) {
        #expect((CalendarDate(year: year, month: 2, day: 29) != nil) == leap)
        #expect(CalendarDate(year: year, month: 2, day: 28) != nil)
    }

    @Test(
        "Full and partial dates read and print",
        arguments: ["2026", "2026-03", "2026-03-02", "1900-01-01", "2199-12-31"])
    func reads(text: String) throws {
        let date = try #require(CalendarDate(text))
        #expect(date.description == text)
        #expect(date.isFull == (text.count == 10))
        #expect((date.dayNumber != nil) == date.isFull)
    }

    @Test(
        "What is no date is refused",
        arguments: [
            "", "26", "2026-3", "2026-03-2", "2026-3-02", "02026", "2026-", "2026-03-", "2026-13", "2026-00",
            "2026-02-30",
            "2026-04-31", "2026-03-00", "2026-03-32", "1899", "2200", "2026/03/02", "2026-03-02-01", "-2026",
            "２０２６",
            "2026-+3", " 2026", "2026-03-02T00:00Z", "２", "+026",
        ])
    func refuses(text: String) { #expect(CalendarDate(text) == nil) }

    @Test("A day needs a month")
    func dayNeedsMonth() { #expect(CalendarDate(year: 2026, month: nil, day: 2) == nil) }

    @Test(
        "A partial date is before another only where that is certain",
        arguments: [
            ("2025", "2026", true), ("2026", "2026", false), ("2026", "2026-05", false),
            ("2026-01", "2026", false),
            ("2026-01", "2026-02", true), ("2026-01", "2026-01-31", false), ("2025-12-31", "2026", true),
            ("2026-01-31", "2026-02", true), ("2026-02-01", "2026-02-02", true),
            ("2026-02-02", "2026-02-02", false),
            ("2026", "2025", false),
        ])
    func partialOrder(left: String, right: String, before: Bool) {
        #expect(CalendarDate(left)!.isCertainlyBefore(CalendarDate(right)!) == before)
        if before { #expect(!CalendarDate(right)!.isCertainlyBefore(CalendarDate(left)!)) }
    }
}
