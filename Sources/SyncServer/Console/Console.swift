import Foundation
import SyncProtocol
import TrialModel
package import TrialPages
package import TrialStore

/// The coordinator's console: pages over the centre, each as far as the person's role and sites allow.
///
/// Everything that a page does is what a command does (``Centre``); the console adds no way of its own.
package struct Console: Sendable {
    let centre: Centre
    let sessions: ConsoleSessions
    let searches = ConsoleSearches()
    let renderer = PageRenderer()
    /// Whether browsers come by TLS: then cookies are for TLS only.
    let isTLS: Bool
    /// Whether what pages show was read once; waits for it, but not for longer than is said.
    var isRead: @Sendable (Duration) async -> Bool = { _ in true }
    /// So long a page waits for what it shows to be read; then another says that it is.
    var readingLimit: Duration = .seconds(2)

    package init(_ centre: Centre, sessions: ConsoleSessions = ConsoleSessions(), isTLS: Bool) {
        (self.centre, self.sessions, self.isTLS) = (centre, sessions, isTLS)
    }

    /// A request of a person who is logged in, and how to answer it.
    struct Visitor: Sendable {
        let token: String
        let session: ConsoleSessions.Session
        let grant: PersonGrant
        let study: StudyDefinition
        let words: Words

        /// Whether the person sees what belongs to the site.
        func sees(_ site: SiteCode) -> Bool { grant.covers(site) }

        func may(_ action: Action) -> Bool { grant.role.may(action) }
    }

    /// A visitor's request of one page.
    struct Visit: Sendable {
        let route: ConsoleRoute
        let request: PageRequest
        /// The parameters of the path.
        let values: [String: String]
        let visitor: Visitor
        /// What the list is searched for; `nil` for nothing, or nothing that is still kept.
        var search: FormFields?

        var words: Words { visitor.words }
        var study: StudyDefinition { visitor.study }

        func value(_ name: String) -> String { values[name] ?? "" }
    }

    static let languageCookie = "language"
    var tokenCookie: String { isTLS ? "__Host-trialsync" : "trialsync" }

    /// Answers one request; a refusal is a page too.
    func answer(_ request: PageRequest) async -> (response: PageResponse, route: String) {
        let request = inOwnLanguage(request)
        guard let parts = request.parts else { return (problemPage(.unknownPage, request), "unknown") }
        switch ConsoleRoute.match(request.method, parts) {
        case .unknown: return (problemPage(.unknownPage, request), "unknown")
        case .wrongMethod:
            let problem = Problem(.usage, "this page does not take this method", remedy: "go back")
            return (problemPage(problem, request, status: 405), "unknown")
        case .found(let route, let values):
            do { return (try await answer(route, values, request), route.template) } catch {
                let problem = error as? Problem ?? Problem(.internalError, "the console failed: \(error)")
                return (problemPage(problem, request), route.template)
            }
        }
    }

    /// In the language that the browser was set to here, before the one that it prefers everywhere.
    private func inOwnLanguage(_ request: PageRequest) -> PageRequest {
        var request = request
        request.language =
            request.cookies[Self.languageCookie].flatMap(Language.init(rawValue:)) ?? request.language
        return request
    }

    private func answer(
        _ route: ConsoleRoute, _ values: [String: String], _ request: PageRequest
    ) async throws -> PageResponse {
        if request.method == .post, !request.comes(from: request.host) {
            throw notTaken(request, "foreignPage", "foreignPageConsoleRemedy")
        }
        switch route {
        case .asset:
            guard let asset = PageResponse.asset(values["asset"] ?? "") else { throw Problem.unknownPage }
            return asset
        case .login: return loginPage(request)
        case .logIn: return try await logIn(request)
        case .language: return changeLanguage(request)
        default: break
        }
        guard let visitor = try await visitor(request, isActivity: request.isActivity) else {
            return logInFirst(route, request)
        }
        if isLooked(route, request, visitor), await !isRead(readingLimit) {
            return readingPage(request, visitor)
        }
        var visit = Visit(route: route, request: request, values: values, visitor: visitor)
        visit.search = request.query["search"].flatMap { id in
            searches.fields(id, of: visitor.session, in: route.list.template)
        }
        do {
            try admit(visit)
            return try await answer(visit)
        } catch let problem as Problem { return try await refusal(problem, of: visit) }
    }

    /// Refuses a form of another session, and what the person's role may not do.
    private func admit(_ visit: Visit) throws(Problem) {
        let (request, visitor) = (visit.request, visit.visitor)
        if request.method == .post, request.form["csrf"] != visitor.session.csrf {
            // A page of this console sent it, in a session that has ended: whoever looks at what stands in it
            // may send it, now as a form of this session.
            throw notTaken(request, "otherSession", "otherSessionConsoleRemedy")
        }
        if case .may(let action) = visit.route.access, !visitor.may(action) {
            throw Problem(.notAllowed, "\(visitor.grant.role.name) may not \(action.meaning)")
        }
    }

    /// Why a form is not taken, whoever sent it, in its reader's language.
    private func notTaken(_ request: PageRequest, _ sentence: String, _ remedy: String) -> Problem {
        let words = Words(request.language)
        return Problem(.notAllowed, words(sentence), remedy: words(remedy), in: words.language)
    }

    /// The person behind the session's cookie, with the rights of this moment.
    func visitor(_ request: PageRequest, isActivity: Bool) async throws -> Visitor? {
        guard let token = request.cookies[tokenCookie],
            let session = sessions.use(token, now: centre.environment.now(), isActivity: isActivity)
        else { return nil }
        guard let grant = try await PeopleShelf(centre.replica).person(session.person), !grant.isDisabled,
            grant.generation == session.generation, grant.role.usesConsole
        else {
            sessions.end(token)
            return nil
        }
        return Visitor(
            token: token, session: session, grant: grant, study: try await centre.study(),
            words: Words(request.language))
    }

    private func answer(_ visit: Visit) async throws -> PageResponse {
        switch visit.route {
        case .overview: try await overview(visit)
        case .search: try search(visit)
        case .conflicts: try await conflicts(visit)
        case .conflict: try await conflict(visit)
        case .resolve: try await resolve(visit)
        case .resolveMany: try await resolveMany(visit)
        case .quarantine: try await quarantine(visit)
        case .kept: try await keptPage(visit)
        case .release: try await release(visit)
        case .participants: try await participants(visit)
        case .visits: try await visits(visit)
        case .participant: try await participant(visit)
        case .visit: try await sheet(visit)
        case .casebook: try await casebook(visit)
        case .records: try await records(visit)
        case .decideRecord: try await decideRecord(visit)
        case .renumberForm, .renumber: try await renumber(visit)
        case .repeatForm, .renumberRepeat: try await renumberRepeat(visit)
        case .transferForm, .transfer: try await transfer(visit)
        case .queries: try await queries(visit)
        case .query: try await query(visit)
        case .raiseQuery: try await raiseQuery(visit)
        case .answerQuery, .closeQuery, .reopenQuery: try await continueQuery(visit)
        case .audit: try await audit(visit)
        case .auditFile: try await auditFile(visit)
        case .exports: try await exports(visit)
        case .export: try await export(visit)
        case .serious: try await serious(visit)
        case .outside: try await outside(visit)
        case .pairs: try await pairs(visit)
        case .pair, .decidePair: try await pair(visit)
        case .sites: try await sites(visit)
        case .addSite: try await addSite(visit)
        case .study: try await study(visit)
        case .versions: try await versions(visit)
        case .laptops: try await laptops(visit)
        case .invite: try await invite(visit)
        case .links: try await links(visit)
        case .revokeLink: try await revokeLink(visit)
        case .setLaptop: try await setLaptop(visit)
        case .people: try await people(visit)
        case .setAccess: try await setAccess(visit)
        case .addPerson: try await addPerson(visit)
        case .resetPassword: try await resetPassword(visit)
        case .logOut: logOut(visit)
        // Whoever asks is there: that is all.
        case .stay: .redirect(to: visit.request.back)
        case .login, .logIn, .language, .asset, .news: throw Problem.unknownPage
        }
    }

    // MARK: Answers

    /// The person who acts, as the commands know one.
    func actor(_ visit: Visit) throws(Problem) -> Centre.Actor {
        let grant = visit.visitor.grant
        let author = Author(
            name: grant.name, role: grant.role, now: centre.now, random: centre.environment.random)
        return Centre.Actor(author: author, key: visit.visitor.session.key, grant: grant)
    }

    /// A page within the shell.
    func page(
        _ visit: Visit, _ template: Template, title: String, _ model: some Sendable,
        notice: Shell.Notice? = nil, status: Int = 200
    ) async throws -> PageResponse {
        var shell = try await shell(visit, title: title)
        if let notice { shell.notice = notice }
        if visit.request.method == .post {
            (shell.isAnswer, shell.path) = (true, visit.request.back)
        }
        return .html(renderer.page(template, model, in: shell), status: status)
    }

    /// Goes on to a page that says what was done.
    ///
    /// - Parameters:
    ///   - remedy: what to do with it; `nil` for nothing.
    ///   - copy: a text to be copied whole.
    func done(
        _ visit: Visit, _ text: String, remedy: String? = nil, copy: String? = nil, at path: String
    ) -> PageResponse {
        var notice = Shell.Notice(.done, text, remedy: remedy)
        notice.copy = copy
        sessions.note(notice, for: visit.visitor.token)
        return .redirect(to: path)
    }

    /// Where a form was refused, the page says so, and the form comes back as it was filled in.
    private func refusal(_ problem: Problem, of visit: Visit) async throws -> PageResponse {
        let title = visit.words(visit.request.method == .post ? "refused" : "problem")
        let model = RefusedModel(problem.code, visit.request, of: visit.study)
        var response = try await page(
            visit, .problem, title: title, model, notice: Shell.Notice(problem, visit.words),
            status: problem.code.httpStatus)
        response.code = problem.code
        return response
    }

    /// Why the server did not read a request.
    func unreadPage(_ code: ProblemCode, _ request: PageRequest, status: Int) -> PageResponse {
        renderer.unread(code, status: status, inOwnLanguage(request), place: "console")
    }

    /// A page that says what happened where nobody is known to be logged in.
    ///
    /// - Parameters:
    ///   - status: `nil` for the problem's own.
    ///   - back: where the form stood.
    ///   - links: the ways on.
    func problemPage(
        _ problem: Problem, _ request: PageRequest, status: Int? = nil, back: String = "/",
        links: [Shell.Notice.Link] = []
    ) -> PageResponse {
        let words = Words(request.language)
        var shell = Shell(title: words("problem"), place: words("console"), words: words, path: back)
        var notice = Shell.Notice(problem, words)
        notice.links = links
        shell.notice = notice
        // Whatever refused it: what was filled in stands here, to be copied or sent again.
        let fields =
            request.method == .post && request.path != "/login" ? request.form.kept(request.language) : []
        let model = RefusedModel(problem.code, back: back, fields: fields, path: request.path)
        var response = PageResponse.html(
            renderer.page(.problem, model, in: shell), status: status ?? problem.code.httpStatus)
        response.code = problem.code
        return response
    }
}

extension Problem {
    static var unknownPage: Problem {
        Problem(.notFound, "there is no such page", remedy: "go to the overview")
    }
}

extension Role {
    /// Whether someone of this role works at the console: site staff works on laptops.
    var usesConsole: Bool {
        switch self {
        case .coordinator, .dataManager, .monitor, .statistician, .admin: true
        case .dataEntry, .investigator, .centre: false
        }
    }
}
