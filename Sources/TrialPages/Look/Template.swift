/// The pages there are.
package enum Template: String, CaseIterable, Sendable {
    case login, problem, overview, conflicts, conflict, participants, participant, visit, queries, query
    case quarantine, laptops, people, audit, sites, study, exports, confirm
    case casebook, records, visits, kept, serious, hints, links, moving, versions, waiting
    case siteLogin, siteStart, siteLock, siteToday, siteParticipants, siteCasebook, siteForm
    case siteConflicts, siteLogBook
}

extension Template {
    /// What the page is, as a key of the words, where its own title names a participant: the browser keeps
    /// the title of its tab in a history that outlives the log-out. `nil` where the title can be kept.
    var kind: String? {
        switch self {
        case .visit, .siteForm: "visit"
        case .participant, .siteCasebook, .casebook, .moving: "participant"
        case .conflict: "conflicts"
        case .query: "query"
        case .kept: "quarantine"
        case .confirm: "confirmTab"
        default: nil
        }
    }
}

extension PageRenderer {
    /// Every template with its text; a test compares the list with the folder.
    static let templates: [String: [UInt8]] = [
        "shell": PackageResources.shell_mustache, "login": PackageResources.login_mustache,
        "problem": PackageResources.problem_mustache, "overview": PackageResources.overview_mustache,
        "conflicts": PackageResources.conflicts_mustache, "conflict": PackageResources.conflict_mustache,
        "participants": PackageResources.participants_mustache,
        "participant": PackageResources.participant_mustache, "visit": PackageResources.visit_mustache,
        "queries": PackageResources.queries_mustache, "query": PackageResources.query_mustache,
        "quarantine": PackageResources.quarantine_mustache, "laptops": PackageResources.laptops_mustache,
        "people": PackageResources.people_mustache, "history": PackageResources.history_mustache,
        "both": PackageResources.both_mustache, "shown": PackageResources.shown_mustache,
        "shownLine": PackageResources.shownLine_mustache, "pages": PackageResources.pages_mustache,
        "audit": PackageResources.audit_mustache, "sites": PackageResources.sites_mustache,
        "study": PackageResources.study_mustache, "exports": PackageResources.exports_mustache,
        "confirm": PackageResources.confirm_mustache, "casebook": PackageResources.casebook_mustache,
        "records": PackageResources.records_mustache, "visits": PackageResources.visits_mustache,
        "kept": PackageResources.kept_mustache, "search": PackageResources.search_mustache,
        "serious": PackageResources.serious_mustache, "hints": PackageResources.hints_mustache,
        "seriousTable": PackageResources.seriousTable_mustache,
        "sitesTable": PackageResources.sitesTable_mustache, "links": PackageResources.links_mustache,
        "moving": PackageResources.moving_mustache, "versions": PackageResources.versions_mustache,
        "versionsTable": PackageResources.versionsTable_mustache,
        "siteLogin": PackageResources.siteLogin_mustache,
        "siteStart": PackageResources.siteStart_mustache,
        "waiting": PackageResources.waiting_mustache,
        "siteLock": PackageResources.siteLock_mustache, "siteToday": PackageResources.siteToday_mustache,
        "siteParticipants": PackageResources.siteParticipants_mustache,
        "siteCasebook": PackageResources.siteCasebook_mustache,
        "siteForm": PackageResources.siteForm_mustache, "siteField": PackageResources.siteField_mustache,
        "siteFinding": PackageResources.siteFinding_mustache,
        "siteSearch": PackageResources.siteSearch_mustache,
        "siteConflicts": PackageResources.siteConflicts_mustache,
        "siteLogBook": PackageResources.siteLogBook_mustache,
    ]
}
