/// What is planned of one drug for one participant.
public struct DrugPlan: Hashable, Sendable {
    /// The plan that one version of a weight in conflict gives.
    public struct Version: Hashable, Sendable {
        /// The weight; `nil` if that version gives none.
        public let weight: ExactDecimal?
        /// No segments if the weight gives no dose.
        public let segments: [DoseSegment]

        /// `{"weight","doses"}`.
        public var json: JSON {
            .keyed(["weight": weight?.json ?? .null, "doses": .array(segments.map(\.json))])
        }
    }

    /// The drug that is planned.
    public let drug: StudyDrug
    /// The doses by day, or why there is no plan.
    public let segments: Settled<[DoseSegment]>
    /// While the weight is in conflict the plan of each version, in the order of the versions; else empty.
    public let versions: [Version]
    /// The first dose that was really prescribed, if one is on record and it is agreed.
    public let prescribedFirst: ExactDecimal?

    init(
        _ drug: StudyDrug, _ segments: Settled<[DoseSegment]>, versions: [Version] = [],
        prescribedFirst: ExactDecimal? = nil
    ) {
        (self.drug, self.segments, self.versions) = (drug, segments, versions)
        self.prescribedFirst = prescribedFirst
    }

    /// As `trialsync schedule` gives it; null without a plan.
    public var json: JSON { segments.value.map { .array($0.map(\.json)) } ?? .null }
}
