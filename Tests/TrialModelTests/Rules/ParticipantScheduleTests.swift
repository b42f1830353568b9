import Testing
import TrialModel

@Suite struct ParticipantScheduleTests {
    let treated: Treated

    init() throws { treated = try Treated() }

    private func schedule(
        _ visits: [CaseVisit], today: String = "2026-03-02"
    ) throws -> ParticipantSchedule {
        ParticipantSchedule(
            of: try treated.participant(visits), in: treated.study, today: try day(today))
    }

    /// `BL done, D14 due`, for expectations that one can read.
    private func statuses(_ visits: [CaseVisit], today: String) throws -> String {
        try schedule(visits, today: today).visits.map { "\($0.event) \($0.status.rawValue)" }
            .joined(separator: ", ")
    }

    @Test func `Visits have their dates and windows, both ends inside`() throws {
        let rows = try schedule([try treated.baseline("2026-03-02")]).visits.map {
            [$0.event] + [$0.due, $0.from, $0.to].map { $0?.description ?? "-" }
        }
        #expect(
            rows.map { $0.joined(separator: " ") } == [
                "SCR - - -", "BL 2026-03-02 - -", "D14 2026-03-16 2026-03-13 2026-03-19",
                "W12 2026-05-25 2026-05-18 2026-06-01", "W48 2027-02-01 2027-01-18 2027-02-15",
                "EOS 2027-03-02 - -",
            ])
    }

    @Test(arguments: ["2027-03-02", "2027-03-03", "2028-01-01"])
    func `A visit without a window is never late`(today: String) throws {
        let found = try schedule([try treated.baseline()], today: today).visits
        #expect(found.first { $0.event == "EOS" }?.status == .due)
        #expect(found.first { $0.event == "W48" }?.status == .late)
    }

    @Test(arguments: [("2026-03-16", VisitStatus.due), ("2026-03-17", .missed)])
    func `A visit without a window is missed once a later one is done`(
        today: String, status: VisitStatus
    ) throws {
        let window = #""day": 14, "window": {"before": 3, "after": 3, "#
        let open = try Treated(
            json: AlteredStudy.json((window + #""status": "to be confirmed by the sponsor"}"#, #""day": 14"#))
        )
        let visits = [try open.baseline(), try open.visit("W12", ["SV.date": "2026-05-25"])]
        let found = ParticipantSchedule(
            of: try open.participant(visits), in: open.study, today: try day(today)
        ).visits
        #expect(found.first { $0.event == "D14" }?.status == status)
    }

    @Test(arguments: [
        ("2024-02-15", "2024-02-29"), ("2023-02-15", "2023-03-01"), ("2028-02-29", "2028-03-14"),
    ])
    func `Days are counted through the end of February`(first: String, due: String) throws {
        let found = try schedule([try treated.baseline(first)]).visits.first { $0.event == "D14" }
        #expect(found?.due == (try day(due)))
    }

    @Test(arguments: [
        ("2026-03-12", "due"), ("2026-03-13", "inWindow"), ("2026-03-16", "inWindow"),
        ("2026-03-19", "inWindow"), ("2026-03-20", "late"), ("2026-06-30", "late"),
    ])
    func `A visit is due, in its window and late day by day`(today: String, status: String) throws {
        let found = try schedule([try treated.baseline()], today: today).visits
        #expect(found.first { $0.event == "D14" }?.status.rawValue == status)
    }

    @Test func `Before there is a day 0 nothing is planned, and the reason says so`() throws {
        let visits = [try treated.visit("SCR", ["SV.date": "2026-02-20"])]
        #expect(
            try statuses(visits, today: "2026-03-02")
                == "SCR done, BL notPlanned, D14 notPlanned, W12 notPlanned, W48 notPlanned, EOS notPlanned")
        #expect(try schedule(visits).visits.allSatisfy { $0.due == nil && $0.from == nil && $0.to == nil })
        #expect(
            try schedule(visits).reason
                == "there is no first day of treatment and no SV.date at BL; VS.weight at BL is not given")
    }

    @Test func `A visit that was passed over is missed once a later one is done`() throws {
        let visits = [try treated.baseline(), try treated.visit("W12", ["SV.date": "2026-05-25"])]
        #expect(
            try statuses(visits, today: "2026-05-26")
                == "SCR notPlanned, BL done, D14 missed, W12 done, W48 due, EOS due")
    }

    @Test func `An unscheduled visit does not make another missed, and has a row of its own`() throws {
        let visits = [
            try treated.baseline(),
            try treated.visit("UNS", ["SV.date": "2026-04-01"], occurrence: 2),
        ]
        #expect(
            try statuses(visits, today: "2026-04-02")
                == "SCR notPlanned, BL done, D14 late, W12 due, W48 due, UNS#2 done, EOS due")
    }

    @Test(arguments: [
        ("2026-03-12", "D14 notPlanned, W12 notPlanned"), ("2026-03-13", "D14 missed, W12 notPlanned"),
        ("2026-05-17", "D14 missed, W12 notPlanned"), ("2026-05-18", "D14 missed, W12 missed"),
    ])
    func `After the study has ended what was open is missed, and what was to come is not planned`(
        end: String, expected: String
    ) throws {
        let visits = [try treated.baseline(), try treated.visit("EOS", ["EOS.date": end])]
        #expect(
            try statuses(visits, today: "2026-09-01")
                == "SCR notPlanned, BL done, \(expected), W48 notPlanned, EOS done")
    }

    @Test func `An end of study that is still to come ends nothing yet`() throws {
        let visits = [try treated.baseline(), try treated.visit("EOS", ["EOS.date": "2026-03-14"])]
        #expect(try schedule(visits, today: "2026-03-13").visits[2].status == .inWindow)
        #expect(try schedule(visits, today: "2026-03-14").visits[2].status == .missed)
    }

    @Test(
        arguments: [
            ([:], ["EOS.date": ["2026-03-14", "2026-03-15"]], "2026-03-16"),
            (["SV.date": "2026-03-13"], ["EOS.date": ["2026-03-14", "2026-03-15"]], "2026-03-13"),
            (["EOS.reason": "moved away"], [:], "2026-03-16"), ([:], [:], nil),
        ] as [([String: String], [String: [String]], String?)])
    func `The last day is that of the end of study, else of its visit, else today`(
        typed: [String: String], conflicts: [String: [String]], expected: String?
    ) throws {
        let visit = try treated.visit("EOS", typed, conflicts: conflicts)
        let last = try treated.dayZero.lastDay(
            of: try treated.participant([visit]), today: try day("2026-03-16"))
        #expect(last?.description == expected)
    }

    @Test func `A visit with a conflict is done, one that was emptied again or is void is not`() throws {
        let conflict = try treated.visit("D14", conflicts: ["VS.weight": ["70", "71"]])
        let emptied = try treated.visit("D14", ["SV.date": ""])
        let void = try treated.visit("D14", ["SV.date": "2026-03-16"], isVoid: true)
        for (visit, status) in [(conflict, VisitStatus.done), (emptied, .late), (void, .late)] {
            let found = try schedule([try treated.baseline(), visit], today: "2026-04-01").visits
            #expect(found.first { $0.event == "D14" }?.status == status)
        }
    }

    @Test func `The schedule is given as JSON`() throws {
        let visits = [try treated.baseline(weight: "25", ["PRED.first": "17.50", "SV.date": "2026-03-02"])]
        let json = try schedule(visits).json.text
        #expect(json.hasPrefix(#"{"participant":"PKU-001","visits":[{"event":"SCR","due":null,"from":null,"#))
        #expect(
            json.contains(
                #"{"event":"D14","due":"2026-03-16","from":"2026-03-13","to":"2026-03-19","status":"due"}"#))
        #expect(json.contains(#""prednisone":[{"fromDay":0,"toDay":13,"dose":20},{"fromDay":14,"#))
        #expect(json.contains(#"{"fromDay":98,"toDay":111,"dose":2.5}],"sirolimus":[{"fromDay":0,"#))
        #expect(json.hasSuffix(#"{"fromDay":3,"toDay":null,"dose":1}],"prescribedFirst":17.5}"#))
    }

    @Test func `While the baseline weight is in conflict each version has its plan`() throws {
        let visit = try treated.baseline(conflicts: ["VS.weight": ["62.5", "25", "@unknown"]])
        let schedule = try schedule([visit])
        let plan = try #require(schedule.drugs.first)
        #expect(plan.segments == .open(reason: "VS.weight at BL is in conflict"))
        #expect(plan.versions.map(\.weight) == [try number("62.5"), ExactDecimal(25), nil])
        #expect(plan.versions.map(\.segments.stop) == [224, 112, nil])
        let json = schedule.json.text
        #expect(json.contains(#""prednisone":null,"prednisoneByVersion":[{"weight":62.5,"doses":[{"#))
        #expect(json.contains(#"{"weight":null,"doses":[]}],"sirolimus":[{"#))
        #expect(json.hasSuffix(#""reason":"VS.weight at BL is in conflict"}"#))
    }

    @Test func `A corrected weight gives another plan beside the dose that was prescribed`() throws {
        let before = try schedule([try treated.baseline(weight: "50", ["PRED.first": "40"])])
        let after = try schedule([try treated.baseline(weight: "62.5", ["PRED.first": "40"])])
        #expect(before.drugs.first?.segments.value?.first?.dose == ExactDecimal(40))
        #expect(after.drugs.first?.segments.value?.first?.dose == ExactDecimal(50))
        #expect(after.drugs.first?.prescribedFirst == ExactDecimal(40))
    }

    @Test func `Weights of later visits change nothing`() throws {
        let later = try treated.visit(
            "D14", ["SV.date": "2026-03-16"], conflicts: ["VS.weight": ["40", "90"]])
        let with = try schedule([try treated.baseline(), later])
        let without = try schedule([try treated.baseline()])
        #expect(with.drugs == without.drugs)
    }

    @Test func `A void baseline gives no plan`() throws {
        let void = try treated.visit("BL", ["SV.date": "2026-03-02", "VS.weight": "70"], isVoid: true)
        #expect(try schedule([void]).drugs.first?.segments.reason == "VS.weight at BL is not given")
    }

    @Test func `The report has a row for every visit, with the date it took place`() throws {
        let participant = try treated.participant([try treated.baseline()])
        let report = ScheduleReport([
            ParticipantSchedule(of: participant, in: treated.study, today: try day("2026-03-02"))
        ])
        #expect(
            report.json.text.contains(
                #"{"participant":"PKU-001","event":"BL","due":"2026-03-02","from":null,"#
                    + #""to":null,"status":"done","date":"2026-03-02"}"#))
        #expect(report.json.text.contains(#""status":"due","date":null}"#))
    }

    @Test func `A small study without a rule for day 0 has a reason and no dates`() throws {
        let participant = try treated.participant([])
        let schedule = ParticipantSchedule(
            of: participant, in: try SmallStudy.study(), today: try day("2026-03-02"))
        #expect(schedule.reason == "the study does not say what day 0 is")
        #expect(schedule.visits.map(\.status) == [.notPlanned, .notPlanned])
    }
}
