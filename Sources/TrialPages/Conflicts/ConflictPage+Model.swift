package import TrialModel

extension ConflictPage {
    /// What only the application knows of a conflict.
    package struct Setting: Sendable {
        /// The sheet it is on.
        package var visitHref = ""
        package var view: VisitView?
        /// The history of the sheet, in the order in which it is shown.
        package var history: [HistoryModel] = []
        /// By entry, what taking it would do.
        package var effects: [String: [Effect]] = [:]
        /// What stood there before both; `nil` where that is not asked.
        package var before: [VersionView]?
        package var canTake = false
        package var mayResolve = false
        /// What was filled in before, where the form comes back.
        package var form = FormFields()
        package var canAsk = false
        package var askAction = ""
        /// Whether who looks stands on the site's side, and so asks the centre.
        package var asksCentre = false
        /// Who bear one number, if that is the conflict.
        package var bearers: [ConflictModel.Bearer] = []
        /// What is said beside the meaning of the conflict.
        package var note = ""
        /// Milliseconds since 1970.
        package var now: Int64

        package init(now: Int64) { self.now = now }
    }

    /// The whole page.
    package func model(_ setting: Setting) -> ConflictModel {
        let isValue = shown.kind == .concurrentEdit
        let meaning = words("conflict.\(shown.kind.rawValue).meaning")
        let shared = sharedEffects(setting.effects)
        let neighbours = neighbours(in: setting.view)
        return ConflictModel(
            id: shown.id.hex, kind: words("conflict.\(shown.kind.rawValue)"),
            meaning: [meaning, setting.note].filter { !$0.isEmpty }.joined(separator: " "),
            open: shown.resolution == nil ? openSince(setting.now) : "", before: before(setting.before),
            visitHref: setting.visitHref, participant: shown.visit.participant,
            visit: shown.visit.eventName,
            sides: shown.versions.map { side($0, setting, without: shared) },
            bearers: setting.bearers, hasBearers: !setting.bearers.isEmpty,
            sharedEffects: shared, hasSharedEffects: !shared.isEmpty,
            same: agreed.filter { !$0.value.isEmpty }.map(labelled),
            hasSame: agreed.contains { !$0.value.isEmpty }, sameNote: words("sameItems", n: agreed.count),
            fieldGroups: isValue ? fieldGroups(setting.form) : [], canSet: isValue && shown.resolution == nil,
            mayResolve: setting.mayResolve, reason: setting.form["reason"] ?? "",
            isSet: setting.form["choice"] == "set",
            isResolved: shown.resolution != nil, resolution: resolution, history: setting.history,
            neighbours: neighbours, hasNeighbours: !neighbours.isEmpty,
            neighbourNote: words("neighboursFold", n: neighbours.count),
            canAsk: setting.canAsk, askAction: setting.askAction,
            askLabel: words(setting.asksCentre ? "askCentre" : "askSite"))
    }

    private func side(
        _ version: VersionView, _ setting: Setting, without shared: [Effect]
    ) -> ConflictModel.Side {
        let effects = (setting.effects[version.stamp.entry] ?? []).filter { !shared.contains($0) }
        let isLock = isLock(version)
        let makers = (isLock ? shown.enteredBefore : [version.stamp]).map { stamp in
            ConflictModel.Maker(
                name: words.who(stamp), whenMade: words.time(stamp.at),
                received: stamp.receivedAt.map { words.time($0) } ?? words("notYetReceived"))
        }
        return ConflictModel.Side(
            entry: version.stamp.entry, values: values(of: version),
            who: self.makers(of: version) { words.who($0) }, makers: makers,
            locked: isLock ? locked(version.stamp, by: words.who(version.stamp)) : nil,
            reason: version.stamp.reason.isEmpty ? nil : version.stamp.reason, effects: effects,
            hasEffects: !effects.isEmpty, canTake: setting.canTake, takeLabel: takeLabel(version),
            isChosen: setting.form["choice"] == version.stamp.entry)
    }

    private func values(of version: VersionView) -> [ConflictModel.LabelledValue] {
        if let state = stateText(version.values) {
            return [ConflictModel.LabelledValue(label: nil, text: state, differs: false)]
        }
        let hidden = Set(agreed.map(\.item))
        return version.values.filter { !hidden.contains($0.item) }.map { value in
            let others = compared.map { Self.value(of: value.item, in: $0) }
            let other = others.first { !$0.agrees(with: value.value) }
            var labelled = ConflictModel.LabelledValue(
                label: shown.items.count > 1 ? label(value.item) : nil,
                text: words.value(value.value, of: study.item(value.item)), differs: other != nil)
            if case .text(let text) = value.value, case .text(let against)? = other {
                labelled.parts = WordDifference.parts(of: text, against: against)
                labelled.hasParts = true
            }
            return labelled
        }
    }

    private func labelled(_ value: ItemValue) -> ConflictModel.LabelledValue {
        ConflictModel.LabelledValue(
            label: label(value.item), text: words.value(value.value, of: study.item(value.item)),
            differs: false)
    }

    private var resolution: String {
        shown.resolution.map { decided in
            words(
                "resolvedBy",
                [
                    "who": decided.stamp.author, "when": words.time(decided.stamp.at),
                    "value": text(of: decided.values), "reason": decided.stamp.reason,
                ])
        } ?? ""
    }

    /// For how long people have not agreed: since the second of the values was received.
    private func openSince(_ now: Int64) -> String {
        let received = shown.versions.compactMap(\.stamp.receivedAt).sorted()
        guard let since = received.dropFirst().first, let moment = OffsetDateTime(since) else { return "" }
        let days = Int(max(0, now / 1_000 - moment.secondsSince1970) / 86_400)
        return words(days == 0 ? "openToday" : "openDays", n: days, ["time": words.time(since)])
    }

    private func before(_ versions: [VersionView]?) -> [String] {
        guard let versions else { return [] }
        guard !versions.isEmpty else { return [words("beforeNothing")] }
        return versions.map { version in
            words(
                "beforeBoth",
                [
                    "value": text(of: version), "who": words.who(version.stamp),
                    "at": words.time(version.stamp.at),
                ])
        }
    }

    private func neighbours(in view: VisitView?) -> [ConfirmModel.LabelledValue] {
        (view?.items ?? []).filter { $0.state != .empty && !shown.items.contains($0.item) }.map { item in
            ConfirmModel.LabelledValue(item, of: study.item(item.item), words)
        }
    }
}
