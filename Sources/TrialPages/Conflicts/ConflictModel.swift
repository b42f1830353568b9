/// A conflict, as the template `conflict` shows it in both applications.
package struct ConflictModel: Sendable {
    /// One of the values that stand against each other.
    package struct Side: Sendable {
        let entry: String
        /// Where the sides differ; of a single item all there is.
        let values: [LabelledValue]
        /// Who entered the values, in one line; of a lock, who locked them as well.
        let who: String
        let makers: [Maker]
        /// Of the side of a lock: who locked the values, and when.
        let locked: String?
        let reason: String?
        /// What would be computed, planned and found if it were taken, and not if another were.
        let effects: [ConflictPage.Effect]
        let hasEffects: Bool
        let canTake: Bool
        /// What taking it is called.
        let takeLabel: String
        /// Whether it was chosen before, where the form comes back.
        let isChosen: Bool
    }

    /// Who entered what stands on a side.
    package struct Maker: Sendable {
        let name: String
        let whenMade: String
        let received: String
    }

    /// One of the records that bear one number.
    package struct Bearer: Sendable {
        let name: String
        let href: String
        /// What the way to another number is called.
        let act: String
        /// `nil` for who may not give one.
        let actHref: String?

        package init(name: String, href: String, act: String, actHref: String?) {
            (self.name, self.href, self.act, self.actHref) = (name, href, act, actHref)
        }
    }

    package struct LabelledValue: Sendable {
        /// `nil` where there is only one.
        let label: String?
        let text: String
        let differs: Bool
        /// A text of several words, with those marked that another version lacks.
        var parts: [WordDifference.Part] = []
        var hasParts = false
    }

    /// Where another value is entered: as the item takes it.
    package struct Field: Sendable {
        let item: String
        let label: String
        let unit: String
        /// What all sides agree on; empty where they do not.
        let value: String
        let isText: Bool
        let isArea: Bool
        let isSelect: Bool
        /// A full date: typed as `2026-03-02`, for a browser shows its own date fields by its locale.
        let isDate: Bool
        let inputMode: String
        let options: [Choice]
        /// Why there is no value.
        let missing: [Choice]
        let hint: String?
    }

    /// Fields that stand together; those in which all sides agree are folded away, filled in.
    package struct FieldGroup: Sendable {
        let isFolded: Bool
        let fold: String
        let fields: [Field]
    }

    let id: String
    let kind: String
    let meaning: String
    /// For how long it has been open; empty if it is decided.
    let open: String
    /// What stood there before anyone saved one of the values.
    let before: [String]
    let visitHref: String
    let participant: String
    let visit: String
    let sides: [Side]
    let bearers: [Bearer]
    let hasBearers: Bool
    /// What would come of it whichever side is taken.
    let sharedEffects: [ConflictPage.Effect]
    let hasSharedEffects: Bool
    /// What is the same on all sides, where there is more than one item; and how much that is.
    let same: [LabelledValue]
    let hasSame: Bool
    let sameNote: String
    let fieldGroups: [FieldGroup]
    let canSet: Bool
    let mayResolve: Bool
    /// The reason that was typed before, where a form comes back.
    let reason: String
    /// Whether another value was chosen before.
    let isSet: Bool
    let isResolved: Bool
    let resolution: String
    let history: [HistoryModel]
    /// What else stands on the visit, folded away, and how much that is.
    let neighbours: [ConfirmModel.LabelledValue]
    let hasNeighbours: Bool
    let neighbourNote: String
    let canAsk: Bool
    let askAction: String
    /// Whom the question goes to.
    let askLabel: String
}
