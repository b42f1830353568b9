/// What becomes of a step that would pass the dose from which steps are smaller.
public enum PassingStep: String, Hashable, Sendable, CaseIterable {
    /// It goes to that dose: 32.5 - 5 gives 30.
    case stopsAtLowerFrom
    /// It is a full step: 32.5 - 5 gives 27.5.
    case goesOn
}

/// A drug that starts by body weight and is reduced step by step until it is stopped.
///
/// Steps apply on the days that are multiples of ``stepDays``, never on day 0.
public struct TaperRule: DrugRule, Hashable {
    public let drug: StudyDrug
    /// Of the drug per unit of weight, per day.
    public let dosePerWeight: ExactDecimal
    /// The most that is given per day.
    public let maximum: ExactDecimal
    /// The days from one step to the next.
    public let stepDays: Int
    /// How much less is given after a step, above ``lowerFrom``.
    public let step: ExactDecimal
    /// From this dose on, steps are smaller.
    public let lowerFrom: ExactDecimal
    /// How much less is given after a step, from ``lowerFrom`` on.
    public let lowerStep: ExactDecimal
    /// The first dose is a multiple of it.
    public let rounding: ExactDecimal
    /// What a step does that would pass ``lowerFrom``.
    public let passingStep: PassingStep
    /// The weight that the plan follows from.
    public let weight: ItemAtEvent
    /// Where the first dose that was really prescribed is given.
    public let prescribedFirst: ItemAtEvent?

    /// The dose of day 0: by weight, at most ``maximum``, then rounded to the nearest multiple of
    /// ``rounding`` that is no more than ``maximum``; from the middle between two, the greater.
    ///
    /// - Returns: `nil` if the weight is not more than 0 or gives no dose that could be written.
    public func firstDose(weight: ExactDecimal) -> ExactDecimal? {
        guard weight > ExactDecimal(0), let full = dosePerWeight.multiplied(by: weight) else { return nil }
        let dose = min(full, maximum)
        guard let nearest = dose.rounded(toMultipleOf: rounding) else { return nil }
        let allowed = nearest <= maximum ? nearest : maximum.roundedDown(toMultipleOf: rounding)
        return allowed.flatMap { $0 > ExactDecimal(0) ? $0 : nil }
    }

    /// The doses from day 0 until the drug is stopped.
    ///
    /// - Returns: No segments if the weight gives no dose.
    /// - Complexity: O(number of steps).
    public func plan(weight: ExactDecimal) -> [DoseSegment] {
        var segments: [DoseSegment] = []
        var dose = firstDose(weight: weight)
        var day = 0
        while let current = dose {
            segments.append(DoseSegment(fromDay: day, toDay: day + stepDays - 1, dose: current))
            day += stepDays
            dose = reduced(current)
        }
        return segments
    }

    /// The dose after one step; `nil` if that is the end.
    ///
    /// Doses and steps have few enough digits for every difference to be exact (``RuleReader/doseLimit``).
    private func reduced(_ dose: ExactDecimal) -> ExactDecimal? {
        guard let next = dose.subtracting(dose > lowerFrom ? step : lowerStep) else { return nil }
        if dose > lowerFrom, next < lowerFrom, passingStep == .stopsAtLowerFrom { return lowerFrom }
        return next > ExactDecimal(0) ? next : nil
    }

    /// The plan of the weight on record; while that is in conflict the plan of each version's weight.
    ///
    /// A corrected weight gives another plan, a weight taken later changes nothing.
    public func plan(for participant: ParticipantCase) -> DrugPlan {
        let versions = weight.candidates(in: participant).map(version)
        let prescribed = prescribedFirst.flatMap { $0.value(in: participant).number(of: $0.item) }
        guard !weight.isInConflict(in: participant) else {
            let open = Settled<[DoseSegment]>.open(reason: "\(weight.name) is in conflict")
            return DrugPlan(drug, open, versions: versions, prescribedFirst: prescribed)
        }
        guard let agreed = versions.first, agreed.weight != nil else {
            return DrugPlan(drug, .open(reason: "\(weight.name) is not given"), prescribedFirst: prescribed)
        }
        guard !agreed.segments.isEmpty else {
            return DrugPlan(drug, .open(reason: "\(weight.name) gives no dose"), prescribedFirst: prescribed)
        }
        return DrugPlan(drug, .known(agreed.segments), prescribedFirst: prescribed)
    }

