import TrialPages

/// The form of a visit or log line, as the template shows it.
struct FormModel: Sendable {
    struct Tab: Sendable {
        let href: String
        let name: String
        /// What the study calls the visit: `Week 12`.
        let label: String
        let mark: String
        /// The state in words, for those who do not see the mark.
        let state: String
        /// That there is a finding that weighs; `nil` if not.
        let finding: String?
        let isCurrent: Bool
    }

    /// When the visit is to take place, or took place.
    struct Window: Sendable {
        let mark: String
        let text: String
    }

    struct Group: Sendable {
        let label: String
        let fields: [Field]
        /// Of a group that is in conflict, the items in which all versions agree.
        let folded: Folded?
        let grid: Grid?
        /// What rules compute, beside what is entered: the planned dose.
        let derived: [Labelled]
    }

    struct Folded: Sendable {
        let label: String
        let fields: [Field]
    }

    struct Labelled: Sendable {
        let label: String
        let text: String
        let item: String
        /// What is said of it while the form holds what is not saved; `nil` if it is known.
        let later: String?
    }

    struct Option: Sendable {
        let value: String
        let label: String
        let isChosen: Bool
    }

    /// One item, with everything that is known about it.
    struct Field: Sendable {
        let item: String
        let label: String
        let unit: String?
        /// What stands in the field now.
        let value: String
        /// What the form was opened with: only what differs from it is saved.
        let was: String
        /// Who saved last what stands there: said where it comes in while the form is open.
        let changed: String?
        let isText: Bool
        let isArea: Bool
        let isSelect: Bool
        /// The width of a text field, in characters.
        let size: String
        let inputMode: String
        let options: [Option]
        /// Coded reasons for a value that is missing.
        let missing: [Option]
        let hint: String?
        /// The last answer at an earlier visit.
        let earlier: String?
        /// The dose that the plan gives for this visit.
        let planned: String?
        /// What is said of it while the form holds what is not saved; `nil` if it is known.
        let plannedLater: String?
        /// What is saved, where something else stands in the field, or was typed in another unit.
        let saved: String?
        /// Why what was typed is not taken.
        let error: String?
        /// Whether it is the first that is not taken: there one goes on.
        let isFirstRefused: Bool
        /// What came in while the form was open.
        let late: [String]
        /// What was saved of it and is held by a lock, or stands against a void.
        let held: [String]
        /// What is found in what was typed and is not saved.
        let typedFindings: [String]
        let findings: [Finding]
        /// Both values, where people do not agree; then there is no field.
        let both: Both?
        let mayEdit: Bool
        /// What stands there, where nothing may be entered.
        let standing: String
        /// What had been typed before nothing could be entered here any more.
        let unsaved: Unsaved?
    }

    struct Unsaved: Sendable {
        let text: String
        let was: String
        let said: String
    }

    struct Both: Sendable {
        let versions: [ShownValue.Version]
        let href: String
    }

    struct Finding: Sendable {
        let message: String
        let why: String
        let mark: String
        let confirmed: Bool
        /// `nil` if it cannot be confirmed.
        let confirm: String?
        let id: String
    }

    /// An instrument: one row a domain.
    struct Grid: Sendable {
        struct Row: Sendable {
            let label: String
            let item: String
            let was: String
            /// Who saved last what stands there.
            let changed: String?
            /// The last answer at an earlier visit: `BL, 2 Mar 2026: 2`.
            let earlier: String?
            let scores: [Score]
            let urgent: Tick?
            let damage: Tick?
            let error: String?
            /// What the checks find in what is typed.
            let typedFindings: [String]
            /// The coded reason for a score that is missing; `nil` of one not done, which is a choice.
            let missing: String?
        }

        struct Score: Sendable {
            let value: String
            let isChosen: Bool
            let label: String
        }

        struct Tick: Sendable {
            let item: String
            let was: String
            /// Who saved last what stands there.
            let changed: String?
            let isChosen: Bool
            let label: String
            let typedFindings: [String]
        }

        let group: String
        let heads: [String]
        let rows: [Row]
        let totalLabel: String
        let total: String
        let late: [String]
        let findings: [Finding]
        let mayEdit: Bool
    }

    struct Signing: Sendable {
        let action: String
        let canSign: Bool
        /// Why not, if so.
        let why: String
        /// What is open on the sheet: findings and queries.
        let open: [String]
        /// Whether a signature was refused, and its form comes back.
        let isRefused: Bool
        /// What had been filled in as its meaning.
        let meaning: String
    }

    /// What was typed and not saved, with what one says to discard it.
    struct Draft: Sendable {
        let note: String
        let sure: String
    }

    let participant: String
    let participantHref: String
    let tabs: [Tab]
    let window: Window?
    let states: [String]
    let action: String
    let base: String
    /// What the page shows, whatever the form was opened with: a signature covers this.
    let shown: String
    /// Another text for another state of what is shown: a page that is shown stays while it is the same.
    let version: String
    /// The number of this form, which a draft keeps.
    let form: String
    /// The number of this page: what is typed in it comes in order.
    let page: String
    /// What was found on values of another record alone.
    let topFindings: [Finding]
    /// The same of what is typed and is not saved.
    let topTyped: [String]
    let groups: [Group]
    let mayEdit: Bool
    let needsReason: Bool
    /// Whether the save was refused for want of the reason.
    let isReasonRefused: Bool
    let reason: String
    let draft: Draft?
    let late: [String]
    /// That what stands in the form is not saved, and whether it is kept; empty if nothing differs.
    let draftState: String
    let placeState: String
    let signatures: [String]
    let signing: Signing?
    let askAction: String?
    let askable: [Option]
    let history: [HistoryModel]
}
