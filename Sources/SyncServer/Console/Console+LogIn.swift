import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

/// What the log-in page shows.
struct LoginModel: Sendable {
    let user: String
    /// Where to go on.
    let back: String
}

extension Console {
    func loginPage(
        _ request: PageRequest, isEnded: Bool = false, refusal: Problem? = nil
    ) -> PageResponse {
        let words = Words(request.language)
        var shell = Shell(title: words("logIn"), place: words("console"), words: words, path: "/login")
        if let refusal { shell.notice = Shell.Notice(refusal, words) }
        if isEnded, refusal == nil {
            let isHeld = request.cookies[tokenCookie].map(sessions.isHolding) ?? false
            shell.notice = Shell.Notice(.attention, words(isHeld ? "sessionEndedHeld" : "sessionEnded"))
        }
        let wanted: String? =
            request.path == "/login"
            ? request.form["back"] ?? request.query["back"]
            : request.method == .get ? request.path : Self.formPage(of: request)
        let model = LoginModel(
            user: request.form["user"] ?? "", back: wanted.flatMap(PageRequest.ownPath) ?? "/")
        let status = refusal?.code.httpStatus ?? (request.path == "/login" ? 200 : 401)
        var response = PageResponse.html(renderer.page(.login, model, in: shell), status: status)
        response.code = refusal?.code
        return response
    }

    func logIn(_ request: PageRequest) async throws -> PageResponse {
        let (name, password) = (request.form["user"] ?? "", request.form["password"] ?? "")
        do {
            let (grant, key) = try await centre.logIn(name, password: password)
            guard grant.role.usesConsole else {
                throw Problem(
                    .notAllowed, "\(grant.name) is \(grant.role.name) and works on a laptop of the site",
                    remedy: "open the site's page with `trialsync ui`")
            }
            let token = try sessions.begin(
                grant, key, now: centre.environment.now(), randomBytes: centre.environment.randomBytes)
            let held = request.cookies[tokenCookie].flatMap { sessions.takeHeld($0, by: grant.name) }
            var response: PageResponse =
                if let held { await heldPage(held, token, request) } else {
                    .redirect(to: request.back)
                }
            response.cookies = [cookie(tokenCookie, token)]
            return response
        } catch let problem as Problem { return loginPage(request, refusal: problem) }
    }

    /// The answer where nobody is logged in. A form is kept for the person whose session it was sent in; one
    /// of no known session, as after a restart, is left to its browser: nobody could be given it back.
    func logInFirst(_ route: ConsoleRoute, _ request: PageRequest) -> PageResponse {
        let isForm = request.method == .post && route != .stay && route != .logOut
        if isForm, !hold(request), let left = leftPage(request) { return left }
        return loginPage(request, isEnded: request.cookies[tokenCookie] != nil)
    }

    /// Keeps what was filled in and sent too late, until its person has logged in again.
    private func hold(_ request: PageRequest) -> Bool {
        guard let token = request.cookies[tokenCookie] else { return false }
        return sessions.hold(request.form, sentTo: request.path, with: token)
    }

    /// What was filled in, and nothing else; `nil` if nothing was.
    private func leftPage(_ request: PageRequest) -> PageResponse? {
        guard request.form.kept().contains(where: { !$0.isHidden }) else { return nil }
        let (words, back) = (Words(request.language), Self.formPage(of: request))
        let problem = Problem(
            .tokenInvalid, words("formLeft"), remedy: words("formLeftRemedy"), in: words.language)
        // What was filled in is on this page only.
        let logIn = Shell.Notice.Link(
            href: "/login?back=\(urlEscaped(back))", label: words("logIn"), opensTab: true)
        return problemPage(problem, request, back: back, links: [logIn])
    }

    /// The page that a form stood on: the one that it names, else the nearest above where it was sent.
    private static func formPage(of request: PageRequest) -> String {
        if let back = request.form["back"].flatMap(PageRequest.ownPath) { return back }
        var parts = request.path.split(separator: "/")
        while !parts.isEmpty {
            let path = "/" + parts.joined(separator: "/")
            if let decoded = PageRequest(.get, path).parts,
                case .found = ConsoleRoute.match(.get, decoded)
            {
                return PageRequest.ownPath(path) ?? "/"
            }
            parts.removeLast()
        }
        return "/"
    }

    /// The form as its person filled it in, on a page of the new session.
    private func heldPage(
        _ held: ConsoleSessions.HeldForm, _ token: String, _ request: PageRequest
    ) async -> PageResponse {
        var sent = request
        (sent.path, sent.form) = (held.path, held.form)
        sent.cookies[tokenCookie] = token
        do {
            guard let visitor = try await visitor(sent, isActivity: true) else {
                throw Problem(.tokenInvalid, "nobody is logged in")
            }
            let visit = Visit(route: .logIn, request: sent, values: [:], visitor: visitor)
            return try await page(
                visit, .problem, title: visit.words("heldTitle"),
                RefusedModel(.tokenInvalid, sent, of: visit.study))
        } catch {
            // The form was given out, and comes no second time.
            let problem = error as? Problem ?? Problem(.internalError, "the page failed: \(error)")
            return problemPage(problem, sent, back: sent.back)
        }
    }

    /// How long before its session ends an open page says so.
    private static let warningMilliseconds: Int64 = 60_000

    /// News for a page that a session has open, until the session ends: then the page is told so, and hides
    /// what it shows. Others may sit down at the computer. A minute before, and when someone has done
    /// something after all, it is told so too.
    ///
    /// - Parameters:
    ///   - token: the session's.
    ///   - pause: waits between two looks at the session.
    func untilEnded(
        _ news: AsyncStream<ServerSentEvent>, token: String,
        pause: @escaping @Sendable () async throws -> Void
    ) -> AsyncStream<ServerSentEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ServerSentEvent.self, bufferingPolicy: .bufferingNewest(16))
        let task = Task {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for await event in news { continuation.yield(event) } }
                group.addTask {
                    var wasSoon = false
                    while !Task.isCancelled,
                        let left = sessions.millisecondsLeft(token, now: centre.environment.now())
                    {
                        let isSoon = left <= Self.warningMilliseconds
                        if isSoon != wasSoon {
                            continuation.yield(ServerSentEvent(name: isSoon ? "soon" : "awake", data: ""))
                        }
                        wasSoon = isSoon
                        do { try await pause() } catch { return }
                    }
                    if !Task.isCancelled { continuation.yield(ServerSentEvent(name: "ended", data: "")) }
                }
                await group.next()
                group.cancelAll()
            }
            continuation.finish()
        }
        continuation.onTermination = { _ in task.cancel() }
        return stream
    }

    func logOut(_ visit: Visit) -> PageResponse {
        sessions.end(visit.visitor.token)
        searches.end(visit.visitor.session)
        var response = PageResponse.redirect(to: "/login")
        response.cookies = [cookie(tokenCookie, "") + "; Max-Age=0"]
        return response
    }

    func changeLanguage(_ request: PageRequest) -> PageResponse {
        let language = request.form["language"].flatMap(Language.init(rawValue:)) ?? .en
        var response = PageResponse.redirect(to: request.back)
        response.cookies = [cookie(Self.languageCookie, language.rawValue) + "; Max-Age=31536000"]
        return response
    }

    private func cookie(_ name: String, _ value: String) -> String {
        "\(name)=\(value); Path=/; HttpOnly; SameSite=Strict" + (isTLS ? "; Secure" : "")
    }
}
