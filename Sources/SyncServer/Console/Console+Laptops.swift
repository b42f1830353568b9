import SyncProtocol
import TrialModel
import TrialPages

struct LaptopsModel: Sendable {
    struct Row: Sendable {
        let name: String
        let site: String
        let lastContact: String
        let waiting: String
        let clock: String
        let access: String
        let copied: Bool
    }

    let rows: [Row]
    let isEmpty: Bool
}

struct PeopleModel: Sendable {
    struct Row: Sendable {
        let name: String
        let role: String
        let sites: String
        let isDisabled: Bool
    }

    let rows: [Row]
}

extension Console {
    func laptops(_ visit: Visit) async throws -> PageResponse {
        let words = visit.words
        let rows = try await centre.devices().map { status in
            LaptopsModel.Row(
                name: status.name, site: status.site,
                lastContact: status.lastSeen.map(words.time) ?? words("never"),
                waiting: String(status.pending), clock: status.clockTrouble ?? words("clockGood"),
                access: words("access.\(status.access)"), copied: status.isCopied)
        }
        let model = LaptopsModel(rows: rows, isEmpty: rows.isEmpty)
        return try await page(visit, .laptops, title: words("laptops"), model)
    }

    func people(_ visit: Visit) async throws -> PageResponse {
        let words = visit.words
        let rows = try await centre.people().map { person in
            PeopleModel.Row(
                name: person.grant.name, role: words("role.\(person.grant.role.name)"),
                sites: person.grant.sites.isEmpty
                    ? words("allSites") : person.grant.sites.map(\.text).joined(separator: ", "),
                isDisabled: person.grant.isDisabled)
        }
        return try await page(visit, .people, title: words("people"), PeopleModel(rows: rows))
    }
}
