/// A dose of a drug as one line of its exposure log says that it was taken, from the line's first day on.
public struct TakenDose: Hashable, Sendable {
    /// The name of the line: `EX-3fa1c2d4`.
    public let line: String
    /// The first day as it was written, in full or in part.
    public let start: CalendarDate
    /// Days since the drug's first day, of the earliest day that ``start`` may mean; 0 on the first day.
    public let day: Int
    /// Per day, in the drug's unit; 0 for a missed dose.
    public let dose: ExactDecimal
    /// Whether people do not agree on the line: one of several doses or days.
    public let isInConflict: Bool
}

extension RuleBook {
    /// The doses of a drug that its exposure log has, by days, then in the order of the log. Lines without a
    /// dose or a date have no place among them; in conflict each dose stands with each day.
    ///
    /// - Returns: nothing for a drug without a log, or while its first day is not known.
    public func takenDoses(of drug: StudyDrug, by participant: ParticipantCase) -> [TakenDose] {
        guard let log = drug.exposure,
            let first = firstDay(of: drug, participant).value?.dayNumbers.lowerBound
        else { return [] }
        return participant.lines(of: log.form).flatMap { line in taken(line, log, first: first) }
            .enumerated().sorted { ($0.element.day, $0.offset) < ($1.element.day, $1.offset) }
            .map(\.element)
    }

    private func taken(_ line: CaseLine, _ log: ExposureLog, first: Int) -> [TakenDose] {
        let values = line.values
        guard values.candidates(of: log.drug).contains(.code(log.code)) else { return [] }
        let isMissed = log.missed.contains { values.value(of: log.reason.oid) == .code($0) }
        let doses =
            isMissed
            ? [ExactDecimal(0)]
            : values.candidates(of: log.dose).compactMap {
                $0.number(of: log.dose)
            }
        let starts = values.candidates(of: log.start).compactMap { value -> CalendarDate? in
            guard case .date(let date) = value else { return nil }
            return date
        }
        let isInConflict = [log.drug, log.dose, log.start, log.reason].contains { values.isInConflict($0) }
        return starts.flatMap { start in
            doses.map { dose in
                TakenDose(
                    line: line.line, start: start, day: start.dayNumbers.lowerBound - first, dose: dose,
                    isInConflict: isInConflict)
            }
        }
    }
}
