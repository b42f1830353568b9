import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

struct StudyModel: Sendable {
    struct Laptop: Sendable {
        let name: String
        let site: String
        let lastContact: String
    }

    let title: String
    let contents: String
    let inForce: String
    /// The newest.
    let versions: ListStart<VersionRow>
    /// Those that still run an older version.
    let list: SearchedList<Laptop>
    let isEverywhere: Bool
}

/// A version of the study, as it was published.
struct VersionRow: Sendable {
    let number: String
    let at: String
    let by: String
    let reason: String

    init(_ version: Centre.StudyVersion, _ words: Words) {
        (number, at) = (String(version.version), words.time(version.at.iso8601))
        (by, reason) = (version.by, version.reason)
    }
}

extension Console {
    /// How many versions stand on the page of the study itself.
    static let newestVersions = 5

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
            versions: ListStart(
                rows: versions.prefix(Self.newestVersions).map { VersionRow($0, words) },
                isEmpty: versions.isEmpty, nothing: words("nothingFound"),
                href: ConsoleRoute.versions.template, all: words("allOf", n: versions.count)),
            list: visit.list(
                rows, of: found.count, find: "findLaptop", none: "nothingFound",
                sites: behind.map(\.device.site)), isEverywhere: behind.isEmpty)
        return try await page(visit, .study, title: words("studyVersion"), model)
    }

    /// All versions of the study, the one in force first.
    func versions(_ visit: Visit) async throws -> PageResponse {
        let words = visit.words
        let found = try await centre.studyVersions().filter {
            visit.finds([String($0.version), $0.by, $0.reason])
        }
        let model = visit.list(
            visit.shown(found).map { VersionRow($0, words) }, of: found.count, find: "findVersion",
            none: "nothingFound", sites: [SiteCode]())
        return try await page(visit, .versions, title: words("versions"), model)
    }
}
