public import TrialModel

extension Texts {
    /// The endpoints: one row each, with who is missing or unsettled.
    public static func endpoints(_ report: EndpointReport, _ out: CommandOutput) -> String {
        var rows: [[String]] = []
        var notes: [String] = []
        for entry in report.entries {
            switch entry.result {
            case .rate(let rate):
                let interval = rate.interval.map { "\(percent($0.low)) to \(percent($0.high))" } ?? ""
                rows.append([
                    entry.oid, proportion(rate.headline), interval, proportion(rate.worst),
                    proportion(rate.best),
                ])
                notes += listed(entry.oid, missing: rate.missing, unsettled: rate.unsettled, out)
            case .mean(let mean):
                let value = mean.mean.map { JSON.rounded($0).text } ?? "none"
                let spread = mean.sd.map { " ± \(JSON.rounded($0).text)" } ?? ""
                rows.append([entry.oid, "n = \(mean.n)", "\(value)\(spread)", "", ""])
                notes += listed(entry.oid, missing: mean.missing, unsettled: mean.unsettled, out)
            }
        }
        let table = out.table(["ENDPOINT", "RATE", "INTERVAL", "WORST", "BEST"], rows, none: "no endpoints")
        let unconfirmed =
            report.toBeConfirmed.isEmpty
            ? [] : ["to be confirmed by the sponsor: " + report.toBeConfirmed.joined(separator: ", ")]
        let head = "as of \(report.asOf), study version \(report.studyVersion)"
        return ([head, table] + notes + unconfirmed).joined(separator: "\n")
    }

    /// Who is missing or unsettled in an endpoint, one line each.
    private static func listed(
        _ endpoint: String, missing: [String], unsettled: [String], _ out: CommandOutput
    ) -> [String] {
        let lines = [
            missing.isEmpty ? nil : "\(endpoint): missing \(missing.joined(separator: ", "))",
            unsettled.isEmpty
                ? nil : out.attention("\(endpoint): unsettled \(unsettled.joined(separator: ", "))"),
        ]
        return lines.compactMap(\.self)
    }

    private static func proportion(_ proportion: Proportion) -> String {
        "\(proportion.n)/\(proportion.total)" + (proportion.rate.map { " = \(percent($0))" } ?? "")
    }

    private static func percent(_ rate: Double) -> String {
        let tenths = Int((rate * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }

    /// Days on which the dose taken was not the dose planned: one row for days in a row that differ alike.
    public static func dosing(_ report: DosingReport, _ out: CommandOutput) -> String {
        var rows: [[String]] = []
        for review in report.reviews {
            var rest = review.differences[...]
            while let first = rest.first {
                let alike = rest.enumerated().prefix { offset, difference in
                    difference.day == first.day + offset && difference.planned == first.planned
                        && difference.taken == first.taken
                        && difference.isExplained == first.isExplained
                        && difference.isOverlap == first.isOverlap
                }
                rest = rest.dropFirst(alike.count)
                let last = first.day + alike.count - 1
                rows.append([
                    review.participant, review.drug, last > first.day ? "\(first.day)-\(last)" : "\(last)",
                    first.planned.description, first.taken.description,
                    judgement(of: first, out),
                ])
            }
        }
        let header = ["PARTICIPANT", "DRUG", "DAYS", "PLANNED", "TAKEN", ""]
        let notJudged = report.reviews.filter(\.isRecorded).compactMap { review in
            review.reason.map { out.attention("\(review.participant) \(review.drug): not compared: \($0)") }
        }
        let none = notJudged.isEmpty ? "nothing differs from the plan" : "nothing else differs from the plan"
        return ([out.table(header, rows, none: none)] + notJudged).joined(separator: "\n")
    }

    private static func judgement(of difference: DoseDifference, _ out: CommandOutput) -> String {
        if difference.isExplained { return "explained" }
        return out.attention(difference.isOverlap ? "lines overlap" : "deviation")
    }

    /// One participant's visits and planned doses.
    public static func schedule(_ schedule: ParticipantSchedule, _ out: CommandOutput) -> String {
        var lines = [visits(schedule, out)]
        for plan in schedule.drugs {
            lines.append(plan.drug.rule)
            if let prescribed = plan.prescribedFirst { lines.append(first(prescribed, in: plan, out)) }
            lines.append(doses(plan.segments.value ?? [], plan, out, none: plan.segments.reason ?? "none"))
            for version in plan.versions {
                lines.append("with \(version.weight.map { "\($0) kg" } ?? "no weight"):")
                lines.append(doses(version.segments, plan, out, none: "none"))
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func doses(
        _ segments: [DoseSegment], _ plan: DrugPlan, _ out: CommandOutput, none: String
    ) -> String {
        let rows = segments.map { segment in
            [
                "\(segment.fromDay)", segment.toDay.map(String.init) ?? "on",
                segment.dose.description + (plan.drug.unit.map { " \($0)" } ?? ""),
            ]
        }
        return out.table(["FROM DAY", "TO DAY", "DOSE"], rows, none: none)
    }

    /// The first dose that was really prescribed, with the planned one beside it if that is another.
    private static func first(_ prescribed: ExactDecimal, in plan: DrugPlan, _ out: CommandOutput) -> String {
        let unit = plan.drug.unit.map { " \($0)" } ?? ""
        let line = "first dose prescribed: \(prescribed)\(unit)"
        guard let planned = plan.segments.value?.first?.dose, planned != prescribed else { return line }
        return out.attention("\(line); planned now: \(planned)\(unit)")
    }

    /// One participant's visits, with their status today.
    public static func visits(_ schedule: ParticipantSchedule, _ out: CommandOutput) -> String {
        let rows = schedule.visits.map { visit in
            [
                schedule.participant, visit.event, text(visit.due), text(visit.from), text(visit.to),
                visit.status.rawValue, text(visit.date),
            ]
        }
        return out.table(
            ["PARTICIPANT", "EVENT", "DUE", "FROM", "TO", "STATUS", "DATE"], rows, none: "no visits")
    }

    /// A serious adverse event on one line.
    public static func seriousEvent(_ event: SeriousEvent) -> String {
        let onset = event.hoursSinceOnset.map { "\($0) h since onset" } ?? "onset \(either(event.onsets))"
        let receipt = event.hoursSinceReceipt.map { ", \($0) h since receipt" } ?? ""
        return "serious adverse event: \(event.participant) \(event.line) \(either(event.terms)), "
            + "\(onset)\(receipt)"
    }

    private static func either(_ values: [Value]) -> String { values.map(text).joined(separator: " or ") }

    private static func text(_ date: CalendarDate?) -> String { date?.description ?? "" }
}
