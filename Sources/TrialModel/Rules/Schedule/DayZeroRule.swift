/// Which of several first days the visits count from.
public enum CountFrom: String, Hashable, Sendable, CaseIterable {
    case earliest, latest
}

/// How the days of a participant are counted: day 0 is the first day of treatment.
///
/// Visits count from the earliest (or latest) of the drugs' first days that are given; while none is, from
/// the date of the baseline visit. Each drug counts from its own first day if that is given, else from day 0.
/// While any first day that a count depends on is in conflict, that count is open.
public struct DayZeroRule: Hashable, Sendable {
    /// Where the first days of the drugs are given.
    public let starts: [ItemAtEvent]
    /// Which of them visits count from.
    public let visitsCountFrom: CountFrom
    /// The date that stands for day 0 while no first day is given.
    public let whileEmpty: ItemAtEvent
    /// The date of any visit.
    public let visitDate: Item
    /// Where the study ends for a participant, and the date of it.
    public let endOfStudy: ItemAtEvent

    init?(reading reader: RuleReader) {
        reader.allow("starts", "visitsCountFrom", "whileEmpty", "visitDate", "endOfStudy")
        func place(_ node: DefinitionNode) -> ItemAtEvent? {
            let place = ItemAtEvent(node, reader, .date)
            place?.requireFullDates(node)
            return place
        }
        let starts = reader.required("starts")?.elements(atLeast: 1).map(place)
        let from: CountFrom? = reader.required("visitsCountFrom").flatMap { reader.word($0) }
        let whileEmpty = reader.required("whileEmpty").flatMap(place)
        let visitDate = reader.required("visitDate").flatMap { reader.item($0, .date) }
        let endOfStudy = reader.required("endOfStudy").flatMap(place)
        guard let starts, let from, let whileEmpty, let visitDate, let endOfStudy else { return nil }
        (self.starts, visitsCountFrom) = (starts.compactMap(\.self), from)
        (self.whileEmpty, self.visitDate, self.endOfStudy) = (whileEmpty, visitDate, endOfStudy)
    }

    /// Day 0 of a participant's visits.
    public func dayZero(of participant: ParticipantCase) -> Settled<CalendarDate> {
        var days: [CalendarDate] = []
        for start in starts {
            switch start.date(in: participant) {
            case .known(let date)?: days.append(date)
            case .open(let reason)?: return .open(reason: reason)
            case nil: continue
            }
        }
        days.sort { $0.isCertainlyBefore($1) }
        if let day = visitsCountFrom == .earliest ? days.first : days.last { return .known(day) }
        return whileEmpty.date(in: participant)
            ?? .open(reason: "there is no first day of treatment and no \(whileEmpty.name)")
    }

    /// Day 0 of a drug: its own first day if that is given, else day 0 of the visits.
    public func dayZero(of drug: StudyDrug, for participant: ParticipantCase) -> Settled<CalendarDate> {
        drug.start?.date(in: participant) ?? dayZero(of: participant)
    }

    /// The date of a visit; `nil` while it is empty or in conflict.
    public func date(of visit: CaseVisit) -> CalendarDate? {
        guard case .date(let date) = visit.values.value(of: visitDate.oid) else { return nil }
        return date
    }

    /// The last day of a participant in the study; `nil` while the participant is in it.
    ///
    /// The study has ended once the end-of-study visit has any answer: on the date given there, else on the
    /// date of that visit, else (neither is given in full and agreed) today. On a date that is still to come
    /// it has not ended yet.
    public func lastDay(of participant: ParticipantCase, today: CalendarDate) -> CalendarDate? {
        guard let visit = participant.visit(endOfStudy.event), visit.values.hasAnswers else { return nil }
        let dateOfVisit = date(of: visit).flatMap { $0.isFull ? $0 : nil }
        let day = endOfStudy.date(in: participant)?.value ?? dateOfVisit ?? today
        return today.isCertainlyBefore(day) ? nil : day
    }

    /// The study day of CDISC: the first day of treatment is day 1, the day before it -1, and none is day 0.
    ///
    /// - Returns: `nil` if either date is partial.
    public static func studyDay(of date: CalendarDate, dayZero: CalendarDate) -> Int? {
        date.days(since: dayZero).map { $0 < 0 ? $0 : $0 + 1 }
    }
}

extension ItemAtEvent {
    /// Notes an item that may hold a partial date: days cannot be counted from one.
    func requireFullDates(_ node: DefinitionNode?) {
        if item.allowsPartialDate {
            node?.note("\"\(item.oid)\" may be partial; days need a full date", at: "item")
        }
    }
}
