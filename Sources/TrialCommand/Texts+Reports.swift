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
                if !rate.missing.isEmpty {
                    notes.append("\(entry.oid): missing \(rate.missing.joined(separator: ", "))")
                }
                if !rate.unsettled.isEmpty {
                    notes.append(
                        out.attention("\(entry.oid): unsettled \(rate.unsettled.joined(separator: ", "))"))
                }
            case .mean(let mean):
                let value = mean.mean.map { JSON.rounded($0).text } ?? "none"
                let spread = mean.sd.map { " ± \(JSON.rounded($0).text)" } ?? ""
                rows.append([entry.oid, "n = \(mean.n)", "\(value)\(spread)", "", ""])
            }
        }
        let table = out.table(["ENDPOINT", "RATE", "INTERVAL", "WORST", "BEST"], rows, none: "no endpoints")
        let unconfirmed =
            report.toBeConfirmed.isEmpty
            ? [] : ["to be confirmed by the sponsor: " + report.toBeConfirmed.joined(separator: ", ")]
        let head = "as of \(report.asOf), study version \(report.studyVersion)"
        return ([head, table] + notes + unconfirmed).joined(separator: "\n")
    }

    private static func proportion(_ proportion: Proportion) -> String {
        "\(proportion.n)/\(proportion.total)" + (proportion.rate.map { " = \(percent($0))" } ?? "")
    }

    private static func percent(_ rate: Double) -> String {
        let tenths = Int((rate * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }

    /// Days on which the dose taken was not the dose planned.
    public static func dosing(_ report: DosingReport, _ out: CommandOutput) -> String {
        let rows = report.reviews.flatMap { review in
            review.differences.map { difference in
                [
                    review.participant, review.drug, "\(difference.day)", difference.planned.description,
                    difference.taken.description, difference.isExplained ? "explained" : "deviation",
                ]
            }
        }
        let header = ["PARTICIPANT", "DRUG", "DAY", "PLANNED", "TAKEN", ""]
        return out.table(header, rows, none: "nothing differs from the plan")
    }

    /// One participant's visits and planned doses.
    public static func schedule(_ schedule: ParticipantSchedule, _ out: CommandOutput) -> String {
        var lines = [visits(schedule, out)]
        for plan in schedule.drugs {
            let segments = plan.segments.value ?? []
            let rows = segments.map { segment in
                [
                    "\(segment.fromDay)", segment.toDay.map(String.init) ?? "on",
                    segment.dose.description + (plan.drug.unit.map { " \($0)" } ?? ""),
                ]
            }
            lines.append(plan.drug.rule)
            let none = plan.segments.reason ?? "none"
            lines.append(out.table(["FROM DAY", "TO DAY", "DOSE"], rows, none: none))
        }
        return lines.joined(separator: "\n")
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

    private static func text(_ date: CalendarDate?) -> String { date?.description ?? "" }
}
