extension RelapseRateRule {
    func standing(of participant: ParticipantCase) -> RateStanding {
        let response = among.standing(of: participant)
        if response.isMissing { return .outside }
        let evidence = evidence(on: participant)
        if response.isUnsettled {
            let best: Bool? = evidence.isCertain ? nil : false
            return RateStanding(headline: nil, worst: true, best: best, isUnsettled: true)
        }
        guard response.headline == true else { return .outside }
        let headline: Bool? =
            if evidence.isCertain {
                true
            } else if evidence.isPossible && undated == .relapseCounts {
                true
            } else if evidence.isAssessed {
                false
            } else {
                switch missing {
                case .noRelapse: false
                case .relapse: true
                case .excluded: nil
                }
            }
        let isMissing = !evidence.isAssessed && !evidence.isUnsettled || evidence.lacksDate
        return RateStanding(
            headline: headline,
            worst: evidence.isCertain || evidence.isPossible || evidence.isUnsettled || !evidence.isAssessed,
            best: evidence.isCertain, isMissing: isMissing && !evidence.isCertain,
            isUnsettled: evidence.isUnsettled)
    }

    /// What the later visits of one participant say together.
    private struct Evidence {
        /// A relapse that settled data show at a visit that is certainly later.
        var isCertain = false
        /// A relapse at a visit that may be later.
        var isPossible = false
        /// Whether such a visit may be earlier because a date is missing.
        var lacksDate = false
        /// Whether there was any assessment that is certainly later.
        var isAssessed = false
        /// Whether anything that was looked at is in conflict.
        var isUnsettled = false
    }

    /// One visit that may be a later assessment.
    private struct Assessed {
        let visit: CaseVisit
        /// Its place among the events of the rule.
        let place: Int
        let total: InstrumentTotal
        let date: CalendarDate?
        /// Whether it came after the event of the response; `nil` if nobody can say.
        let isLater: Bool?
    }

    private func evidence(on participant: ParticipantCase) -> Evidence {
        let start = participant.visit(among.event)
        let assessed = assessedVisits(of: participant, after: start)
        var evidence = Evidence()
        for one in assessed {
            let isRepeat = one.visit.occurrence != nil
            let answer = reinstituted.map { one.visit.values.value(of: $0.oid) }
            let usesDate = isRepeat || reference == .lowest
            let hasDisputedDate =
                one.visit.values.isInConflict(visitDate)
                || isRepeat && start?.values.isInConflict(visitDate) == true
            if one.total.isUnsettled || isInConflict(reinstituted, one.visit) || usesDate && hasDisputedDate {
                evidence.isUnsettled = true
            }
            if one.isLater == true, one.total.known != nil || assessment == .anyAnswer && isAnswer(answer) {
                evidence.isAssessed = true
            }
            let reference = referenceTotal(of: participant, before: one, among: assessed)
            let rise = one.total.known.flatMap { total in reference.map { total - $0 } }
            guard answer == .yesNo(true) || rise.map({ $0 >= increaseAtLeast }) == true else { continue }
            if one.isLater == true {
                evidence.isCertain = true
            } else {
                evidence.isPossible = true
                if !hasDisputedDate { evidence.lacksDate = true }
            }
        }
        return evidence
    }

    /// The visits with anything that this rule looks at, without those that certainly came no later.
    private func assessedVisits(of participant: ParticipantCase, after start: CaseVisit?) -> [Assessed] {
        let startDate = start.flatMap(date)
        return events.enumerated().flatMap { place, event in
            participant.visits(at: event).compactMap { visit -> Assessed? in
                let total = total.total(of: visit.values)
                let answer = reinstituted.map { visit.values.value(of: $0.oid) }
                guard !total.isMissing || isAnswer(answer) || isInConflict(reinstituted, visit) else {
                    return nil
                }
                let date = date(of: visit)
                let isLater = visit.occurrence == nil ? true : isLater(date, than: startDate)
                if isLater == false { return nil }
                return Assessed(visit: visit, place: place, total: total, date: date, isLater: isLater)
            }
        }
    }

    private func referenceTotal(
        of participant: ParticipantCase, before one: Assessed, among assessed: [Assessed]
    ) -> Int? {
        let start = total.total(at: among.event, of: participant).known
        switch reference {
        case .responseEvent: return start
        case .baseline: return total.total(at: among.baseline, of: participant).known
        case .lowest:
            let earlier = assessed.filter { precedes($0, one) }.compactMap(\.total.known)
            return start.map { earlier.reduce($0, min) }
        }
    }

    /// Visits that occur once follow the order of the study, and repeats their dates.
    private func precedes(_ first: Assessed, _ second: Assessed) -> Bool {
        if first.visit.occurrence == nil, second.visit.occurrence == nil { return first.place < second.place }
        return first.isLater == true && isLater(second.date, than: first.date) == true
    }

    private func isLater(_ date: CalendarDate?, than start: CalendarDate?) -> Bool? {
        guard let date, let start else { return nil }
        if start.isCertainlyBefore(date) { return true }
        return date.isCertainlyBefore(start) || date.isFull && date == start ? false : nil
    }

    private func date(of visit: CaseVisit) -> CalendarDate? {
        guard case .date(let date) = visit.values.value(of: visitDate.oid) else { return nil }
        return date
    }

    private func isAnswer(_ value: Value?) -> Bool {
        if case .yesNo = value { true } else { false }
    }

    private func isInConflict(_ item: Item?, _ visit: CaseVisit) -> Bool {
        item.map(visit.values.isInConflict) ?? false
    }
}