    private func version(_ value: Value) -> DrugPlan.Version {
        let weight = value.number(of: weight.item)
        return DrugPlan.Version(weight: weight, segments: weight.map { plan(weight: $0) } ?? [])
    }
}

extension TaperRule {
    init?(reading reader: RuleReader) {
        reader.allow(
            [
                "dosePerWeight", "maximum", "stepDays", "step", "lowerFrom", "lowerStep", "weight",
                "roundFirstDoseTo", "stepPassingLowerFrom", "prescribedFirst",
            ] + StudyDrug.parameters)
        let unit = reader.unit(of: "maximum")
        let drug = StudyDrug(reading: reader, unit: unit)
        let maximum = reader.amount("maximum", unit: unit)
        let stepDays = reader.required("stepDays")?.integer(in: 1...StudyEvent.dayLimit)
        let step = reader.amount("step", unit: unit)
        let lowerFrom = reader.amount("lowerFrom", unit: unit)
        let lowerStep = reader.amount("lowerStep", unit: unit)
        let rounding = reader.amount("roundFirstDoseTo", unit: unit)
        let passing: PassingStep? = reader.required("stepPassingLowerFrom").flatMap { reader.word($0) }
        let weight = reader.required("weight").flatMap { ItemAtEvent($0, reader, .decimal) }
        let perWeight = reader.amount(
            "dosePerWeight",
            unit: weight.map { Self.unit(unit, per: $0.item.unit) } ?? reader.unit(of: "dosePerWeight"))
        let first = reader.optional("prescribedFirst").flatMap { ItemAtEvent($0, reader, .decimal) }
        if let first, first.item.unit != unit {
            reader.optional("prescribedFirst")?.note(
                "\"\(first.item.oid)\" is not in \(unit ?? "no unit")", at: "item")
        }
        guard let drug, let perWeight, let maximum, let stepDays, let step, let lowerFrom, let lowerStep,
            let rounding, let passing, let weight
        else { return nil }
        (self.drug, dosePerWeight, self.maximum, self.stepDays) = (drug, perWeight, maximum, stepDays)
        (self.step, self.lowerFrom, self.lowerStep) = (step, lowerFrom, lowerStep)
        (self.rounding, passingStep, self.weight, prescribedFirst) = (rounding, passing, weight, first)
        check(reader)
    }

    /// Notes numbers that are each right and do not go together.
    private func check(_ reader: RuleReader) {
        for (name, number) in [("lowerFrom", lowerFrom), ("roundFirstDoseTo", rounding)]
        where number > maximum {
            reader.optional(name)?.note("must be no more than maximum, \(maximum), not \(number)")
        }
        let steps = Int32(StudyEvent.dayLimit / stepDays)
        for (name, size) in [("step", step), ("lowerStep", lowerStep)] {
            guard let most = size.multiplied(by: ExactDecimal(steps)), most < maximum else { continue }
            reader.optional(name)?.note(
                "\(size) is too small: from \(maximum) the drug is not stopped within "
                    + "\(StudyEvent.dayLimit) days")
        }
    }

    /// `mg/d` per `kg` is `mg/kg/d`.
    private static func unit(_ dose: String?, per weight: String?) -> String? {
        guard let dose, let weight else { return dose }
        guard let slash = dose.firstIndex(of: "/") else { return "\(dose)/\(weight)" }
        return "\(dose[..<slash])/\(weight)\(dose[slash...])"
    }
}
