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
        shell.person = Shell.Person(name: store.user, role: words("role.\(store.role.name)"))
        (shell.csrf, shell.notice) = (visit.session.csrf, visit.session.notice)
        (shell.news, shell.isSite) = ("/news?since=\(desk.newsSeen)", true)
        let standing = try await store.standing()
        let line = SyncLine(desk.sync.phase, standing, words)
        (shell.state, shell.sync) = (Shell.State(line.kind, line.text), line.control)
        let (conflicts, queries) = try await desk.sync.counts(standing)
        shell.entries = [
            entry("/", words("today"), 0, path), entry("/participants", words("participants"), 0, path),
            entry("/conflicts", words("conflicts"), conflicts, path),
            entry("/queries", words("queries"), queries, path),
            entry("/logbook", words("logBook"), 0, path),
        ]
        return shell
    }

    private func entry(_ href: String, _ label: String, _ count: Int, _ path: String) -> Shell.Entry {
        Shell.Entry(
            href: href, label: label, count: count,
            isCurrent: href == "/" ? path == "/" : path.hasPrefix(href))
    }

    func beginSync(_ desk: Desk) -> PageResponse {
        desk.sync.sync()
        return .redirect(to: back(desk.visit.request))
    }

    func endSync(_ desk: Desk) -> PageResponse {
        desk.sync.cancel()
        return .redirect(to: back(desk.visit.request))
    }
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

    var control: Shell.Sync { Shell.Sync(action: action, label: label, sent: sent, of: all) }

    init(_ phase: SyncDesk.Phase, _ standing: SiteStore.Standing, _ words: Words) {
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
            text = words("unreachable", n: pending, ["at": words.localTime(since)])
            label = words("retry")
        case .stopped(let problem):
            kind = .stopped
            let isOwn = problem.language == words.language
            let remedy = isOwn ? problem.remedy : words("problem.\(problem.code.rawValue).remedy")
            text = words("stopped", ["why": problem.sentence(words), "remedy": remedy])
            label = words("retry")
        case .idle where pending > 0:
            kind = .waiting
            text = words("savesWaiting", n: pending)
        case .idle:
            if let last = standing.safeSinceMilliseconds {
                kind = .safe
                text = words("safeSince", ["at": words.localTime(last)])
            } else {
                kind = .waiting
                text = words("neverInStep")
            }
        }
        (self.sent, self.all, self.action, self.label) = (sent, all, action, label)
    }

    /// For the script of a page.
    var json: String {
        JSON.keyed([
            "kind": .string(kind.rawValue), "text": .string(text), "action": .string(action),
            "label": .string(label), "sent": sent.map { .int($0) } ?? .null, "all": .int(all),
        ]).text
    }
}

extension Words {
    /// A moment as this laptop's clock shows it.
    func localTime(_ milliseconds: Int64) -> String {
        time(DeviceTime(milliseconds: milliseconds, offsetMinutes: Self.offset(milliseconds)).iso8601)
    }

    private static func offset(_ milliseconds: Int64) -> Int {
        TimeZone.current.secondsFromGMT(for: Date(timeIntervalSince1970: Double(milliseconds) / 1000)) / 60
    }
}
