package import Foundation
package import SyncClient
import TrialModel
package import TrialPages

/// The site's page: everything that site staff does on a laptop, as pages over its store, with the network
/// cable out too.
///
/// A page does nothing that a command cannot do. No socket is known here: ``SiteServer`` brings requests.
///
/// ## Topics
/// - The way in: ``answer(_:)``, the one-time token, `SiteSessions`
/// - What must hold of every request: host, origin, session, CSRF token, unlocked screen, in this order
package struct SitePages: Sendable {
    let places: SiteStore.Places
    let sessions = SiteSessions()
    let token: OneTimeToken
    let renderer = PageRenderer()
    let randomBytes: @Sendable (Int) -> Data
    /// The hosts by which a browser of this laptop asks: what else comes was led here by another's name.
    let hosts: Set<String>
    private let cookieName: String
    /// So long a page waits for the store to be read; then another says that it is.
    var readingLimit: Duration = .seconds(2)

    /// - Parameters:
    ///   - token: the secret of the address; it opens once.
    ///   - port: where the pages are served.
    package init(
        places: SiteStore.Places, token: String, port: Int,
        randomBytes: @escaping @Sendable (Int) -> Data = SitePages.random
    ) {
        (self.places, self.token, self.randomBytes) = (places, OneTimeToken(token), randomBytes)
        hosts = ["127.0.0.1:\(port)", "localhost:\(port)", "[::1]:\(port)"]
        // Cookies know no ports: another program of this laptop may have pages too.
        cookieName = "trialsync-\(port)"
    }

    /// Bytes nobody can guess.
    @Sendable package static func random(_ count: Int) -> Data {
        var generator = SystemRandomNumberGenerator()
        return Data((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }

    /// A request of a browser that was let in.
    struct Visit: Sendable {
        let route: SiteRoute
        let request: PageRequest
        let values: [String: String]
        /// The cookie's value.
        let cookie: String
        let session: SiteSessions.Session

        var words: Words { Words(request.language) }
        func value(_ name: String) -> String { values[name] ?? "" }
    }

    /// A visit of a person who is logged in.
    struct Desk: Sendable {
        let visit: Visit
        let sync: SyncDesk
        let study: StudyDefinition
        /// Which news were out when the request came: the page has seen them.
        let newsSeen: String

        var store: SiteStore { sync.store }
        var words: Words { visit.words }
        var form: FormFields { visit.request.form }

        /// A moment as this laptop's clock shows it; of today only the time, with its zone.
        func localTime(_ milliseconds: Int64) -> String {
            words.localTime(milliseconds, today: store.moment.localDate)
        }
    }

    static let languageCookie = "language"

    /// Answers one request; a refusal is a page too.
    ///
    /// - Parameter isHead: whether only the head is asked for. Nobody looks at that, so it uses nothing up
    ///   that is there once: not the token of the address, nor what the next page says of the last act.
    package func answer(_ request: PageRequest, isHead: Bool = false) async -> PageResponse {
        var request = request
        if isHead { (request.query, request.fetchDestination) = (FormFields(), "empty") }
        request.language =
            request.cookies[Self.languageCookie].flatMap(Language.init(rawValue:)) ?? request.language
        do { return try await admitted(request) } catch {
            let problem = error as? Problem ?? Problem(.internalError, "the page failed: \(error)")
            return await problemPage(problem, request)
        }
    }

    /// Why a browser is not let in, or a form of it not taken, in its own language.
    private func refusal(
        _ code: ProblemCode, _ request: PageRequest, _ sentence: String, _ remedy: String
    ) -> Problem {
        let words = Words(request.language)
        return Problem(code, words(sentence), remedy: words(remedy), in: words.language)
    }

    private func admitted(_ request: PageRequest) async throws -> PageResponse {
        guard let host = request.host, hosts.contains(host.lowercased()) else {
            throw refusal(.notAllowed, request, "foreignHost", "foreignHostRemedy")
        }
        guard let parts = request.parts, let (route, values) = SiteRoute.match(request.method, parts) else {
            throw Problem.unknownPage
        }
        if route == .asset {
            guard let asset = PageResponse.asset(values["asset"] ?? "") else { throw Problem.unknownPage }
            return asset
        }
        let changesSomething = request.method == .post || route == .news
        if changesSomething, !request.comes(from: host) {
            throw refusal(.notAllowed, request, "foreignPage", "foreignPageRemedy")
        }
        if route == .today, let given = request.query["token"] { return try enter(given, request) }
        guard let cookie = request.cookies[cookieName],
            let session = sessions.use(cookie, takesNotice: request.isActivity && request.method == .get)
        else { throw refusal(.tokenInvalid, request, "notLetIn", "notLetInRemedy") }
        let visit = Visit(route: route, request: request, values: values, cookie: cookie, session: session)
        let isOfSession = request.method == .get || request.form["csrf"] == session.csrf
        return try await SiteStore.$isActivity.withValue(request.isActivity) {
            guard isOfSession else { return try await ofOtherSession(visit) }
            return route.access == .browser ? try await byBrowser(visit) : try await byPerson(visit)
        }
    }

    /// A form that a page of this server sent before the program was started again: whoever is logged in and
    /// looks at what stands in it may send it, now as a form of this session. Behind a locked screen nobody
    /// is known to be there.
    private func ofOtherSession(_ visit: Visit) async throws -> PageResponse {
        let problem = refusal(.notAllowed, visit.request, "otherSession", "otherSessionRemedy")
        if let sync = visit.session.desk, !sync.store.isScreenLocked {
            return try await refusal(problem, try await desk(visit, sync))
        }
        if visit.route.access == .browser {
            return await problemPage(problem, visit.request, csrf: visit.session.csrf)
        }
        guard visit.session.desk != nil else { return await logInFirst(visit.request) }
        let locked = refusal(.notAllowed, visit.request, "otherSession", "otherSessionLocked")
        return await problemPage(locked, visit.request)
    }

    /// Leaves a form to the browser that sent it where nobody has logged in: nobody could be given it back.
    func logInFirst(_ request: PageRequest) async -> PageResponse {
        await problemPage(refusal(.notAllowed, request, "otherSession", "otherSessionLogIn"), request)
    }

    /// The session of a request's cookie.
    func session(_ request: PageRequest) -> SiteSessions.Session? {
        request.cookies[cookieName].flatMap { sessions.use($0, takesNotice: false) }
    }

    /// Takes the one-time token for a cookie, and leads away from the address that bears it.
    private func enter(_ given: String, _ request: PageRequest) throws(Problem) -> PageResponse {
        guard token.use(given), let cookie = sessions.begin(randomBytes: randomBytes) else {
            throw refusal(.tokenInvalid, request, "usedAddress", "usedAddressRemedy")
        }
        var response = PageResponse.redirect(to: "/")
        // It outlives a closed browser, not this program: drafts are there again without a new address.
        response.cookies = [
            "\(cookieName)=\(cookie); Path=/; HttpOnly; SameSite=Strict; Max-Age=\(12 * 3600)"
        ]
        return response
    }

    private func byBrowser(_ visit: Visit) async throws -> PageResponse {
        switch visit.route {
        case .language: changeLanguage(visit)
        case .start: startPage(visit)
        case .join: join(visit)
        case .login: loginPage(visit)
        case .logIn: await logIn(visit)
        case .logOut: await logOut(visit)
        case .lock: lock(visit)
        case .unlock: await unlock(visit)
        default: throw Problem.unknownPage
        }
    }

    private func byPerson(_ visit: Visit) async throws -> PageResponse {
        guard let sync = visit.session.desk else {
            return await SiteStore.isEnrolled(at: places) ? withoutPerson(visit) : startPage(visit)
        }
        if sync.store.isScreenLocked { return try await behindLock(visit, sync) }
        // A script puts a page in the place of another: it has the time.
        let isLooked = visit.request.method == .get && visit.request.fetchDestination != "empty"
        if isLooked, await !sync.isRead(within: readingLimit) { return await readingPage(visit, sync) }
        let desk = try await desk(visit, sync)
        do { return try await byPerson(desk) } catch let problem as Problem {
            if problem.code == .screenLocked { return try await behindLock(visit, sync) }
            return try await refusal(problem, desk)
        }
    }

    /// A visit at the desk of whoever is logged in.
    func desk(_ visit: Visit, _ sync: SyncDesk) async throws -> Desk {
        Desk(
            visit: visit, sync: sync, study: try await sync.store.study(),
            newsSeen: try await sync.store.standing().mark)
    }

    private func byPerson(_ desk: Desk) async throws -> PageResponse {
        switch desk.visit.route {
        case .today: try await today(desk)
        // Whoever asks is there: that is all.
        case .stay: .redirect(to: desk.visit.request.back)
        case .sync: beginSync(desk)
        case .cancelSync: endSync(desk)
        case .search: try find(desk)
        case .participants: try await participants(desk)
        case .findParticipant: try await findParticipant(desk)
        case .enrol: try await enrol(desk)
        case .casebook: try await casebook(desk)
        case .paper: try await paper(desk)
        case .form: try await form(desk)
        case .save: try await save(desk)
        case .check: try await check(desk)
        case .sign: try await sign(desk)
        case .ask: try await ask(desk)
        case .conflicts: try await conflicts(desk)
        case .conflict: try await conflict(desk)
        case .resolve: try await resolve(desk)
        case .queries: try await queries(desk)
        case .query: try await query(desk)
        case .answerQuery: try await answerQuery(desk)
        case .logBook: try await logBook(desk)
        default: throw Problem.unknownPage
        }
    }

    // MARK: Answers

    /// A page within the shell of a person.
    func page(
        _ desk: Desk, _ template: Template, title: String, _ model: some Sendable,
        notice: Shell.Notice? = nil, status: Int = 200
    ) async throws -> PageResponse {
        var shell = try await shell(desk, title: title)
        if let notice { shell.notice = notice }
        // It shows what was filled in: no news put another page in its place, but a lock hides it.
        shell.isAnswer = desk.visit.request.method == .post
        return .html(renderer.page(template, model, in: shell), status: status)
    }

    /// A page before anyone is logged in.
    ///
    /// - Parameter state: where the data is, in numbers and times alone.
    func plainPage(
        _ visit: Visit, _ template: Template, title: String, _ model: some Sendable,
        refusal: Problem? = nil, state: Shell.State? = nil
    ) -> PageResponse {
        var shell = Shell(
            title: title, place: visit.words("sitePage"), words: visit.words, path: ownPath(visit))
        (shell.csrf, shell.notice) = (visit.session.csrf, refusal.map { Shell.Notice($0, visit.words) })
        shell.state = state
        let status = refusal?.code.pageStatus ?? 200
        return .html(renderer.page(template, model, in: shell), status: status)
    }

    /// Goes on to a page that says what was done.
    func done(_ desk: Desk, _ text: String, at path: String) -> PageResponse {
        sessions.change(desk.visit.cookie) { $0.notice = Shell.Notice(.done, text) }
        return .redirect(to: path)
    }

    /// Where a form was refused, the page says so, and the form comes back as it was filled in.
    private func refusal(_ problem: Problem, _ desk: Desk) async throws -> PageResponse {
        let request = desk.visit.request
        let title = desk.words(request.method == .post ? "refused" : "problem")
        return try await page(
            desk, .problem, title: title, RefusedModel(problem.code, request, of: desk.study),
            notice: Shell.Notice(problem, desk.words), status: problem.code.pageStatus)
    }

    /// - Parameter csrf: with which the form may be sent again; empty if it may not.
    private func problemPage(
        _ problem: Problem, _ request: PageRequest, csrf: String = ""
    ) async -> PageResponse {
        let words = Words(request.language)
        var shell = Shell(title: words("problem"), place: words("sitePage"), words: words, path: "/")
        (shell.csrf, shell.notice) = (csrf, Shell.Notice(problem, words))
        shell.state = await session(request)?.desk?.state(words)
        // Whatever refused it: what was filled in stands here, to be copied or sent again.
        let fields = request.method == .post ? request.form.kept(words.language) : []
        let model = RefusedModel(problem.code, fields: fields, path: request.path)
        return .html(renderer.page(.problem, model, in: shell), status: problem.code.pageStatus)
    }

    /// The page that a visit asks for; after a form that was sent, the one it stood on.
    func ownPath(_ visit: Visit) -> String {
        visit.request.method == .get ? visit.request.path : visit.request.back
    }

    private func changeLanguage(_ visit: Visit) -> PageResponse {
        let language = visit.request.form["language"].flatMap(Language.init(rawValue:)) ?? .en
        var response = PageResponse.redirect(to: visit.request.back)
        response.cookies = [
            "\(Self.languageCookie)=\(language.rawValue); Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000"
        ]
        return response
    }
}

/// Rows of a table that is left out without any: templates read stored properties only.
struct Listed<Row: Sendable>: Sendable {
    let rows: [Row]
    /// `nil` if all rows are there.
    let paging: Paging?

    init?(_ rows: [Row], paging: Paging? = nil) {
        guard !rows.isEmpty else { return nil }
        (self.rows, self.paging) = (rows, paging)
    }
}

extension Problem {
    static var unknownPage: Problem {
        Problem(.notFound, "there is no such page", remedy: "go to the first page")
    }
}

extension ProblemCode {
    /// The status of a page that says so.
    var pageStatus: Int {
        switch self {
        case .notAllowed, .userDisabled, .deviceRevoked, .deviceLost: 403
        case .notFound, .unknownParticipant, .unknownForm, .unknownEvent: 404
        case .tokenInvalid, .wrongPassword, .screenLocked: 401
        case .tooManyAttempts, .tooManyRequests: 429
        case .internalError, .storeDamaged, .storeFailed, .diskFull, .diskFailed: 500
        case .serverUnreachable, .serverFailed: 502
        default: 422
        }
    }
}
