import Mustache
package import TrialModel

/// One participant's whole casebook for paper: every visit and log line with every item, nothing folded away
/// but the domains of an instrument that nobody answered: those are counted.
///
/// It is made of what commands and pages show, so the console and a site's page can both print it.
package struct CasebookModel: Sendable {
    struct Row: Sendable {
        let label: String
        let item: String
        /// What stands there; empty where people do not agree.
        let value: String
        /// Each value with who entered it, where people do not agree.
        let versions: [String]
        /// Who entered what stands there, and when; `″` where it is the same as in the row above.
        var entered: String
        let findings: [String]

        init(
            _ label: String, _ item: String = "", value: String = "", versions: [String] = [],
            entered: String = "", findings: [String]
        ) {
            (self.label, self.item, self.value, self.versions) = (label, item, value, versions)
            (self.entered, self.findings) = (entered, findings)
        }
    }

    struct Group: Sendable {
        let label: String
        let rows: [Row]
    }

    struct Sheet: Sendable {
        let participant: String
        let name: String
        let label: String
        /// `locked, in conflict`: one text, or none.
        let states: [String]
        /// That saves of it are in quarantine.
        let quarantined: [String]
        /// What was found on values of another record alone.
        let topFindings: [String]
        let groups: [Group]
        let derived: [String]
        let signatures: [String]
        /// What is open besides the values that differ: an edit that a lock or a void stands against.
        let conflicts: [String]
        let queries: [String]
    }

    let site: String
    let study: String
    let printed: String
    let back: String
    let sheets: [Sheet]
    let isEmpty: Bool
    /// Those that are about the participant as such.
    let queries: [String]
    let hasQueries: Bool

    /// - Parameters:
    ///   - views: the visits and log lines in their order, each with its history.
    ///   - queries: all of the participant.
    ///   - conflicts: those that are open.
    ///   - printed: the moment, ISO 8601.
    ///   - back: where the page goes back to.
    package init(
        _ views: [VisitView], queries: [QueryView], conflicts: [ConflictView], site: SiteCode,
        study: StudyDefinition, words: Words, printed: String, back: String
    ) {
        let paper = CasebookPaper(study: study, words: words)
        sheets = views.map { view in
            paper.sheet(
                view, queries.filter { $0.thread.event == view.header.eventName },
                conflicts.filter { $0.visit.record == view.header.record })
        }
        let names = Set(views.map(\.header.eventName))
        self.queries = queries.filter { !names.contains($0.thread.event) }.map(paper.query)
        (isEmpty, hasQueries) = (sheets.isEmpty, !self.queries.isEmpty)
        (self.site, self.back) = (site.text, back)
        self.study = study.oid + words.comma + "\(words("version")) \(study.version)"
        self.printed = words.time(printed)
    }
}

/// A casebook has thousands of parts: each answers by name, so that none is reflected.
extension CasebookModel.Row: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "label": label
        case "item": item
        case "value": value
        case "isConflict": !versions.isEmpty
        case "versions": versions
        case "entered": entered
        case "findings": findings
        default: nil
        }
    }
}

extension CasebookModel.Group: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "label": label
        case "rows": rows
        default: nil
        }
    }
}

extension CasebookModel.Sheet: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "participant": participant
        case "name": self.name
        case "label": label
        case "states": states
        case "quarantined": quarantined
        case "topFindings": topFindings
        case "groups": groups
        case "derived": derived
        case "signatures": signatures
        case "conflicts": conflicts
        case "queries": queries
        default: nil
        }
    }
}
