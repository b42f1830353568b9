/// Something on record that a finding was made from: it has stood since the newest of these was entered.
public enum FindingSource: Hashable, Sendable {
    /// A record of the participant.
    public enum Place: Hashable, Sendable {
        /// The record that the finding is on.
        case own
        /// The visit of an event that occurs once.
        case visit(String)
        /// A log line, by its name.
        case line(String)
    }

    /// What stands in the register of an item.
    case register(String, at: Place)
    /// All that stands on a record, and whether it is void.
    case record(Place)
    /// That the record which the finding is on is there at all: its first save.
    case firstSave
}

extension StudyDefinition {
    /// What a finding on one of the participant's records was made from.
    ///
    /// - Parameters:
    ///   - finding: One of those that this study finds on the record.
    ///   - record: The record.
    ///   - participant: All records of the participant.
    public func sources(
        of finding: Finding, on record: CaseRecord, of participant: ParticipantCase
    ) -> Set<FindingSource> {
        let own = Set(
            finding.items.compactMap { item($0) }.map { FindingSource.register($0.register, at: .own) })
        switch finding.check {
        case .type, .codeList, .range, .pkWindow: return own
        case .required: return own.union(conditions(of: finding)).union([.firstSave])
        case .dateOrder:
            return caseChecks.reduce(into: own) { sources, check in
                switch check {
                case let check as DateOrderAcrossRecordsCheck: check.move(&sources, of: finding, on: record)
                case let check as SequenceCheck where finding.items == [check.date.oid]:
                    sources.formUnion(check.later(than: record, in: participant))
                case let check as ExposureOverlapCheck where check.isSource(of: finding):
                    sources.formUnion(participant.sources(in: check.log.form, check.log.drug, check.log.code))
                default: break
                }
            }
        case .sequence:
            let events = caseChecks.compactMap { $0 as? SequenceCheck }.flatMap { $0.before(record) }
            return Set(events.map { .record(.visit($0)) }).union([.firstSave])
        case .window: return own.union(dayZeroSources(of: participant))
        case .doseDeviation: return own.union(doseSources(of: finding, participant))
        case .eligibility:
            guard let event = ruleBook.eligibility?.event else { return own }
            return Set(
                finding.items.compactMap { item($0) }.map { .register($0.register, at: .visit(event)) }
            )
            .union([.firstSave])
        }
    }

    /// The answers that make the items of a finding required.
    private func conditions(of finding: Finding) -> [FindingSource] {
        finding.items.compactMap { item($0) }.compactMap { required in
            guard case .when(let other, _) = required.requirement, let item = item(other) else { return nil }
            return .register(item.register, at: .own)
        }
    }

    /// The first days of treatment, or what stands for them while they are empty.
    private func dayZeroSources(of participant: ParticipantCase) -> Set<FindingSource> {
        guard let rule = ruleBook.dayZero else { return [] }
        let starts = rule.starts.filter { !$0.value(in: participant).isEmpty }
        return Set((starts.isEmpty ? [rule.whileEmpty] : starts).map(\.source))
    }

    /// The date of the visit, the plan, and what the exposure log says of the drug.
    private func doseSources(of finding: Finding, _ participant: ParticipantCase) -> Set<FindingSource> {
        var sources: Set<FindingSource> = []
        for case let check as DoseDeviationCheck in caseChecks where finding.items == [check.item.oid] {
            sources.insert(.register(check.date.register, at: .own))
            sources.formUnion(
                participant.sources(
                    in: check.explanation.drug.form, check.explanation.drug, check.explanation.code))
            for rule in ruleBook.drugRules where rule.drug.planned == check.planned {
                if let taper = rule as? TaperRule { sources.insert(taper.weight.source) }
                if let start = rule.drug.start, !start.value(in: participant).isEmpty {
                    sources.insert(start.source)
                } else {
                    sources.formUnion(dayZeroSources(of: participant))
                }
            }
        }
        return sources
    }
}

extension ItemAtEvent {
    fileprivate var source: FindingSource { .register(item.register, at: .visit(event)) }
}

extension ParticipantCase {
    /// The lines of a log that may speak of a drug, void ones too.
    fileprivate func sources(in form: String, _ drug: Item, _ code: String) -> [FindingSource] {
        lines.filter { $0.form == form && $0.values.candidates(of: drug).contains(.code(code)) }
            .map { .record(.line($0.line)) }
    }
}

extension DateOrderAcrossRecordsCheck {
    /// The earlier date stands at another event, not on the record itself.
    fileprivate func move(_ sources: inout Set<FindingSource>, of finding: Finding, on record: CaseRecord) {
        guard finding.items == [order.earlier.oid, order.later.oid], record.event != event else { return }
        sources.remove(.register(order.earlier.register, at: .own))
        sources.insert(.register(order.earlier.register, at: .visit(event)))
    }
}

extension SequenceCheck {
    /// The events that come before the record's in the study.
    fileprivate func before(_ record: CaseRecord) -> ArraySlice<String> {
        plan.prefix { $0 != record.event }
    }

    /// The dates of those visits before the record's that are dated after it.
    fileprivate func later(than record: CaseRecord, in participant: ParticipantCase) -> [FindingSource] {
        guard let own = record.values.date(of: date) else { return [] }
        return before(record).filter { event in
            participant.visit(event)?.values.date(of: date).map(own.isCertainlyBefore) ?? false
        }.map { .register(date.register, at: .visit($0)) }
    }
}

extension ExposureOverlapCheck {
    fileprivate func isSource(of finding: Finding) -> Bool {
        finding.key == "\(CheckID.dateOrder.rawValue):\(subject)"
    }
}
