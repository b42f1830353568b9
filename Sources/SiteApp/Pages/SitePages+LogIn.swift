import Foundation
import SyncClient
import SyncProtocol
import TrialModel
import TrialPages

/// What the first page of a laptop without a store shows.
struct StartModel: Sendable {
    let link: String
    let device: String
    let user: String
}

struct LoginModel: Sendable {
    let user: String
    let back: String
}

struct LockModel: Sendable {
    let user: String
    let back: String
    /// Whether a form waits for the password.
    let holdsForm: Bool
}

extension SitePages {
    // MARK: First run

    func startPage(_ visit: Visit, refusal: Problem? = nil) -> PageResponse {
        if SiteStore.isEnrolled(at: places), visit.session.desk != nil { return .redirect(to: "/") }
        var refusal = refusal
        switch visit.session.joining {
        case .running(let received):
            return waiting(visit, title: visit.words("joiningTitle"), visit.words("joining", n: received))
        case .failed(let problem):
            sessions.change(visit.cookie) { $0.joining = nil }
            refusal = refusal ?? problem
        case nil: break
        }
        if SiteStore.isEnrolled(at: places) { return loginPage(visit, refusal: refusal) }
        let form = visit.request.method == .post ? visit.request.form : visit.session.joinForm
        let model = StartModel(
            link: form["link"] ?? "", device: form["device"] ?? ProcessInfo.processInfo.hostName,
            user: form["user"] ?? "")
        return plainPage(visit, .siteStart, title: visit.words("startTitle"), model, refusal: refusal)
    }

    /// A page that looks again every few seconds how something goes on.
    private func waiting(
        _ visit: Visit, title: String, _ text: String, state: Shell.State? = nil
    ) -> PageResponse {
        var page = plainPage(
            visit, .waiting, title: title, WaitingModel(text: text, bar: title), state: state)
        page.refreshSeconds = WaitingModel.refreshSeconds
        return page
    }

    /// Stands in for a page while the store of a large site is read, after the log-in.
    func readingPage(_ visit: Visit, _ desk: SyncDesk) async -> PageResponse {
        // What is to be said of the last act waits for the page that was asked for.
        if let notice = visit.session.notice { sessions.change(visit.cookie) { $0.notice = notice } }
        return waiting(
            visit, title: visit.words("readingTitle"), visit.words("reading"),
            state: await desk.state(visit.words))
    }

