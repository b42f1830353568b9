import Foundation
import SyncClient
import TrialModel
import TrialPages

extension SitePages {
    /// What stands around every page of a person.
    func shell(_ desk: Desk, title: String) async throws -> Shell {
        let (words, store, visit) = (desk.words, desk.store, desk.visit)
        let path = ownPath(visit)
        var shell = Shell(
            title: title, place: "\(desk.study.oid) · \(words("site")) \(store.site)", words: words,
            path: path)
        shell.person = Shell.Person(
            name: store.user, role: words("role.\(store.role.name)"), store: store.deviceID)
        (shell.csrf, shell.notice) = (visit.session.csrf, visit.session.notice)
        (shell.news, shell.isSite) = ("/news?since=\(desk.newsSeen)", true)
        let standing = try await store.standing()
        let line = SyncLine(desk.sync, standing, words)
        (shell.state, shell.sync) = (Shell.State(line.kind, line.text), line.control)
        // While a large store is read, an answer to a form waits no longer than a page for what is counted.
        let isCounted = visit.request.method == .post ? await desk.sync.isRead(within: readingLimit) : true
        let worklist = isCounted ? try await store.worklist() : nil
        let (conflicts, queries) = (worklist?.conflicts.count ?? 0, worklist?.toAnswer ?? 0)
        shell.duties = duties(conflicts: conflicts, queries: queries, late: worklist?.late ?? 0, words)
        shell.entries = [
            entry("/", words("today"), 0, path), entry("/participants", words("participants"), 0, path),
            entry("/conflicts", words("conflicts"), conflicts, path),
            entry("/queries", words("queries"), queries, path),
            entry("/logbook", words("logBook"), 0, path),
        ]
        return shell
    }

    /// What waits for a person, each with the way there.
    private func duties(conflicts: Int, queries: Int, late: Int, _ words: Words) -> [Shell.Duty] {
        let all = [
            (conflicts, "stateConflicts", "/conflicts", "conflict"),
            (queries, "stateQueries", "/queries", "attention"), (late, "stateLate", "/#due", "attention"),
        ]
        return all.filter { $0.0 > 0 }.map { count, word, href, mark in
            Shell.Duty(href: href, text: words(word, n: count), mark: mark)
        }
    }

    private func entry(_ href: String, _ label: String, _ count: Int, _ path: String) -> Shell.Entry {
        Shell.Entry(
            href: href, label: label, count: count,
            isCurrent: href == "/" ? path == "/" : path.hasPrefix(href))
    }

    func beginSync(_ desk: Desk) -> PageResponse {
        desk.sync.sync(isAsked: true)
        return .redirect(to: desk.visit.request.back)
    }

    func endSync(_ desk: Desk) -> PageResponse {
        desk.sync.cancel()
        return .redirect(to: desk.visit.request.back)
    }
}

extension SyncDesk {
    /// Where the data is, in numbers and times alone; `nil` if the store cannot say it: whatever ails that,
    /// the page comes.
    func state(_ words: Words) async -> Shell.State? {
        guard let standing = try? await store.standing() else { return nil }
        let line = SyncLine(self, standing, words)
        return Shell.State(line.kind, line.text)
    }
}

extension SiteStore.Worklist {
    /// How many queries wait for an answer.
    var toAnswer: Int { openQueries.count { $0.status == .open } }
}

/// The one line that says where the data is, in exactly the states there are.
struct SyncLine: Hashable {
    let kind: Shell.State.Kind
    let text: String
    let action: String
    let label: String
    /// How many are sent, of how many, while they are on their way.
    let sent: Int?
    let all: Int
    /// Whether something goes on that a person asked for, and nobody can say how far it is.
    let isBusy: Bool
    /// What goes on, for those who do not see the bar; empty without one.
    let bar: String

    var control: Shell.Sync {
        Shell.Sync(action: action, label: label, sent: sent, of: all, isBusy: isBusy)
    }

    init(_ desk: SyncDesk, _ standing: SiteStore.Standing, _ words: Words) {
        self.init(
            desk.phase, standing, words, isAsked: desk.isAsked, today: desk.store.moment.localDate,
            checkedAt: desk.checkedAt)
    }

    /// - Parameters:
    ///   - isAsked: whether a person asked for the sync that runs.
    ///   - today: of this day only the time is told.
    ///   - checkedAt: when a sync that a person asked for came to its end; milliseconds since 1970.
    init(
        _ phase: SyncDesk.Phase, _ standing: SiteStore.Standing, _ words: Words, isAsked: Bool = false,
        today: CalendarDate? = nil, checkedAt: Int64? = nil
    ) {
        let pending = standing.pending
        var (sent, all): (Int?, Int) = (nil, 0)
        var (action, label) = ("/sync", words("syncNow"))
        switch phase {
        case .running(let done, let total):
            (kind, sent, all) = (.waiting, done, total)
            text = words("sending", ["n": String(done), "all": String(total)])
            (action, label) = ("/sync/cancel", words("cancelSync"))
        case .unreachable(let since):
            kind = .stopped
            text = words(
                "unreachable", n: pending, ["at": words.localTime(since, today: today)])
            label = words("retry")
        case .stopped(let problem):
            kind = .stopped
            let isOwn = problem.language == words.language
            let remedy = isOwn ? problem.remedy : words("problem.\(problem.code.rawValue).remedy")
            text = words("stopped", ["why": problem.sentence(words), "remedy": remedy])
            label = words("retry")
        case .idle where standing.missing > 0:
            kind = .stopped
            let waiting = pending > 0 ? words("savesWaiting", n: pending) : nil
            let missing = words("savesMissing", n: standing.missing)
            text = [missing, waiting].compactMap(\.self).joined(separator: " · ")
        case .idle where pending > 0:
            kind = .waiting
            text = words("savesWaiting", n: pending)
        case .idle:
            if let last = standing.safeSinceMilliseconds {
                kind = .safe
                let safe = words("safeSince", ["at": words.localTime(last, today: today)])
                let checked = checkedAt.flatMap { at in
                    at < last ? nil : words("checkedAt", ["at": words.localTime(at, today: today)])
                }
                text = [safe, checked].compactMap(\.self).joined(separator: " · ")
            } else {
                kind = .waiting
                text = words("neverInStep")
            }
        }
        isBusy = isAsked && sent == nil
        if isBusy { (action, label) = ("/sync/cancel", words("cancelSync")) }
        bar = isBusy ? words("syncRuns") : sent == nil ? "" : words("sendingBar")
        (self.sent, self.all, self.action, self.label) = (sent, all, action, label)
    }

    /// For the script of a page.
    var json: String {
        JSON.keyed([
            "kind": .string(kind.rawValue), "text": .string(text), "action": .string(action),
            "label": .string(label), "sent": sent.map { .int($0) } ?? .null, "all": .int(all),
            "bar": .string(bar),
        ]).text
    }
}

extension Words {
    /// A moment as this laptop's clock shows it; of today only the time, with its zone as every other.
    func localTime(_ milliseconds: Int64, today: CalendarDate?) -> String {
        let moment = DeviceTime(milliseconds: milliseconds, offsetMinutes: Self.offset(milliseconds))
        let isToday = today != nil && moment.localDate == today
        guard isToday else { return time(moment.iso8601) }
        let zone = time(moment.iso8601).split(separator: " ").last ?? ""
        return "\(clock(moment.iso8601)) \(zone)"
    }

    private static func offset(_ milliseconds: Int64) -> Int {
        TimeZone.current.secondsFromGMT(for: Date(timeIntervalSince1970: Double(milliseconds) / 1000)) / 60
    }
}
