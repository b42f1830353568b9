package import TrialModel

/// An edit against a lock or a void: what it is to keep the one, or to take the other.
extension ConflictPage {
    var isOfState: Bool { shown.kind == .editAfterLock || shown.kind == .editVersusVoid }

    /// What is compared item by item: a lock or void says nothing of the items, what it keeps does.
    static func compared(_ shown: ConflictView) -> [[ItemValue]] {
        guard shown.kind == .editAfterLock || shown.kind == .editVersusVoid else {
            return shown.versions.map(\.values)
        }
        let edits = shown.versions.map(\.values).filter { values in
            !values.contains { $0.item == shown.register }
        }
        return edits + (shown.before.isEmpty ? [] : [shown.before])
    }

    /// Whether these values say that the lock or void stays.
    private func keepsState(_ values: [ItemValue]) -> Bool {
        values.contains { $0.item == shown.register && $0.value == .yesNo(true) }
    }

    /// What the side of the lock or void says; `nil` of any other values.
    func stateText(_ values: [ItemValue]) -> String? {
        guard isOfState, values.contains(where: { $0.item == shown.register }) else { return nil }
        guard keepsState(values) else { return words("voidLifted") }
        guard shown.kind == .editAfterLock else { return words("void") }
        return shown.before.isEmpty
            ? words("asLocked") : words("valueAsLocked", ["value": text(of: shown.before)])
    }

    /// Whether a side is the lock, and so speaks of what somebody else had entered.
    func isLock(_ version: VersionView) -> Bool {
        shown.kind == .editAfterLock && keepsState(version.values)
    }

    /// Who entered what a side says; of a lock, who locked that as well.
    ///
    /// - Parameter name: how a save is named.
    package func makers(of version: VersionView, _ name: (EntryStamp) -> String) -> String {
        guard isLock(version) else { return name(version.stamp) }
        let names = shown.enteredBefore.map(name).reduce(into: [String]()) { names, name in
            if !names.contains(name) { names.append(name) }
        }
        let all = names + [locked(version.stamp, by: version.stamp.author)]
        return all.joined(separator: words.semicolon)
    }

    /// Who locked the record, and when.
    func locked(_ stamp: EntryStamp, by who: String) -> String {
        words("lockedBy", ["who": who, "at": words.time(stamp.at)])
    }

    /// What the choice of a side is called.
    func takeLabel(_ version: VersionView) -> String {
        guard isOfState else { return words("takeThis") }
        guard keepsState(version.values) else {
            return differing.count > 1
                ? words("takeEdit") : words("takeValue", ["value": text(of: version)])
        }
        guard shown.kind == .editAfterLock else { return words("keepVoid") }
        return shown.before.isEmpty || differing.count > 1
            ? words("keepLocked") : words("keepValueLocked", ["value": text(of: shown.before)])
    }

    /// What becomes of the lock or void, and of the signatures that stay; none of values that differ.
    ///
    /// - Parameters:
    ///   - values: those of the side that is taken.
    ///   - kept: whose signatures stay valid.
    package func stateEffects(taking values: [ItemValue], isLocked: Bool, kept: [String]) -> [Effect] {
        guard isOfState else { return [] }
        var effects = kept.map { Effect(words("signatureStays", ["user": $0])) }
        if shown.kind == .editVersusVoid {
            effects.append(Effect(words(keepsState(values) ? "staysVoid" : "voidLifted")))
        }
        if isLocked { effects.append(Effect(words("staysLocked"))) }
        return effects
    }

    /// What a decision would do, without its effects.
    func stateSentences(taking entry: String) throws(Problem) -> [String] {
        guard let taken = shown.versions.first(where: { $0.stamp.entry == entry }) else {
            throw Problem(.notFound, "conflict \(shown.id.hex) has no value \(entry)")
        }
        let edits = shown.versions.filter { stateText($0.values) == nil }
        let isLock = shown.kind == .editAfterLock
        if keepsState(taken.values) {
            let kept = words(isLock ? "willKeepLocked" : "willKeepVoid", said(taken))
            return [kept] + edits.map { words("willNotTake", said($0)) }
        }
        return edits.map { edit in
            words(
                isLock ? "willTakeLate" : "willTakeUnvoided",
                said(edit).merging(["old": text(of: shown.before)]) { $1 })
        }
    }
}
