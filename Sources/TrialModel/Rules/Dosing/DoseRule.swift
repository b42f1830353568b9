/// A drug that is given by the same schedule to everyone: 2 mg on days 0 to 2, then 1 mg.
public struct DoseRule: DrugRule, Hashable {
    public let drug: StudyDrug
    /// The schedule, from day 0 without gaps.
    public let plan: [DoseSegment]

    init?(reading reader: RuleReader) {
        reader.allow(["doses"] + StudyDrug.parameters)
        let drug = StudyDrug(reading: reader, unit: reader.unit(of: "doses"))
        guard let plan = reader.required("doses").flatMap({ Self.segments($0, reader) }), let drug else {
            return nil
        }
        (self.drug, self.plan) = (drug, plan)
    }

    /// The schedule; it depends on nothing that is recorded.
    public func plan(for participant: ParticipantCase) -> DrugPlan { DrugPlan(drug, .known(plan)) }

    private static func segments(_ node: DefinitionNode, _ reader: RuleReader) -> [DoseSegment]? {
        let elements = node.elements(atLeast: 1)
        let segments = elements.map { segment($0, reader) }
        var expected = 0
        for (index, (element, segment)) in zip(elements, segments).enumerated() {
            guard let segment else { return nil }
            if segment.fromDay != expected {
                let what = segment.fromDay < expected ? "overlaps what stands before" : "leaves a gap"
                element.note("\(what): must be \(expected)", at: "fromDay")
                return nil
            }
            if segment.toDay == nil, index + 1 < elements.count {
                element.note("has no end, and more doses follow", at: "toDay")
                return nil
            }
            expected = (segment.toDay ?? expected) + 1
        }
        return segments.compactMap(\.self)
    }

    private static func segment(_ node: DefinitionNode, _ reader: RuleReader) -> DoseSegment? {
        node.allowKeys("fromDay", "toDay", "dose")
        let fromDay = node.required("fromDay")?.integer(in: 0...StudyEvent.dayLimit)
        let toDay = node["toDay"].map { $0.integer(in: 0...StudyEvent.dayLimit) }
        let dose = node.required("dose").flatMap { reader.amount($0) }
        guard let fromDay, let dose, toDay != .some(nil) else { return nil }
        if let last = toDay.flatMap(\.self), last < fromDay {
            node.note("\(last) is before fromDay, \(fromDay)", at: "toDay")
            return nil
        }
        return DoseSegment(fromDay: fromDay, toDay: toDay.flatMap(\.self), dose: dose)
    }
}
