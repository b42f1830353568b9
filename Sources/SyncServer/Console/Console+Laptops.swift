import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

struct LaptopsModel: Sendable {
    struct Row: Sendable {
        let id: String
        let name: String
        let site: String
        let lastContact: String
        let waiting: String
        let clock: String
        let access: String
        let isEnded: Bool
        let copied: Bool
        /// The other accesses that it can be given, each as a button says it.
        let decisions: [Decision]
    }

    struct Decision: Sendable {
        let value: String
        let label: String
        /// Whether it destroys what is on the laptop.
        let isDanger: Bool
    }

    struct Backup: Sendable {
        let mark: String
        let standing: String
        let made: String
        let file: String
        let sha256: String
        /// Whether there is one at all.
        let isMade: Bool
    }

    /// A link that can still be used.
    struct Link: Sendable {
        let id: String
        let site: String
        let made: String
        let expires: String
    }

    let rows: [Row]
    let isEmpty: Bool
    let links: [Link]
    let hasLinks: Bool
    let sites: [Choice]
    let hasSites: Bool
    /// Where laptops reach the centre, as far as it knows.
    let server: String
    let backup: Backup
}

extension Console {
    func laptops(_ visit: Visit) async throws -> PageResponse {
        let words = visit.words
        let rows = try await centre.devices().map { status in
            LaptopsModel.Row(
                id: status.device.id.hex, name: status.name, site: status.site,
                lastContact: status.lastSeen.map(words.time) ?? words("never"),
                waiting: String(status.pending), clock: clockWords(status, words) ?? words("clockGood"),
                access: words("access.\(status.access)"), isEnded: status.isRevoked,
                copied: status.isCopied,
                decisions: DeviceAccess.allCases.filter { $0 != status.access }.map {
                    LaptopsModel.Decision(
                        value: $0.rawValue, label: words("give.\($0.rawValue)"), isDanger: $0 == .lost)
                })
        }
        let sites = try await siteChoices()
        let links = try await centre.invites().filter { $0.status == .open }.map { invite in
            LaptopsModel.Link(
                id: invite.shortID, site: invite.site.text, made: words.time(invite.made),
                expires: words.time(invite.expires))
        }
        let model = LaptopsModel(
            rows: rows, isEmpty: rows.isEmpty, links: links, hasLinks: !links.isEmpty,
            sites: sites, hasSites: !sites.isEmpty, server: centre.directory.readAddress() ?? "",
            backup: try await backup(words))
        return try await page(visit, .laptops, title: words("laptops"), model)
    }

    /// The last backup: when, and what its check found; before the first, that there is none.
    func backup(_ words: Words) async throws -> LaptopsModel.Backup {
        guard let record = try await centre.lastBackup() else {
            return LaptopsModel.Backup(
                mark: "attention", standing: words("noBackup"), made: "", file: "", sha256: "", isMade: false)
        }
        let hours = Int(max(0, centre.environment.now() - record.at.milliseconds) / 3_600_000)
        return LaptopsModel.Backup(
            mark: record.problems == 0 ? "agreed" : "attention",
            standing: record.problems == 0
                ? words("backupSound") : words("backupProblems", n: record.problems),
            made: words("backupMade", n: hours, ["time": words.time(record.at.iso8601)]),
            file: record.file, sha256: record.sha256, isMade: true)
    }

    /// Makes a link for a laptop, as `trialsyncd invite` does; the next page shows it, once.
    func invite(_ visit: Visit) async throws -> PageResponse {
        let (words, form) = (visit.words, visit.request.form)
        guard let hours = Int64(form["hours"] ?? ""), (1...Self.longestLinkHours).contains(hours) else {
            throw visit.refusal("wrongHours", remedy: "wrongHoursRemedy")
        }
        let made = try await centre.invite(
            site: form["site"] ?? "", expiresSeconds: hours * 3600, server: form["server"] ?? "",
            trust: form["systemTrust"] == nil ? .ownAuthority : .system)
        let values = [
            "site": made.link.site.text, "until": words.time(made.expires.iso8601),
        ]
        return done(
            visit, words("linkMade", values), remedy: words("shownOnce"), copy: made.link.description,
            at: ConsoleRoute.laptops.template)
    }

    /// Takes a link back that nobody has used.
    func revokeLink(_ visit: Visit) async throws -> PageResponse {
        let (words, id) = (visit.words, visit.request.form["link"] ?? "")
        guard let invite = try await centre.invites().first(where: { $0.shortID == id }) else {
            throw Problem(.notFound, "there is no link \(id)")
        }
        let values = [
            "link": id, "site": invite.site.text, "at": words.time(invite.made),
            "until": words.time(invite.expires),
        ]
        let act = Act(
            title: words("act.revokeLink", values), sentences: [words("will.revokeLink", values)])
        if let page = try await confirmation(of: act, visit) { return page }
        _ = try await centre.revokeInvite(id)
        return done(visit, words("linkRevoked", values), at: ConsoleRoute.laptops.template)
    }

    private static let longestLinkHours: Int64 = 366 * 24
}
