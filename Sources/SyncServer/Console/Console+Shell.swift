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
        // While a large trial is read, an answer to a form waits no longer than a page for what is counted.
        var isCounted = visitor.may(.read)
        if isCounted, visit.request.method == .post { isCounted = await isRead(readingLimit) }
        let list = isCounted ? try await seen(by: visitor) : nil
        shell.state = try await state(list, visit)
        shell.entries = menu(list, visit)
        return shell
    }

    /// What is not here yet, what people do not agree on and what is late, in words; without a list, only
    /// what has not come.
    private func state(_ list: CaseList?, _ visit: Visit) async throws -> Shell.State {
        let words = visit.words
        let laptops = try await centre.identities.devices().filter { visit.visitor.sees($0.site) }
        let unsent = laptops.reduce(0) { $0 + $1.pending }
        let (conflicts, late) = (list?.conflicts.count ?? 0, list?.visitsLate ?? 0)
        let nothing = words(laptops.isEmpty ? "stateNoLaptops" : "stateNoUnsent")
        var texts = [unsent == 0 ? nothing : words("stateUnsent", n: unsent)]
        if list != nil {
            texts.append(conflicts == 0 ? words("stateNoConflicts") : words("stateConflicts", n: conflicts))
            texts.append(late == 0 ? words("stateNoneLate") : words("stateLate", n: late))
        }
        // What was not counted is not told to be well.
        let isKnown = list != nil || !visit.visitor.may(.read)
        return Shell.State(
            isKnown && unsent + conflicts + late == 0 ? .safe : .waiting, texts.joined(separator: " · "))
    }

    private func menu(_ list: CaseList?, _ visit: Visit) -> [Shell.Entry] {
        let visitor = visit.visitor
        var entries = [entry(.overview, "overview", 0, visit)]
        if visitor.may(.read) {
            entries += [
                entry(.participants, "participants", 0, visit),
                entry(.visits, "visitsToMake", list?.visitsLate ?? 0, visit),
                entry(.records, "records", 0, visit),
                entry(.conflicts, "conflicts", list?.conflicts.count ?? 0, visit),
                entry(.queries, "queries", list?.openQueries ?? 0, visit),
                entry(.quarantine, "quarantine", list?.quarantine.count ?? 0, visit),
                entry(.audit, "auditTrail", 0, visit), entry(.sites, "sites", 0, visit),
                entry(.exports, "exports", 0, visit),
            ]
        }
        entries.append(entry(.study, "studyVersion", 0, visit))
        if visitor.may(.administer) {
            if !visitor.may(.read) { entries.append(entry(.sites, "sites", 0, visit)) }
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
    func seen(by visitor: Visitor) async throws -> CaseList {
        let list = try await centre.list()
        return visitor.grant.role.isBoundToSites ? list.at(visitor.sees) : list
    }

    func openConflicts(_ visitor: Visitor) async throws -> [ConflictView] {
        try await seen(by: visitor).conflicts.map(\.shown)
    }
}
