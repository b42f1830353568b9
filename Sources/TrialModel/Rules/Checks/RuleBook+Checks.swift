extension RuleBook {
    /// The rules that are edit checks too, in the order their findings are shown.
    var caseChecks: [any CaseCheck] {
        let eligibility: [any CaseCheck] = eligibility.map { [$0] } ?? []
        let overlaps = drugRules.compactMap(\.drug.exposure).map(ExposureOverlapCheck.init)
        return therapeuticWindows + eligibility + overlaps
    }

    /// The roles that may decide a conflict; coordinators and investigators unless the study says otherwise.
    public var resolveBy: [Role] { conflictResolution?.resolveBy ?? [.coordinator, .investigator] }
}
