package import TrialModel

extension ConflictPage {
    /// Something that a choice would do.
    package struct Effect: Hashable, Sendable {
        /// In one sentence.
        package let text: String
        /// The whole of what the sentence shortens; `nil` if it says all.
        package let whole: String?

        package init(_ text: String, whole: String? = nil) { (self.text, self.whole) = (text, whole) }
    }

    /// What agreeing on some values would do, in sentences.
    ///
    /// - Parameter plansBefore: with the value that stood before both; empty where there was none.
    package func effects(
        derived: [DerivedValue], plans: [DrugPlan], plansBefore: [DrugPlan] = [], findings: [Finding],
        voided: [String]
    ) -> [Effect] {
        let items = Set(shown.items)
        return Effect.all(
            derived: derived.filter { !$0.value.isEmpty }, plans: plans, plansBefore: plansBefore,
            findings: findings.filter { !items.isDisjoint(with: $0.items) }, voided: voided, study: study,
            words: words)
    }

    /// What is the same whichever side is taken; empty if there is only one.
    func sharedEffects(_ effects: [String: [Effect]]) -> [Effect] {
        let sides = shown.versions.map { effects[$0.stamp.entry] ?? [] }
        guard sides.count > 1, let first = sides.first else { return [] }
        return first.filter { effect in sides.allSatisfy { $0.contains(effect) } }
    }
}

extension ConflictPage.Effect {
    /// What would come of values that are entered, in sentences.
    ///
    /// - Parameters:
    ///   - plansBefore: what is planned of each drug without them.
    ///   - voided: whose signatures would become void.
    package static func all(
        derived: [DerivedValue], plans: [DrugPlan], plansBefore: [DrugPlan], findings: [Finding],
        voided: [String], study: StudyDefinition, words: Words
    ) -> [ConflictPage.Effect] {
        var effects = derived.map { derived -> ConflictPage.Effect in
            let label = study.derivedItem(derived.item)?.label[words.language] ?? derived.item
            let known = derived.value.isEmpty ? words("notKnown") : words.value(derived.value, of: nil)
            return ConflictPage.Effect(label + words.colon + known)
        }
        effects += plans.compactMap { plan in
            ConflictPage.Effect(of: plan, before: plansBefore, study: study, words: words)
        }
        effects += findings.map { ConflictPage.Effect(words.asPrinted($0.text[words.language])) }
        return effects + voided.map { ConflictPage.Effect(words("signatureVoided", ["user": $0])) }
    }

    /// A plan of so many steps is said whole.
    private static let namedSteps = 3

    /// What would be planned of a drug: how the first dose changes, or the first and the last step; `nil`
    /// without a plan.
    ///
    /// - Parameter before: what is planned of each drug without it; empty where nothing is.
    package init?(of plan: DrugPlan, before: [DrugPlan], study: StudyDefinition, words: Words) {
        guard let segments = plan.segments.value, let first = segments.first else { return nil }
        // The rule's label says after a colon what it does with the drug.
        let label = study.rule(plan.drug.rule)?.label[words.language] ?? plan.drug.rule
        let drug = label.split { ":：".contains($0) }.first.map(String.init) ?? label
        let unit = plan.drug.unit.map { "\u{2009}\(words.unit($0))" } ?? ""
        let steps = segments.map { segment in
            words("dayNumber", n: segment.fromDay) + words.colon + "\(segment.dose.normalized)\(unit)"
        }
        let whole = words("plan", ["drug": drug, "steps": steps.joined(separator: " → ")])
        let old = before.first { $0.drug.rule == plan.drug.rule }?.segments.value?.first?.dose
        if let old, old != first.dose {
            let doses = [old, first.dose].map { "\($0.normalized)\(unit)" }
            let change = ["drug": drug, "old": doses[0], "new": doses[1]]
            self.init(words("planFrom", change), whole: whole)
        } else if steps.count > Self.namedSteps, let last = steps.last {
            let short = words("planSteps", n: steps.count, ["first": steps[0], "last": last])
            self.init(words("plan", ["drug": drug, "steps": short]), whole: whole)
        } else {
            self.init(whole)
        }
    }
}
