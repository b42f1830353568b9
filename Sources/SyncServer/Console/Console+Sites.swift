import TrialModel
import TrialPages
import TrialStore

struct SitesModel: Sendable {
    /// Only for who may read.
    let list: SearchedList<SiteRow>?
    let mayAdd: Bool
}

/// A site at a glance: who is enrolled, how its laptops stand, what is open.
struct SiteRow: Sendable {
    let code: String
    let name: String
    /// Those who count against the target, as the figure and the curve count them.
    let enrolled: String
    let laptops: String
    /// Of the laptop that was heard of last.
    let lastContact: String
    /// Of the laptop that was not heard of for the longest time; empty without laptops.
    let silent: Mark?
    let unsent: Mark
    /// `nil` without laptops.
    let clock: Mark?
    let conflicts: String
    let queries: String
}

extension Console {
    func sites(_ visit: Visit) async throws -> PageResponse {
        let visitor = visit.visitor
        let model = SitesModel(
            list: visitor.may(.read) ? try await siteList(visit) : nil, mayAdd: visitor.may(.administer))
        return try await page(visit, .sites, title: visit.words("sites"), model)
    }

    private func siteList(_ visit: Visit) async throws -> SearchedList<SiteRow> {
        let devices = try await centre.devices()
        let all = try await siteRows(in: try await seen(by: visit.visitor), devices, visit)
        let found = all.filter { visit.finds([$0.code, $0.name]) }
        return visit.list(
            Array(visit.shown(found)), of: found.count, find: "findSite",
            none: all.isEmpty ? "noSites" : "nothingFound", sites: [SiteCode]())
    }

    /// The sites that the visitor sees, each with what its laptops last said.
    func siteRows(
        in list: CaseList, _ devices: [Centre.DeviceStatus], _ visit: Visit
    ) async throws -> [SiteRow] {
        try await centre.standings(in: list, devices).filter { visit.visitor.sees($0.site) }.map { standing in
            row(standing, devices.filter { $0.device.site == standing.site }, visit.words)
        }
    }

    private func row(
        _ standing: Centre.SiteStatus, _ laptops: [Centre.DeviceStatus], _ words: Words
    ) -> SiteRow {
        let (unsent, clocks) = (
            laptops.reduce(0) { $0 + $1.pending }, laptops.count { $0.clockTrouble != nil }
        )
        // One that was never heard of has been silent the longest.
        let longest = laptops.min { Self.order($0) < Self.order($1) }
        let clock =
            clocks > 0 ? Mark("attention", words("clocksWrong", n: clocks)) : Mark("none", words("clockGood"))
        return SiteRow(
            code: standing.site.text, name: standing.name, enrolled: String(standing.standings.enrolled),
            laptops: String(laptops.count), lastContact: standing.lastSync.map(words.time) ?? words("never"),
            silent: longest.map {
                Mark(isOf(.silent, $0) ? "attention" : "agreed", silence(silentDays($0), words))
            }, unsent: Mark(unsent > 0 ? "attention" : "none", String(unsent)),
            clock: laptops.isEmpty ? nil : clock,
            conflicts: String(standing.openConflicts), queries: String(standing.openQueries))
    }
}
