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

    struct Endpoint: Sendable {
        let name: String
        let rate: String
        let interval: String
        let bounds: String
        let open: String
    }

    struct Trial: Sendable {
        let figures: [Figure]
        let sites: ListStart<SiteRow>
        /// The newest.
        let events: ListStart<SeriousRow>
        let endpoints: [Endpoint]
        let hasEndpoints: Bool
        let enrolment: String
        let asOf: String
    }

    /// Only for who may read.
    let trial: Trial?
    /// Only for who makes backups; `nil` for others.
    let backup: BackupModel?
}

extension Console {
    /// How many serious adverse events stand on the overview itself.
    static let newestEvents = 5

    func overview(_ visit: Visit) async throws -> PageResponse {
        let (words, visitor) = (visit.words, visit.visitor)
        let model = OverviewModel(
            trial: visitor.may(.read) ? try await trial(visit) : nil,
            backup: visitor.may(.administer) ? try await backup(words) : nil)
        return try await page(visit, .overview, title: words("overview"), model)
    }

    private func trial(_ visit: Visit) async throws -> OverviewModel.Trial {
        let (words, visitor) = (visit.words, visit.visitor)
        let (list, devices) = (
            try await seen(by: visitor),
            try await centre.devices().filter { visitor.sees($0.device.site) }
        )
        let (sites, events) = (try await siteRows(in: list, devices, visit), seriousCases(list))
        // Endpoints are of the whole trial: only for those who see the whole trial.
        let report = visitor.grant.role.isBoundToSites ? nil : list.endpoints(asOf: centre.now.iso8601)
        return OverviewModel.Trial(
            figures: figures(list, devices, events.count, words),
            sites: ListStart(
                rows: Array(sites.prefix(Paging.rows)), isEmpty: sites.isEmpty, nothing: words("noSites"),
                href: ConsoleRoute.sites.template, all: words("allOf", n: sites.count)),
            events: ListStart(
                rows: events.prefix(Self.newestEvents).map { row($0, words) }, isEmpty: events.isEmpty,
                nothing: words("noSeriousEvents"), href: ConsoleRoute.serious.template,
                all: words("allOf", n: events.count)),
            endpoints: (report?.entries ?? []).map { row($0, visit) },
            hasEndpoints: !(report?.entries.isEmpty ?? true),
            enrolment: Self.enrolmentPicture(
                list.staying.filter { $0.shown.standing?.counts == true }
                    .compactMap { CalendarDate($0.shown.enrolled)?.dayNumber },
                target: list.study.target, today: try centre.today.dayNumber ?? 0, words
            )?.figure(words) ?? "",
            asOf: words.time(centre.now.iso8601))
    }

    private func figures(
        _ list: CaseList, _ devices: [Centre.DeviceStatus], _ events: Int, _ words: Words
    ) -> [OverviewModel.Figure] {
        func figure(_ word: String, _ count: Int, note: String? = nil, alarm: String = "", _ href: String)
            -> OverviewModel.Figure
        {
            OverviewModel.Figure(
                label: words(word), value: String(count), note: note, kind: count > 0 ? alarm : "", href: href
            )
        }
        let outside = list.staying.reduce(0) { $0 + ($1.standing?.outside.count ?? 0) }
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
            figure("seriousEvents", events, alarm: "attention", "/serious"),
            figure("outsideWindow", outside, alarm: "attention", "/outside"),
            figure("visitsLate", visits[.late] ?? 0, alarm: "attention", "/visits?kind=late"),
            figure("visitsOpen", visits[.inWindow] ?? 0, "/visits?kind=inWindow"),
            figure("visitsDue", visits[.due] ?? 0, "/visits?kind=due"),
            figure("visitsMissed", visits[.missed] ?? 0, "/visits?kind=missed"),
            figure("likelyPairs", list.likelyPairs.count, alarm: "attention", "/pairs"),
            figure(
                "unsent", devices.reduce(0) { $0 + $1.pending }, note: words("unsentNote"),
                alarm: "attention", "/laptops?kind=unsent"),
            figure("quarantine", list.quarantine.count, alarm: "attention", "/quarantine"),
            figure(
                "wrongClocks", devices.count { $0.clockTrouble != nil }, alarm: "attention",
                "/laptops?kind=clock"),
            figure(
                "copiedLaptops", devices.count(where: \.isCopied), alarm: "attention",
                "/laptops?kind=copied"),
        ]
    }

    private func row(_ entry: EndpointReport.Entry, _ visit: Visit) -> OverviewModel.Endpoint {
        let words = visit.words
        let name = visit.study.rule(entry.oid)?.label[words.language] ?? entry.oid
        switch entry.result {
        case .rate(let rate):
            func text(_ proportion: Proportion) -> String {
                "\(proportion.n)/\(proportion.total)" + (proportion.rate.map { " = \(percent($0))" } ?? "")
            }
            return OverviewModel.Endpoint(
                name: name, rate: text(rate.headline),
                interval: rate.interval.map { "\(percent($0.low)) – \(percent($0.high))" } ?? "",
                bounds: "\(text(rate.worst)) … \(text(rate.best))",
                open: leftOut(rate.missing, rate.unsettled, words))
        case .mean(let mean):
            let spread = mean.sd.map { " ± \(JSON.rounded($0).text)" } ?? ""
            let value = mean.mean.map { JSON.rounded($0).text + spread + unit(of: entry, visit) }
            return OverviewModel.Endpoint(
                name: name, rate: value.map { "\($0)\(words.comma)n = \(mean.n)" } ?? words("noneYet"),
                interval: "", bounds: "", open: leftOut(mean.missing, mean.unsettled, words))
        }
    }

    /// The unit of a mean, after a thin space; empty if its item has none.
    private func unit(of entry: EndpointReport.Entry, _ visit: Visit) -> String {
        for case .decrease(let rule) in visit.study.ruleBook.endpoints.endpoints where rule.oid == entry.oid {
            return rule.item.unit.map { "\u{2009}\(visit.words.unit($0))" } ?? ""
        }
        return ""
    }

    /// How many participants are left out of an endpoint, and why.
    private func leftOut(_ missing: [String], _ unsettled: [String], _ words: Words) -> String {
        [
            missing.isEmpty ? nil : words("missingCount", n: missing.count),
            unsettled.isEmpty ? nil : words("unsettledCount", n: unsettled.count),
        ].compactMap(\.self).joined(separator: words.listComma)
    }

    private func percent(_ rate: Double) -> String {
        let tenths = Int((rate * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10)\u{2009}%"
    }
}
