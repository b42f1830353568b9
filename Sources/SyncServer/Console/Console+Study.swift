import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

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
    let list: SearchedList<Laptop>
    let isEverywhere: Bool
}

extension Console {
    func study(_ visit: Visit) async throws -> PageResponse {
        let (words, study) = (visit.words, visit.study)
        let versions = try await centre.studyVersions()
        var behind: [Centre.DeviceStatus] = []
        if let newest = versions.first {
            behind = try await centre.laptops(before: newest).filter { visit.visitor.sees($0.device.site) }
        }
        let found = behind.filter {
            visit.fits(site: $0.device.site, kinds: [], [$0.name, $0.site])
        }
        let rows = visit.shown(found).map {
            StudyModel.Laptop(
                name: $0.name, site: $0.site, lastContact: $0.lastSeen.map(words.time) ?? words("never"))
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
            list: visit.list(
                rows, of: found.count, find: "findLaptop", none: "nothingFound",
                sites: behind.map(\.device.site)), isEverywhere: behind.isEmpty)
        return try await page(visit, .study, title: words("studyVersion"), model)
    }
}
