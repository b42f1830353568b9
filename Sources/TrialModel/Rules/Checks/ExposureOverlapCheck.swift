/// Two lines of the exposure log that say of one drug that both were taken on the same day. Check
/// `date-order`: the one that began first should have ended before the other began.
///
/// Found on the line that begins later, so that each pair is found once. Only days that both lines certainly
/// speak of count. A line that says that nothing was taken overlaps none: a missed dose is written beside the
/// line of the dose that goes on. A dose that was really split is confirmed as correct.
public struct ExposureOverlapCheck: CaseCheck {
    /// Where the doses of the drug are recorded.
    public let log: ExposureLog

    /// What names its finding among those of its check.
    var subject: String { "overlap:\(log.code)" }

    /// At most one finding, which names every earlier line that this one overlaps.
    public func findings(on record: CaseRecord, in context: CaseContext) -> [Finding] {
        guard case .line(let line) = record, line.form == log.form, let own = dosed(line),
            let start = own.lowerBound.date
        else { return [] }
        let earlier = context.participant.lines(of: log.form).filter { other in
            guard other.line != line.line, let span = dosed(other) else { return false }
            return span.overlaps(own) && (span.lowerBound, other.line) < (own.lowerBound, line.line)
        }
        guard !earlier.isEmpty else { return [] }
        let values = [log.drug, log.dose, log.start, log.end].map {
            ItemValue($0.oid, line.values.value(of: $0.oid))
        }
        return [
            Finding(
                check: .dateOrder, items: [log.start.oid, log.end.oid],
                text: .overlapping(
                    taken(line), others: earlier.map(taken), drug: log.code, from: start),
                severity: .minor, values: values, subject: subject,
                against: earlier.map { "\($0.line)=\(period($0))" })
        ]
    }

    /// The days on which the line certainly says that some of the drug was taken.
    private func dosed(_ line: CaseLine) -> ClosedRange<Int>? {
        guard let span = ExposureSpan(line, in: log), span.taken > ExactDecimal(0) else { return nil }
        return span.certain
    }

    private func taken(_ line: CaseLine) -> FindingText.Taken {
        func text(_ item: Item) -> String { line.values.value(of: item.oid).described }
        let end = line.values.value(of: log.end.oid)
        return FindingText.Taken(
            line: line.line, dose: text(log.dose), start: text(log.start),
            end: end.isEmpty ? nil : end.described)
    }

    /// `45 mg/d, 2026-03-02 to 2026-03-15`.
    private func period(_ line: CaseLine) -> String {
        let taken = taken(line)
        return "\(taken.dose), \(taken.start) to \(taken.end ?? "now")"
    }
}

extension Int {
    /// The date of a day since 1 January 1970.
    fileprivate var date: CalendarDate? { CalendarDate(dayNumber: self) }
}
