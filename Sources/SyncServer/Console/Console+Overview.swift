import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

struct OverviewModel: Sendable {
    struct Figure: Sendable {
        let label: String
        let value: String
        let note: String?
        /// A class of the style sheet, empty for a figure that asks for nothing.
        let kind: String
        let href: String
    }

    struct Site: Sendable {
        let code: String
        /// Those who count against the target, as the figure and the curve count them.
        let enrolled: String
        let laptops: String
        let lastContact: String
        let conflicts: String
        let queries: String
    }

    struct Event: Sendable {
        let participant: String
        let site: String
        let term: String
        let onset: String
        let sinceOnset: String
        let sinceReceipt: String
        let line: String
        let href: String
    }

    /// Something that a person is to look at: where, and what.
    struct Hint: Sendable {
        let site: String
        let links: [Link]
        let text: String
    }

    struct Link: Sendable {
        let href: String
        let name: String
    }

    struct Endpoint: Sendable {
        let name: String
        let rate: String
        let interval: String
        let bounds: String
        let open: String
    }

    let figures: [Figure]
    /// Only for who makes backups; `nil` for others.
    let backup: LaptopsModel.Backup?
    let sites: [Site]
    let events: [Event]
    let hasEvents: Bool
    /// Values outside the window that the study keeps them in.
    let outside: [Hint]
    let hasOutside: Bool
    /// Participants who are likely one person.
    let alike: [Hint]
    let hasAlike: Bool
    let endpoints: [Endpoint]
    let hasEndpoints: Bool
    let enrolment: String
    let asOf: String
}

extension Console {
    func overview(_ visit: Visit) async throws -> PageResponse {
        let (words, visitor) = (visit.words, visit.visitor)
        guard visitor.may(.read) else { return .redirect(to: "/laptops") }
        let (list, devices) = (
            try await seen(by: visitor),
            try await centre.devices().filter { visitor.sees($0.device.site) }
        )
        let sites = try await centre.standings(in: list, devices).filter { visitor.sees($0.site) }
        let events = seriousEvents(list, words)
        let (outside, alike) = (outside(list, words), alike(list, visit))
        // Endpoints are of the whole trial: only for those who see the whole trial.
        let report = visitor.grant.role.isBoundToSites ? nil : list.endpoints(asOf: centre.now.iso8601)
        let model = OverviewModel(
            figures: figures(list, devices, events.count, outside.count, words),
            backup: visitor.may(.administer) ? try await backup(words) : nil,
            sites: sites.map { row($0, words) },
            events: events, hasEvents: !events.isEmpty,
            outside: outside, hasOutside: !outside.isEmpty, alike: alike, hasAlike: !alike.isEmpty,
            endpoints: (report?.entries ?? []).map { row($0, visit) },
            hasEndpoints: !(report?.entries.isEmpty ?? true),
            enrolment: Self.enrolmentPicture(
                list.staying.filter { $0.shown.standing?.counts == true }
                    .compactMap { CalendarDate($0.shown.enrolled)?.dayNumber },
                target: list.study.target, today: try centre.today.dayNumber ?? 0, words
            )?.figure(words) ?? "",
            asOf: words.time(centre.now.iso8601))
        return try await page(visit, .overview, title: words("overview"), model)
    }

    private func figures(
        _ list: CaseList, _ devices: [Centre.DeviceStatus], _ events: Int, _ outside: Int,
        _ words: Words
    ) -> [OverviewModel.Figure] {
        func figure(_ word: String, _ count: Int, note: String? = nil, alarm: String = "", _ href: String)
            -> OverviewModel.Figure
        {
            OverviewModel.Figure(
                label: words(word), value: String(count), note: note, kind: count > 0 ? alarm : "", href: href
            )
        }
        var visits: [VisitStatus: Int] = [:]
        for card in list.staying {
            for open in card.standing?.openVisits ?? [] { visits[open.status, default: 0] += 1 }
        }
        return [
            figure(
                "enrolled", list.standings.enrolled,
                note: words("ofTarget", ["n": String(list.study.target)]),
                "/participants"),
            figure("openConflicts", list.conflicts.count, alarm: "conflict", "/conflicts"),
            figure("openQueries", list.openQueries, alarm: "attention", "/queries"),
            figure("seriousEvents", events, alarm: "attention", "#serious"),
            figure("outsideWindow", outside, alarm: "attention", "#outside"),
            figure("visitsLate", visits[.late] ?? 0, alarm: "attention", "/visits?kind=late"),
            figure("visitsOpen", visits[.inWindow] ?? 0, "/visits?kind=inWindow"),
            figure("visitsDue", visits[.due] ?? 0, "/visits?kind=due"),
            figure("visitsMissed", visits[.missed] ?? 0, "/visits?kind=missed"),
            figure("likelyPairs", list.likelyPairs.count, alarm: "attention", "#alike"),
            figure(
                "unsent", devices.reduce(0) { $0 + $1.pending }, note: words("unsentNote"),
                alarm: "attention", "/sites"),
            figure("quarantine", list.quarantine.count, alarm: "attention", "/quarantine"),
            figure("wrongClocks", devices.count { $0.clockTrouble != nil }, alarm: "attention", "/sites"),
            figure("copiedLaptops", devices.count(where: \.isCopied), alarm: "attention", "/sites"),
        ]
    }

    private func row(_ site: Centre.SiteStatus, _ words: Words) -> OverviewModel.Site {
        OverviewModel.Site(
            code: site.site.text, enrolled: String(site.standings.enrolled), laptops: String(site.devices),
            lastContact: site.lastSync.map(words.time) ?? words("never"),
            conflicts: String(site.openConflicts), queries: String(site.openQueries))
    }

    private func row(_ entry: EndpointReport.Entry, _ visit: Visit) -> OverviewModel.Endpoint {
        let words = visit.words
        switch entry.result {
        case .rate(let rate):
            func text(_ proportion: Proportion) -> String {
                "\(proportion.n)/\(proportion.total)" + (proportion.rate.map { " = \(percent($0))" } ?? "")
            }
            let open = [
                rate.missing.isEmpty ? nil : words("missingCount", n: rate.missing.count),
                rate.unsettled.isEmpty ? nil : words("unsettledCount", n: rate.unsettled.count),
            ].compactMap(\.self)
            return OverviewModel.Endpoint(
                name: visit.study.rule(entry.oid)?.label[words.language] ?? entry.oid,
                rate: text(rate.headline),
                interval: rate.interval.map { "\(percent($0.low)) – \(percent($0.high))" } ?? "",
                bounds: "\(text(rate.worst)) … \(text(rate.best))", open: open.joined(separator: ", "))
        case .mean(let mean):
            let value = mean.mean.map { JSON.rounded($0).text } ?? words("noneYet")
            return OverviewModel.Endpoint(
                name: visit.study.rule(entry.oid)?.label[words.language] ?? entry.oid,
                rate: value + (mean.sd.map { " ± \(JSON.rounded($0).text)" } ?? ""),
                interval: "", bounds: "", open: "n = \(mean.n)")
        }
    }

    private func percent(_ rate: Double) -> String {
        let tenths = Int((rate * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10)\u{2009}%"
    }
}
