import Testing
import TrialModel

@Suite struct TaperRuleTests {
    @Test(arguments: [
        ("75", "60", 84, 252), ("200", "60", 84, 252), ("62.5", "50", 56, 224), ("50", "40", 28, 196),
        ("37.5", "30", 0, 168), ("25", "20", nil, 112), ("20", "15", nil, 84), ("70", "55", 70, 238),
        ("72", "57.5", 84, 252), ("41", "32.5", 14, 182),
    ])
    func `A weight gives the first dose, the day of 30 mg and the day of the stop`(
        weight: String, dose: String, lowerDay: Int?, stop: Int
    ) throws {
        let plan = try Treated().taper.plan(weight: try number(weight))
        #expect(plan.first?.dose == (try number(dose)))
        #expect(plan.first { $0.dose == ExactDecimal(30) }?.fromDay == lowerDay)
        #expect(plan.stop == stop)
    }

    @Test func `The plan of 60 mg is that of the protocol, segment by segment`() throws {
        let plan = try Treated().taper.plan(weight: try number("80.0"))
        #expect(
            plan.described == """
                0-13:60 14-27:55 28-41:50 42-55:45 56-69:40 70-83:35 84-97:30 98-111:27.5 112-125:25 \
                126-139:22.5 140-153:20 154-167:17.5 168-181:15 182-195:12.5 196-209:10 210-223:7.5 \
                224-237:5 238-251:2.5
                """)
    }

    @Test func `A start below 30 mg goes down by 2.5 from day 14 on`() throws {
        let plan = try Treated().taper.plan(weight: ExactDecimal(25))
        #expect(
            plan.described
                == "0-13:20 14-27:17.5 28-41:15 42-55:12.5 56-69:10 70-83:7.5 84-97:5 98-111:2.5")
    }

    @Test(arguments: [
        (13, "60"), (14, "55"), (83, "35"), (84, "30"), (97, "30"), (98, "27.5"), (251, "2.5"), (252, "0"),
        (253, "0"), (36_500, "0"), (0, "60"),
    ])
    func `Each boundary day has its dose, and after the stop it is 0`(on: Int, dose: String) throws {
        let plan = try Treated().taper.plan(weight: ExactDecimal(75))
        #expect(plan.dose(onDay: on) == (try number(dose)))
    }

    @Test func `Before day 0 nothing is planned`() throws {
        #expect(try Treated().taper.plan(weight: ExactDecimal(75)).dose(onDay: -1) == nil)
    }

    @Test(arguments: [
        ("70", "55"), ("70.3125", "57.5"), ("70.3", "55"), ("70.4", "57.5"), ("74.9", "60"), ("75.1", "60"),
        ("1.5625", "2.5"), ("68.75", "55"),
    ])
    func `The first dose is rounded to the nearest 2.5 mg, from the middle upwards`(
        weight: String, dose: String
    ) throws {
        #expect(try Treated().taper.firstDose(weight: try number(weight)) == (try number(dose)))
    }

    @Test(arguments: ["0", "-70", "1.5", "999999999999999999", "0.00000000000000001"])
    func `A weight that cannot be gives no dose above the maximum`(weight: String) throws {
        let dose = try Treated().taper.firstDose(weight: try number(weight))
        #expect(dose == nil || dose == ExactDecimal(60))
    }

    @Test func `Rounding never lifts the first dose above the maximum`() throws {
        let taper = try Treated((#""value": 60, "#, #""value": 59, "#)).taper
        #expect(taper.firstDose(weight: ExactDecimal(100)) == (try number("57.5")))
    }

    @Test func `A step that would pass 30 mg goes to 30, or on if the study says so`() throws {
        let stopping = try Treated().taper.plan(weight: ExactDecimal(41))
        #expect(stopping.prefix(3).map(\.dose.description) == ["32.5", "30", "27.5"])
        let passing = try Treated(("stopsAtLowerFrom", "goesOn")).taper.plan(weight: ExactDecimal(41))
        #expect(passing.prefix(3).map(\.dose.description) == ["32.5", "27.5", "25"])
    }

    @Test func `For every weight the dose is at most 60, never rises, steps on days 14k and ends`() throws {
        let taper = try Treated().taper
        for tenths in 200...2000 {
            let weight = try #require(ExactDecimal(mantissa: Int64(tenths), scale: 1))
            let plan = taper.plan(weight: weight)
            let doses = plan.map(\.dose)
            let isSound =
                doses.allSatisfy { $0 <= ExactDecimal(60) && $0 > ExactDecimal(0) }
                && zip(doses, doses.dropFirst()).allSatisfy { $1 < $0 }
                && plan.enumerated().allSatisfy { $1.fromDay == 14 * $0 && $1.toDay == 14 * $0 + 13 }
                && doses.allSatisfy { $0.rounded(toMultipleOf: taper.rounding) == $0 }
                && plan.stop.map { (14...252).contains($0) } == true
            #expect(isSound, "\(weight) kg: \(plan.described)")
            // 0.8 mg/kg in tenths of a milligram, exactly, and at most half a rounding step away.
            let exact = min(tenths * 8, 6000)
            let first = try #require(doses.first?.multiplied(by: ExactDecimal(100)))
            #expect(abs(Int(first.mantissa) - exact) <= 125, "\(weight) kg")
        }
    }

    @Test func `Sirolimus is 2 mg on days 0 to 2 and 1 mg for good`() throws {
        let rule = try #require(try Treated().study.ruleBook.doses.first)
        #expect(rule.plan.described == "0-2:2 3-:1")
        #expect(rule.plan.dose(onDay: 2) == ExactDecimal(2))
        #expect(rule.plan.dose(onDay: 3) == ExactDecimal(1))
        #expect(rule.plan.dose(onDay: 30_000) == ExactDecimal(1))
        #expect(
            JSON.array(rule.plan.map(\.json)).text
                == #"[{"fromDay":0,"toDay":2,"dose":2},{"fromDay":3,"toDay":null,"dose":1}]"#)
    }
}
