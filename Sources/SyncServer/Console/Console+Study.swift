import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

struct SitesModel: Sendable {
    struct Row: Sendable {
        let code: String
        let name: String
        let enrolled: String
        let laptops: String
        let lastContact: String
        let conflicts: String
        let queries: String
    }

    let rows: [Row]
    let isEmpty: Bool
    let laptops: [LaptopBar]
    let hasLaptops: Bool
    let mayAdd: Bool
}

struct StudyModel: Sendable {
    struct Version: Sendable {
        let number: String
        let at: String
        let by: String
        let reason: String
    }

    struct Laptop: Sendable {
        let name: String
        let site: String
        let lastContact: String
    }

    let title: String
    let contents: String
    let inForce: String
    let versions: [Version]
    /// Those that still run an older version.
    let laptops: [Laptop]
    let isEverywhere: Bool
}

extension Console {
    func sites(_ visit: Visit) async throws -> PageResponse {
        let words = visit.words
        let standing = try await centre.standings(in: try await seen(by: visit.visitor), centre.devices())
        let rows = try await centre.sites().filter { visit.visitor.sees($0.code) }.map { site in
            let found = standing.first { $0.site == site.code }
            return SitesModel.Row(
                code: site.code.text, name: site.name, enrolled: String(found?.standings.enrolled ?? 0),
                laptops: String(found?.devices ?? 0),
                lastContact: found?.lastSync.map(words.time) ?? words("never"),
                conflicts: String(found?.openConflicts ?? 0), queries: String(found?.openQueries ?? 0))
        }
        let laptops = try await laptopBars(visit)
        let model = SitesModel(
            rows: rows, isEmpty: rows.isEmpty, laptops: laptops, hasLaptops: !laptops.isEmpty,
            mayAdd: visit.visitor.may(.administer))
        return try await page(visit, .sites, title: words("sites"), model)
    }

    func study(_ visit: Visit) async throws -> PageResponse {
        let (words, study) = (visit.words, visit.study)
        let versions = try await centre.studyVersions()
        var behind: [Centre.DeviceStatus] = []
        if let newest = versions.first {
            behind = try await centre.laptops(before: newest).filter { visit.visitor.sees($0.device.site) }
        }
        let model = StudyModel(
            title: study.title[words.language],
            contents: words(
                "studyContents",
                ["events": String(study.events.count), "forms": String(study.forms.count)]),
            inForce: words("studyInForce", n: study.version),
            versions: versions.map {
                StudyModel.Version(
                    number: String($0.version), at: words.time($0.at.iso8601), by: $0.by, reason: $0.reason)
            },
            laptops: behind.map {
                StudyModel.Laptop(
                    name: $0.name, site: $0.site,
                    lastContact: $0.lastSeen.map(words.time) ?? words("never"))
            }, isEverywhere: behind.isEmpty)
        return try await page(visit, .study, title: words("studyVersion"), model)
    }
}