    /// Begins to join; the page that follows says how it goes on.
    func join(_ visit: Visit) -> PageResponse {
        let form = visit.request.form
        if case .running = visit.session.joining { return .redirect(to: "/start") }
        guard !SiteStore.isEnrolled(at: places) else { return .redirect(to: "/login") }
        // What `invite` prints may be pasted as a whole.
        let words = (form["link"] ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
        let link = words.first { $0.contains("://") } ?? words.first ?? ""
        let (device, user, password) = (form["device"] ?? "", form["user"] ?? "", form["password"] ?? "")
        let kept = form.all.filter { ["link", "device", "user"].contains($0.name) }
        sessions.change(visit.cookie) {
            ($0.joining, $0.joinForm) = (.running(received: 0), FormFields(kept))
        }
        let (cookie, sessions, places) = (visit.cookie, sessions, places)
        let task = Task {
            do {
                let store = try await SiteStore.enroll(
                    link, at: places, device: device, user: user, password: password
                ) { progress in
                    let received = progress.totals.pulled
                    sessions.change(cookie) { $0.joining = .running(received: received) }
                }
                let desk = SyncDesk(store)
                sessions.change(cookie) {
                    ($0.joining, $0.desk, $0.lastUser) = (nil, desk, store.user)
                    $0.joinForm = FormFields()
                }
            } catch {
                let problem = error as? Problem ?? Problem(.internalError, "joining failed: \(error)")
                sessions.change(cookie) { $0.joining = .failed(problem) }
            }
        }
        sessions.change(cookie) { $0.joinTask = task }
        return .redirect(to: "/start")
    }

    // MARK: Log-in

    func loginPage(_ visit: Visit, refusal: Problem? = nil) -> PageResponse {
        if !SiteStore.isEnrolled(at: places) { return startPage(visit, refusal: refusal) }
        if visit.session.desk != nil { return .redirect(to: "/") }
        let isOwn = ["/login", "/logout", "/start"].contains(visit.request.path)
        let model = LoginModel(
            user: visit.request.form["user"] ?? "", back: isOwn ? visit.request.back : ownPath(visit))
        return plainPage(visit, .siteLogin, title: visit.words("logIn"), model, refusal: refusal)
    }

    func logIn(_ visit: Visit) async -> PageResponse {
        let (form, user) = (visit.request.form, visit.request.form["user"] ?? "")
        guard visit.session.desk == nil else { return .redirect(to: "/") }
        do {
            let store = try await SiteStore.open(
                at: places, user: user, password: form["password"] ?? "")
            let desk = SyncDesk(store)
            sessions.change(visit.cookie) { ($0.desk, $0.lastUser) = (desk, store.user) }
            desk.sync()
            return await afterPassword(visit, desk)
        } catch {
            let problem = error as? Problem ?? Problem(.internalError, "the log-in failed: \(error)")
            return loginPage(visit, refusal: problem)
        }
    }

    /// A page or form of someone who is not logged in any more. What was filled in comes back after the
    /// log-in, to the same person.
    func withoutPerson(_ visit: Visit) async -> PageResponse {
        guard visit.request.method == .post else { return loginPage(visit) }
        guard !visit.session.lastUser.isEmpty else {
            return await visit.route == .check ? keptUnseen(false) : logInFirst(visit.request)
        }
        if visit.request.isActivity, visit.route != .stay { hold(visit, for: visit.session.lastUser) }
        // Held in memory alone it is no draft yet: its page is to stay open until it is.
        if visit.route == .check { return keptUnseen(false) }
        var page = loginPage(visit)
        page.status = ProblemCode.screenLocked.pageStatus
        return page
    }

    /// What the script of a form is told where nothing is shown: only whether what was typed is
    /// a draft.
    private func keptUnseen(_ isKept: Bool) -> PageResponse {
        .json(
            JSON.keyed(["isKept": .bool(isKept)]).text, status: ProblemCode.screenLocked.pageStatus)
    }

    private func hold(_ visit: Visit, for user: String) {
        let held = SiteSessions.HeldForm(
            user: user, path: visit.request.path, back: visit.request.back, form: visit.request.form)
        sessions.hold(held, of: visit.cookie)
    }

    /// Goes on after a password was given: to what was filled in meanwhile, if there is any.
    private func afterPassword(_ visit: Visit, _ desk: SyncDesk) async -> PageResponse {
        let all = sessions.takeHeld(by: desk.store.user, of: visit.cookie)
        var pages: [PageResponse] = []
        for held in all {
            do {
                let page = try await comesBack(held, visit, desk)
                // One page shows one form: the others stay held for the next.
                if page.location == nil, pages.contains(where: { $0.location == nil }) {
                    sessions.hold(held, of: visit.cookie)
                } else {
                    pages.append(page)
                }
            } catch {
                // It comes with the next password; the page that follows says why it did not now.
                sessions.hold(held, of: visit.cookie)
                let problem = error as? Problem ?? Problem(.internalError, "a form stays held: \(error)")
                sessions.change(visit.cookie) { $0.notice = Shell.Notice(problem, visit.words) }
            }
        }
        return pages.first { $0.location == nil } ?? pages.last ?? .redirect(to: visit.request.back)
    }

    /// A form as a draft of its sheet, or on a page of its own.
    private func comesBack(
        _ held: SiteSessions.HeldForm, _ visit: Visit, _ sync: SyncDesk
    ) async throws -> PageResponse {
        let request = PageRequest(.post, held.path)
        if let (route, values) = SiteRoute.match(.post, request.parts ?? []),
            [.save, .check].contains(route),
            let record = values["record"], let sheet = values["sheet"]
        {
            do {
                try await keepDraft(TypedForm(held.form.all), of: record, sheet, in: sync.store)
                return .redirect(to: Self.path(record, sheet))
            } catch let problem as Problem where problem.code == .draftsFull {
                // What was filled in is shown below, to be written down or entered again.
            }
        }
        let desk = try await desk(visit, sync)
        let model = RefusedModel(
            .screenLocked, back: held.back,
            fields: held.form.kept(in: desk.study, visit.words.language), path: held.path)
        return try await page(desk, .problem, title: visit.words("heldTitle"), model)
    }

    /// Ends the person's session; the browser stays let in.
    func logOut(_ visit: Visit) async -> PageResponse {
        sessions.change(visit.cookie) { ($0.desk, $0.notice) = (nil, nil) }
        await visit.session.desk?.close()
        return .redirect(to: "/login")
    }

    // MARK: Screen lock

    func lock(_ visit: Visit) -> PageResponse {
        visit.session.desk?.store.lockScreen()
        return .redirect(to: visit.request.back)
    }

    /// Nothing is shown and nothing is saved; what was filled in is held until the password is given.
    func behindLock(_ visit: Visit, _ desk: SyncDesk, refusal: Problem? = nil) async throws -> PageResponse {
        var holdsForm = visit.session.held.contains { $0.user == desk.store.user }
        var isDraft = false
        let isForm = visit.request.method == .post && ![.unlock, .stay].contains(visit.route)
        if isForm, visit.request.isActivity {
            holdsForm = true
            if [.save, .check].contains(visit.route) {
                do {
                    try await keepDraft(visit, in: desk.store)
                    isDraft = true
                } catch let problem as Problem where problem.code == .draftsFull {
                    hold(visit, for: desk.store.user)
                }
            } else {
                hold(visit, for: desk.store.user)
            }
        }
        if visit.route == .check { return keptUnseen(isDraft) }
        let model = LockModel(user: desk.store.user, back: ownPath(visit), holdsForm: holdsForm)
        var page = plainPage(
            visit, .siteLock, title: visit.words("lockedTitle"), model, refusal: refusal,
            state: await desk.state(visit.words))
        if refusal == nil { page.status = ProblemCode.screenLocked.pageStatus }
        return page
    }

    func unlock(_ visit: Visit) async -> PageResponse {
        guard let desk = visit.session.desk else { return .redirect(to: "/login") }
        do {
            try await desk.store.unlock(password: visit.request.form["password"] ?? "")
            return await afterPassword(visit, desk)
        } catch {
            let problem = error as? Problem ?? Problem(.internalError, "the screen stays locked: \(error)")
            let refusal = Self.ofPasswordAlone(problem, visit.words)
            return (try? await behindLock(visit, desk, refusal: refusal)) ?? .redirect(to: "/")
        }
    }

    /// A wrong password where nobody was asked for a user name, and so nobody is told to check one.
    static func ofPasswordAlone(_ problem: Problem, _ words: Words) -> Problem {
        guard problem.code == .wrongPassword, problem.remedy == problem.code.remedy else { return problem }
        return Problem(
            .wrongPassword, words("passwordWrong"), remedy: words("passwordWrongRemedy"), in: words.language)
    }
}
