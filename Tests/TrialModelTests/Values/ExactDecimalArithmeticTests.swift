import Testing
import TrialModel

@Suite struct ExactDecimalArithmeticTests {
    @Test(arguments: [
        ("0.1", "0.2", "0.3"), ("60", "-5", "55"), ("2.50", "2.5", "5"), ("-0.05", "0.05", "0"),
        ("999999999999999998", "1", "999999999999999999"), ("1.25", "0.75", "2"),
    ])
    func `Sums and differences are exact`(left: String, right: String, sum: String) throws {
        let (left, right) = (try number(left), try number(right))
        #expect(left.adding(right)?.description == sum)
        #expect(right.adding(left)?.description == sum)
        #expect((try number(sum)).subtracting(right) == left)
    }

    @Test func `A sum with too many digits is none`() throws {
        #expect(try number("999999999999999999").adding(ExactDecimal(1)) == nil)
        #expect(try number("999999999999999999").subtracting(try number("0.1")) == nil)
    }

    @Test(arguments: [
        ("56", "2.5", "55", "55"), ("56.25", "2.5", "57.5", "55"), ("56.24", "2.5", "55", "55"),
        ("60", "2.5", "60", "60"), ("1.2", "2.5", "0", "0"), ("1.25", "2.5", "2.5", "0"),
        ("-1.25", "2.5", "0", "-2.5"), ("-1.3", "2.5", "-2.5", "-2.5"), ("7", "0.001", "7", "7"),
        ("0.333", "0.01", "0.33", "0.33"),
        ("999999999999999999", "1", "999999999999999999", "999999999999999999"),
    ])
    func `Rounding goes to a multiple of the step`(
        given: String, step: String, nearest: String, down: String
    ) throws {
        #expect(try number(given).rounded(toMultipleOf: try number(step))?.description == nearest)
        #expect(try number(given).roundedDown(toMultipleOf: try number(step))?.description == down)
    }

    @Test(arguments: ["0", "-2.5"])
    func `There is no multiple of a step that is not more than 0`(step: String) throws {
        #expect(try number("5").rounded(toMultipleOf: try number(step)) == nil)
        #expect(try number("5").roundedDown(toMultipleOf: try number(step)) == nil)
    }
}

@Suite struct CalendarDateDaysTests {
    @Test(arguments: [
        ("2026-03-02", "2026-03-02", "2026-03-02"), ("2026-02", "2026-02-01", "2026-02-28"),
        ("2024-02", "2024-02-01", "2024-02-29"), ("2100-02", "2100-02-01", "2100-02-28"),
        ("2026-12", "2026-12-01", "2026-12-31"), ("2199", "2199-01-01", "2199-12-31"),
    ])
    func `A partial date may mean any day of its month or year`(date: String, first: String, last: String)
        throws
    {
        let days = try day(date).dayNumbers
        #expect(days.lowerBound == (try day(first).dayNumber))
        #expect(days.upperBound == (try day(last).dayNumber))
    }

    @Test func `Days are added and counted in full dates only`() throws {
        #expect(try day("2024-02-28").adding(days: 2) == (try day("2024-03-01")))
        #expect(try day("2023-02-28").adding(days: 2) == (try day("2023-03-02")))
        #expect(try day("2199-12-31").adding(days: 1) == nil)
        #expect(try day("2026-03").adding(days: 1) == nil)
        #expect(try day("2026-03-02").days(since: try day("2025-03-02")) == 365)
        #expect(try day("2026-03-02").days(since: try day("2026-03-05")) == -3)
        #expect(try day("2026-03-02").days(since: try day("2026-03")) == nil)
    }
}
