import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

extension Console {
    /// What stands around every page of a visitor.
    func shell(_ visit: Visit, title: String) async throws -> Shell {
        let (words, visitor) = (visit.words, visit.visitor)
        var shell = Shell(title: title, place: visit.study.oid, words: words, path: visit.request.path)
        shell.person = Shell.Person(name: visitor.grant.name, role: words("role.\(visitor.grant.role.name)"))
        shell.csrf = visitor.session.csrf
        shell.notice = visitor.session.notice
        shell.news = "/news?since=\(visit.request.newsSeen)"
        shell.entries = try await menu(visit)
        return shell
    }

    private func menu(_ visit: Visit) async throws -> [Shell.Entry] {
        let visitor = visit.visitor
        var entries = [entry(.overview, "overview", 0, visit)]
        if visitor.may(.read) {
            let list = try await seen(by: visitor)
            entries += [
                entry(.participants, "participants", 0, visit), entry(.records, "records", 0, visit),
                entry(.conflicts, "conflicts", list.conflicts.count, visit),
                entry(.queries, "queries", list.openQueries, visit),
                entry(.quarantine, "quarantine", list.quarantine.count, visit),
                entry(.audit, "auditTrail", 0, visit), entry(.sites, "sites", 0, visit),
                entry(.exports, "exports", 0, visit),
            ]
        }
        entries.append(entry(.study, "studyVersion", 0, visit))
        if visitor.may(.administer) {
            entries += [entry(.laptops, "laptops", 0, visit), entry(.people, "people", 0, visit)]
        }
        return entries
    }

    private func entry(_ route: ConsoleRoute, _ word: String, _ count: Int, _ visit: Visit) -> Shell.Entry {
        let path = route.template
        let isCurrent =
            path == "/" ? visit.request.path == "/" : visit.request.path.hasPrefix(path)
        return Shell.Entry(href: path, label: visit.words(word), count: count, isCurrent: isCurrent)
    }

    // MARK: What a visitor sees

    /// Participants, conflicts, queries and quarantine of the visitor's sites.
    func seen(by visitor: Visitor) async throws -> CaseList { try await centre.list().at(visitor.sees) }

    func openConflicts(_ visitor: Visitor) async throws -> [ConflictView] {
        try await seen(by: visitor).conflicts.map(\.shown)
    }

    /// What is kept in quarantine at the visitor's sites.
    func kept(_ visitor: Visitor) async throws -> [QuarantinedView] {
        try await seen(by: visitor).quarantine.map(centre.view(of:))
    }
}
