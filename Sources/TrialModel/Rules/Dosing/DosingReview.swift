/// One day on which another dose was taken than planned.
public struct DoseDifference: Hashable, Sendable {
    /// The day of treatment with the drug; its first day is 0.
    public let day: Int
    /// The planned dose; 0 after the stop.
    public let planned: ExactDecimal
    /// The dose taken.
    public let taken: ExactDecimal
    /// Whether a reason in the log explains it; if none does, it is a deviation.
    public let isExplained: Bool
    /// Whether lines overlap on that day, so that nobody can say which of them was taken.
    public let isOverlap: Bool
}

/// Planned against taken for one drug of one participant, day by day.
///
/// Judged are the days from the drug's first day to today or the last day in the study, at most
/// ``StudyEvent/dayLimit``, if there is a plan. On each of them:
///
/// - A line that may speak of the day, but not certainly, leaves the day open: it is not judged. That is so
///   for the month or year of a partial start or end, and for a line with a conflict, without a dose or
///   without a start.
/// - Lines that speak of the same day add up, for a dose may be split; but a line of 0 says that nothing was
///   taken, and then counts alone, for a missed dose is written beside the line of the dose that goes on.
/// - A line whose reason is one of ``ExposureLog/missed`` counts as 0, whatever dose it names.
/// - A difference is explained if the line that counts has one of the reasons ``ExposureLog/explaining``.
///   Lines that overlap explain nothing: it may be that one of them was to end before the other began, and
///   ``ExposureOverlapCheck`` says so on the line.
/// - A day that no line speaks of is no difference, because nothing contradicts the plan; from the first line
///   of the drug on it is not recorded, if a dose is planned for it.
public struct DosingReview: Hashable, Sendable {
    /// The participant's number.
    public let participant: String
    /// The code of the drug in the exposure log.
    public let drug: String
    /// The days that differ, in order.
    public let differences: [DoseDifference]
    /// Days of treatment with a planned dose that no line speaks of, from the first line on.
    public let notRecorded: [ClosedRange<Int>]
    /// Days of treatment that lines leave open.
    public let notJudged: [ClosedRange<Int>]
    /// Why no day at all is judged, if so.
    public let reason: String?
    /// Whether the log has lines of the drug.
    public let isRecorded: Bool

    /// The differences that nothing explains.
    public var deviations: [DoseDifference] { differences.filter { !$0.isExplained } }

    /// - Parameters:
    ///   - rule: The rule of the drug.
    ///   - log: The exposure log of the drug.
    ///   - participant: What is on record.
    ///   - book: The rules of the study.
    ///   - today: The last day to judge, in full.
    /// - Complexity: O(days x lines).
    init(
        _ rule: any DrugRule, log: ExposureLog, of participant: ParticipantCase, book: RuleBook,
        today: CalendarDate
    ) {
        (self.participant, drug) = (participant.participant, log.code)
        let plan = rule.plan(for: participant).segments
        let start = book.firstDay(of: rule.drug, participant)
        reason = start.reason ?? plan.reason
        let spans = participant.lines(of: log.form).compactMap { ExposureSpan($0, in: log) }
        isRecorded = !spans.isEmpty
        guard let plan = plan.value, let first = start.value?.dayNumber else {
            (differences, notRecorded, notJudged) = ([], [], [])
            return
        }
        var judge = DayJudge(spans: spans)
        let end = book.dayZero?.lastDay(of: participant, today: today) ?? today
        let lastDay = min(end.dayNumbers.upperBound, today.dayNumbers.upperBound) - first
        if lastDay >= 0, !judge.spans.isEmpty {
            for day in 0...min(lastDay, StudyEvent.dayLimit) {
                judge.judge(day, at: first + day, planned: plan.dose(onDay: day) ?? ExactDecimal(0))
            }
        }
        (differences, notRecorded, notJudged) = (judge.differences, judge.notRecorded, judge.notJudged)
    }

    /// One row per day that differs: `{"participant","drug","day","planned","taken","explained","overlap"?}`.
    public var rows: [JSON] {
        differences.map {
            .keyed([
                "participant": .string(participant), "drug": .string(drug), "day": .int($0.day),
                "planned": $0.planned.json, "taken": $0.taken.json, "explained": .bool($0.isExplained),
                "overlap": $0.isOverlap ? .bool(true) : nil,
            ])
        }
    }
}

/// Judges days of one drug in order.
private struct DayJudge {
    let spans: [ExposureSpan]
    private let firstRecorded: Int
    private(set) var differences: [DoseDifference] = []
    private(set) var notRecorded: [ClosedRange<Int>] = []
    private(set) var notJudged: [ClosedRange<Int>] = []

    init(spans: [ExposureSpan]) {
        self.spans = spans
        firstRecorded = spans.compactMap(\.certain?.lowerBound).min() ?? .max
    }

    mutating func judge(_ day: Int, at date: Int, planned: ExactDecimal) {
        let speaking = spans.filter { $0.covers(date) }
        if spans.contains(where: { $0.leavesOpen(date) }) { return notJudged.append(day: day) }
        if speaking.isEmpty {
            if date >= firstRecorded, planned > ExactDecimal(0) { notRecorded.append(day: day) }
            return
        }
        let nothing = speaking.filter { $0.taken == ExactDecimal(0) }
        let counting = nothing.isEmpty ? speaking : nothing
        let sum = counting.reduce(ExactDecimal?(ExactDecimal(0))) { $0?.adding($1.taken) }
        guard let taken = sum else { return notJudged.append(day: day) }
        if taken != planned {
            let isOverlap = nothing.isEmpty && counting.count > 1
            differences.append(
                DoseDifference(
                    day: day, planned: planned, taken: taken,
                    isExplained: !isOverlap && counting.contains(where: \.explains), isOverlap: isOverlap))
        }
    }
}

extension [ClosedRange<Int>] {
    /// Adds a day to the last run if it follows it, else as a run of its own.
    fileprivate mutating func append(day: Int) {
        if let last, last.upperBound == day - 1 {
            self[count - 1] = last.lowerBound...day
        } else {
            append(day...day)
        }
    }
}

/// `report dosing`: planned against taken for many participants.
public struct DosingReport: Sendable {
    /// By participant, in the order given, then by drug in the order of ``RuleBook/drugRules``.
    public let reviews: [DosingReview]

    /// - Parameters:
    ///   - participants: What is on record.
    ///   - study: The study, with its rules.
    ///   - today: The last day to judge, in full.
    public init(of participants: [ParticipantCase], in study: StudyDefinition, today: CalendarDate) {
        let book = study.ruleBook
        reviews = participants.flatMap { participant in
            book.drugRules.compactMap { rule in
                rule.drug.exposure.map {
                    DosingReview(rule, log: $0, of: participant, book: book, today: today)
                }
            }
        }
    }

    /// One row per day that differs, explained or not.
    public var json: JSON { .array(reviews.flatMap(\.rows)) }
}
