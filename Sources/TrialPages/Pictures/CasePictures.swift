package import TrialModel

/// The pictures of one participant: totals of instruments with their domains, measurements, planned doses
/// with those taken. What follows from the record is drawn; a value in conflict is drawn as all of its
/// versions.
package struct CasePictures: Sendable {
    private let record: ParticipantCase
    private let schedule: ParticipantSchedule
    private let study: StudyDefinition
    private let words: Words

    package init(
        of record: ParticipantCase, _ schedule: ParticipantSchedule, in study: StudyDefinition, words: Words
    ) {
        (self.record, self.schedule, self.study, self.words) = (record, schedule, study, words)
    }

    /// As HTML, each with its table; those without anything to show are left out.
    package var figures: [String] {
        let book = study.ruleBook
        let totals = book.totals.flatMap {
            [picture(of: $0).figure(words), DomainTable($0, assessed($0), words).figure]
        }
        let measured = measurements.map { picture(of: $0.item, window: $0.window).figure(words) }
        return (totals + measured + schedule.drugs.map { picture(of: $0).figure(words) }).compactMap(\.self)
    }

    // MARK: Instruments and measurements, by days since day 0

    private func picture(of rule: InstrumentTotalRule) -> LinePicture {
        let title = study.derivedItem(rule.total)?.label[words.language] ?? rule.total
        let points = occasions.flatMap { occasion, day -> [LinePicture.Point] in
            let total = rule.total(of: occasion.values)
            let sums: [Int] =
                switch total {
                case .value(let sum): [sum]
                case .missing: []
                // Versions that differ in organ damage alone have one sum: it is drawn once.
                case .unsettled(let sums): Set(sums.compactMap(\.self)).sorted()
                }
            return sums.map { sum in
                LinePicture.Point(
                    x: Double(day), y: Double(sum), place: place(occasion, day), text: String(sum),
                    isOpen: total.isUnsettled)
            }
        }
        // One domain at its worst is seen as such, however few points there are.
        let most = Double((rule.scale.max() ?? 1) * rule.urgentFactor)
        return LinePicture(
            title: title, xLabel: words("daysSinceZero"), yLabel: words("score"),
            series: [.init("", .line, points)],
            spans: rule.domains.first.map { windows(for: $0.score) } ?? [],
            scale: 0...max(1, most))
    }

    /// The windows of the visits at which an item is asked, by days since day 0; a visit without a window has
    /// its day.
    private func windows(for item: Item) -> [LinePicture.Span] {
        let events = study.events.filter {
            $0.formOIDs.contains(item.form) && item.isAsked(at: $0.oid) && !$0.repeating
        }
        return events.compactMap { event -> LinePicture.Span? in
            guard let days = event.days ?? event.day.map({ $0...$0 }) else { return nil }
            let from = words("dayNumber", n: days.lowerBound)
            let place = days.count > 1 ? "\(from) – \(words("dayNumber", n: days.upperBound))" : from
            return LinePicture.Span(
                event.oid, Double(days.lowerBound)...Double(days.upperBound), place: place)
        }.sorted { $0.range.lowerBound < $1.range.lowerBound }
    }

    /// What is measured against a window, or counts for an endpoint.
    private var measurements: [(item: Item, window: TherapeuticWindowRule?)] {
        let book = study.ruleBook
        let windows = book.therapeuticWindows.map { (item: $0.item, window: Optional($0)) }
        let others = book.endpoints.endpoints.compactMap { endpoint -> Item? in
            guard case .decrease(let rule) = endpoint else { return nil }
            return windows.contains { $0.item.oid == rule.item.oid } ? nil : rule.item
        }
        return others.map { (item: $0, window: nil) } + windows
    }

    private func picture(of item: Item, window: TherapeuticWindowRule?) -> LinePicture {
        let points = occasions.flatMap { occasion, day -> [LinePicture.Point] in
            let values = occasion.values.candidates(of: item)
            return values.compactMap { value in
                guard let number = value.approximate else { return nil }
                return LinePicture.Point(
                    x: Double(day), y: number, place: place(occasion, day),
                    text: words.value(value, of: item), isOpen: occasion.values.isInConflict(item))
            }
        }
        let unit = item.unit.map { words.unit($0) } ?? ""
        let band = window.map { window in
            let range = "\(window.low)–\(window.high)\u{2009}\(unit)"
            return LinePicture.Band(
                words("bandOf", ["range": range]), window.low.approximate...window.high.approximate,
                text: range)
        }
        return LinePicture(
            title: item.label[words.language], xLabel: words("daysSinceZero"), yLabel: unit,
            series: [.init("", .line, points)], bands: [band].compactMap(\.self), spans: windows(for: item),
            scale: window == nil ? scale(of: item) : nil)
    }

    /// From the least to the most that an item of a scale can be.
    private func scale(of item: Item) -> ClosedRange<Double>? {
        guard let low = item.range?.min?.approximate, let high = item.range?.max?.approximate, low < high
        else { return nil }
        return low...high
    }

    /// Visits that are not void and have a day, by days since day 0.
    private var occasions: [(visit: CaseVisit, day: Int)] {
        guard let zero = schedule.dayZero.value?.dayNumbers.lowerBound else { return [] }
        let dates = Dictionary(schedule.visits.map { ($0.event, $0.date) }) { first, _ in first }
        return record.visits.filter { !$0.isVoid }.compactMap { visit in
            guard let date = dates[visit.name].flatMap(\.self) else { return nil }
            return (visit, date.dayNumbers.lowerBound - zero)
        }.sorted { $0.day < $1.day }
    }

    private func assessed(_ rule: InstrumentTotalRule) -> [CaseVisit] {
        let items = Set(rule.domains.flatMap { [$0.score.oid, $0.urgent.oid] })
        return record.visits.filter { visit in
            !visit.isVoid
                && (visit.values.conflicts[rule.group] != nil
                    || visit.values.agreed.keys.contains(where: items.contains))
        }
    }

    private func place(_ visit: CaseVisit, _ day: Int) -> String {
        visit.name + words.comma + words("dayNumber", n: day)
    }

    // MARK: Doses, by days since the drug's first day

    private func picture(of plan: DrugPlan) -> LinePicture {
        let shown = plan.drug.unit.map { words.unit($0) }
        let unit = shown.map { "\u{2009}\($0)" } ?? ""
        let taken = study.ruleBook.takenDoses(of: plan.drug, by: record).map { dose in
            LinePicture.Point(
                x: Double(dose.day), y: dose.dose.approximate,
                place: words("dayNumber", n: dose.day) + words.comma + words.date(dose.start.description),
                text: "\(dose.dose)\(unit)", isOpen: dose.isInConflict)
        }
        let plans = [plan.segments.value ?? []] + plan.versions.map(\.segments)
        // A plan without an end is drawn to the last visit that the study plans, or past what was taken.
        let last = plans.flatMap { $0.map { $0.toDay.map { $0 + 1 } ?? $0.fromDay + 14 } }.max() ?? 0
        let horizon = max(
            Double(last), Double(study.events.compactMap(\.day).max() ?? 0), taken.map(\.x).max() ?? 0)
        func series(_ label: String, _ segments: [DoseSegment]) -> LinePicture.Series {
            let isOpen = segments.contains { $0.toDay == nil }
            return .init(label, .step, steps(segments, unit), until: isOpen ? horizon : nil)
        }
        let measured = study.ruleBook.tapers.first { $0.drug.rule == plan.drug.rule }?.weight.item.unit
        let weightUnit = measured.map { "\u{2009}\(words.unit($0))" } ?? ""
        var all = plan.segments.value.map { [series(words("planned"), $0)] } ?? []
        for version in plan.versions where !version.segments.isEmpty {
            let weight = version.weight.map { "\($0)\(weightUnit)" } ?? words("empty")
            all.append(series(words("planned") + words.comma + weight, version.segments))
        }
        all.append(.init(words("taken"), .points, taken))
        let label = study.rule(plan.drug.rule)?.label[words.language] ?? plan.drug.rule
        return LinePicture(
            title: words("doses", ["drug": label]), xLabel: words("daysSinceStart"),
            yLabel: shown ?? "", series: all)
    }

    /// Where the dose changes; after the last day of a segment that no other follows it is 0.
    private func steps(_ segments: [DoseSegment], _ unit: String) -> [LinePicture.Point] {
        func step(_ day: Int, _ dose: ExactDecimal) -> LinePicture.Point {
            LinePicture.Point(
                x: Double(day), y: dose.approximate, place: words("dayNumber", n: day),
                text: "\(dose)\(unit)")
        }
        return segments.indices.flatMap { index -> [LinePicture.Point] in
            let segment = segments[index]
            let begun = step(segment.fromDay, segment.dose)
            let next = segments.indices.contains(index + 1) ? segments[index + 1].fromDay : nil
            guard let end = segment.toDay.map({ $0 + 1 }), next.map({ end < $0 }) ?? true else {
                return [begun]
            }
            return [begun, step(end, ExactDecimal(0))]
        }
    }
}

extension InstrumentTotalRule.Domain {
    /// The domain alone: what the label of its score says before the colon.
    package func label(_ language: Language) -> String {
        let label = score.label[language]
        return label.split { ":：".contains($0) }.first.map(String.init) ?? label
    }
}

extension Value {
    /// For a place in a picture; never for a decision.
    fileprivate var approximate: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .decimal(let quantity): quantity.number.approximate
        default: nil
        }
    }
}

extension ExactDecimal {
    /// For a place in a picture; never for a decision.
    fileprivate var approximate: Double { Double(description) ?? 0 }
}
