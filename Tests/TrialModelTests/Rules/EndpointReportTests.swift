import Testing
import TrialModel
import TrialSyncTesting

@Suite(.tags(.unit)) struct EndpointReportTests {
    let study: StudyDefinition

    init() throws { study = try StudyDefinition.shipped() }

    @Test func `The report has the shape of the protocol`() throws {
        let report = study.endpointReport(
            over: [
                try WrittenCase.participant("PKU-001", "BL 8 vas=60", "W12 4", "W48 0 vas=20.5"),
                try WrittenCase.participant("PKU-002", "BL 8 vas=50", "W12 4|5", "W48 1 vas=20"),
                try WrittenCase.participant("PKU-003", "BL 8 vas=40"),
            ], asOf: "2027-01-02T03:04:05Z")
        let text = report.json.text
        let expected =
            #"{"response":{"n":1,"N":3,"rate":0.3333333333333333,"#
            + #""low":0.008403758659612643,"high":0.9057006759497539,"#
            + #""missing":["PKU-003"],"unsettled":["PKU-002"],"#
            + #""worst":{"n":1,"N":3,"rate":0.3333333333333333},"best":{"n":3,"N":3,"rate":1}},"#
            + #""relapse":{"n":0,"N":1,"rate":0,"low":0,"high":0.975,"#
            + #""missing":[],"unsettled":["PKU-002"],"#
            + #""worst":{"n":1,"N":2,"rate":0.5},"best":{"n":0,"N":2,"rate":0}},"#
            + #""remission":{"n":1,"N":3,"#
        #expect(text.hasPrefix(expected), "\(text)")
        let pga =
            #""pga":{"n":2,"mean":34.75,"sd":6.7175144212722016,"missing":["PKU-003"],"unsettled":[]},"#
        #expect(text.contains(pga), "\(text)")
        #expect(text.contains(#""asOf":"2027-01-02T03:04:05Z","studyVersion":1,"toBeConfirmed":["#))
    }

    @Test func `Without participants every rate is null`() {
        let rate =
            #"{"n":0,"N":0,"rate":null,"low":null,"high":null,"missing":[],"unsettled":[],"#
            + #""worst":{"n":0,"N":0,"rate":null},"best":{"n":0,"N":0,"rate":null}}"#
        let expected =
            #"{"response":\#(rate),"relapse":\#(rate),"remission":\#(rate),"#
            + #""pga":{"n":0,"mean":null,"sd":null,"missing":[],"unsettled":[]},"asOf":"now","#
        #expect(study.endpointReport(over: [], asOf: "now").json.text.hasPrefix(expected))
    }

    @Test func `What the sponsor still has to confirm is listed`() {
        let open = study.endpointReport(over: [], asOf: "now").toBeConfirmed
        let expected: Set = [
            "responderIndex.domains", "responderIndex.urgentFactor", "response.missing", "relapse.reference",
            "relapse.visitDate", "relapse.undated", "relapse.missing", "remission.missing",
            "rates.confidence",
        ]
        #expect(expected.isSubset(of: open))
        #expect(!open.contains("response.decreaseAtLeast") && !open.contains("relapse.increaseAtLeast"))
        #expect(!open.contains { $0.hasPrefix("dayZero") })
    }

    @Test func `Confidence is a parameter`() throws {
        let one = try WrittenCase.participant("P", "BL 8", "W12 4")
        #expect(abs(try #require(study.rate("response", over: one).interval).low - 0.025) < 1e-12)
        let other = try AlteredStudy.with("rates", "confidence", "0.9")
        #expect(abs(try #require(other.rate("response", over: one).interval).low - 0.05) < 1e-12)
    }

    // MARK: Means

    @Test(
        arguments: [
            ([], 0, nil, nil),
            ([["BL vas=60"], ["W48 vas=5"], ["BL vas=9", "W48 vas=3 void"]], 0, nil, nil),
            ([["BL vas=60", "W48 vas=20.5"]], 1, 39.5, nil),
            (
                [["BL vas=0.1", "W48 vas=0"], ["BL vas=0.2", "W48 vas=0"], ["BL vas=0", "W48 vas=0.3"]], 3, 0,
                (0.07 as Double).squareRoot()
            ),
            ([["BL vas=8.1", "W48 vas=7.1"], ["BL vas=9.3", "W48 vas=8.30"]], 2, 1, 0),
            (
                [["BL vas=10", "W48 vas=20"], ["BL vas=30", "W48 vas=10"]], 2, 5, (450 as Double).squareRoot()
            ),
            (
                [
                    ["BL vas=0.12345678901234567", "W48 vas=0"],
                    ["BL vas=1", "W48 vas=0.87654321098765433"],
                ], 2, 0.12345678901234567, 0
            ),
            // Too many digits for an exact sum.
            (
                [
                    ["BL vas=100000000000000000", "W48 vas=0.00000000000000001"],
                    ["BL vas=100000000000000000", "W48 vas=0.00000000000000002"],
                ], 2, 1e17, 0
            ),
        ] as [([[String]], Int, Double?, Double?)])
    func `The mean fall is over participants with both numbers, with its sample standard deviation`(
        visits: [[String]], n: Int, mean: Double?, sd: Double?
    ) throws {
        let cases = try visits.map { try WrittenCase.participant("P", $0) }
        guard case .mean(let view) = study.endpointReport(over: cases, asOf: "now").result(of: "pga") else {
            Issue.record("no mean")
            return
        }
        #expect(view.n == n)
        #expect(close(view.mean, mean), "\(String(describing: view.mean))")
        #expect(close(view.sd, sd), "\(String(describing: view.sd))")
        #expect(view.unsettled == [])
    }

    private func close(_ left: Double?, _ right: Double?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return abs(left - right) < 1e-12
    }

    @Test func `A number in conflict is in no mean`() throws {
        let view = try study.mean(
            "pga", over: WrittenCase.participant("PKU-002", "BL vas=50|60", "W48 vas=10"),
            WrittenCase.participant("PKU-001", "BL vas=50", "W48 vas=10"),
            WrittenCase.participant("PKU-003", "BL vas=50 1|2", "W48 vas=10|11"))
        #expect(view.n == 1)
        #expect(view.mean == 40)
        #expect(view.unsettled == ["PKU-002", "PKU-003"])
    }

    @Test func `Who has one number and not the other is missing, who has neither is not`() throws {
        let view = try study.mean(
            "pga", over: WrittenCase.participant("PKU-004", "BL vas=50"),
            WrittenCase.participant("PKU-003", "W48 vas=50"), WrittenCase.participant("PKU-002", "BL 8"),
            WrittenCase.participant("PKU-001", "BL vas=50", "W48 vas=10 void"),
            WrittenCase.participant("PKU-005", "BL vas=50|60"))
        #expect(view.missing == ["PKU-001", "PKU-003", "PKU-004"])
        #expect(view.unsettled == ["PKU-005"])
        #expect(
            view.json.text
                == #"{"n":0,"mean":null,"sd":null,"missing":["PKU-001","PKU-003","PKU-004"],"#
                + #""unsettled":["PKU-005"]}"#)
    }

    // MARK: Properties

    private static func randomCase(_ number: Int, _ generator: inout SeededGenerator) throws
        -> ParticipantCase
    {
        var visits: [String] = []
        for event in ["BL", "W12", "W48", "UNS#1", "UNS#2", "EOS"] where generator.chance(0.8) {
            var words = [event]
            let base = event == "BL" ? 8 : 3
            if generator.chance(0.85) {
                let total = base + Int.random(in: 0...4, using: &generator)
                words.append(generator.chance(0.15) ? "\(total)|\(total + 1)" : "\(total)")
            }
            if event != "BL", generator.chance(0.5) {
                words.append(["N", "N", "N", "Y", "N|Y"][Int.random(in: 0...4, using: &generator)])
            }
            if generator.chance(0.7) {
                let month = event == "W12" ? 5 : Int.random(in: 3...8, using: &generator)
                words.append("@2026-0\(month)-01" + (generator.chance(0.1) ? "|2026-09-09" : ""))
            }
            if generator.chance(0.5) { words.append("vas=\(Int.random(in: 0...100, using: &generator)).5") }
            if generator.chance(0.05) { words.append("void") }
            visits.append(words.joined(separator: " "))
        }
        return try WrittenCase.participant("PKU-\(100 + number)", visits)
    }

    @Test(arguments: [
        ("relapse", "reference", "responseEvent"), ("relapse", "reference", "lowest"),
        ("relapse", "missing", "excluded"), ("relapse", "missing", "relapse"),
        ("relapse", "undated", "excluded"), ("relapse", "assessment", "total"),
        ("response", "missing", "excluded"), ("remission", "missing", "excluded"),
    ])
    func `The headline lies between worst and best, and the order of participants means nothing`(
        rule: String, parameter: String, value: String
    ) throws {
        let study = try AlteredStudy.with(rule, parameter, "\"\(value)\"")
        for seed in 1...60 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var cases = try (0..<Int.random(in: 0...8, using: &generator)).map {
                try Self.randomCase($0, &generator)
            }
            let report = study.endpointReport(over: cases, asOf: "now")
            for entry in report.entries {
                guard case .rate(let view) = entry.result else { continue }
                let listed = !view.missing.isEmpty || !view.unsettled.isEmpty
                if !listed { #expect(view.worst == view.headline && view.best == view.headline, "\(seed)") }
                guard let rate = view.headline.rate else { continue }
                let (worst, best) = (try #require(view.worst.rate), view.best.rate ?? rate)
                let isOrdered =
                    entry.oid == "relapse" ? worst >= rate && rate >= best : worst <= rate && rate <= best
                #expect(isOrdered, "seed \(seed), \(entry.oid): \(view.summary)")
                let interval = try #require(view.interval)
                #expect(interval.low <= rate && rate <= interval.high)
            }
            cases.shuffle(using: &generator)
            #expect(study.endpointReport(over: cases, asOf: "now") == report, "seed \(seed)")
        }
    }
}
