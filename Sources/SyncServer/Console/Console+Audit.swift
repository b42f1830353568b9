import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

struct AuditModel: Sendable {
    struct Row: Sendable {
        let participant: String
        let place: String
        let site: String
        let entry: HistoryModel
    }

    let rows: [Row]
    let isEmpty: Bool
    /// What an empty part says: that there is nothing, or nothing so far.
    let nothing: String
    let participant: String
    let person: String
    let firstDay: String
    let lastDay: String
    let sites: [Choice]
    let kinds: [Choice]
    let newest: String?
    let older: String?
    /// Where the same is a file.
    let file: String
}

extension Console {
    /// The audit trail of the visitor's sites, the newest receipt first.
    func audit(_ visit: Visit) async throws -> PageResponse {
        let words = visit.words
        var part: AuditTrail.Part?
        var notice: Shell.Notice?
        do {
            part = try await centre.auditPart(
                auditRequest(visit), skipping: visit.start, limit: Paging.rows)
        } catch let problem as Problem where problem.code != .storeDamaged {
            notice = Shell.Notice(problem, words)
        }
        let laptops = Dictionary(
            try await centre.devices().map { ($0.device.id.hex, $0.name) },
            uniquingKeysWith: { first, _ in first })
        let rows = (part?.entries ?? []).map { entry in
            AuditModel.Row(
                participant: entry.participant, place: words.place(entry.place, laptops: laptops),
                site: words.site(entry.stamp.site),
                entry: HistoryModel(
                    HistoryView(
                        stamp: entry.stamp, kind: entry.kind, verdict: entry.verdict, changes: entry.changes),
                    study: visit.study, words: words))
        }
        let sites = try await centre.sites().map(\.code).filter(visit.visitor.sees).map(\.text)
        let model = AuditModel(
            rows: rows, isEmpty: rows.isEmpty,
            nothing: part.map { $0.isLast || notice != nil } ?? true
                ? words("nothingFound") : words("nothingYet", n: part?.looked ?? 0),
            participant: visit.filter("participant"),
            person: visit.filter("person"), firstDay: visit.filter("firstDay"),
            lastDay: visit.filter("lastDay"),
            sites: choices(sites, chosen: visit.filter("site")) { $0 },
            kinds: choices(ChangeKind.allCases.map { "\($0)" }, chosen: visit.filter("kind")) {
                words("kind.\($0)")
            },
            newest: visit.start > 0 ? visit.link(from: 0) : nil,
            older: part.flatMap { $0.isLast ? nil : visit.link(from: $0.looked) },
            file: ConsoleRoute.auditFile.template
                + (visit.request.query["search"].map { "?search=\(urlEscaped($0))" } ?? ""))
        return try await page(visit, .audit, title: words("auditTrail"), model, notice: notice)
    }

    /// What the page shows, as `export audit` writes it.
    func auditFile(_ visit: Visit) async throws -> PageResponse {
        let bytes = try await centre.auditFile(auditRequest(visit))
        return .file(bytes, named: "audit-\(try centre.today).csv", contentType: "text/csv; charset=utf-8")
    }

    private func auditRequest(_ visit: Visit) -> AuditRequest {
        func filter(_ name: String) -> String? {
            let text = visit.filter(name)
            return text.isEmpty ? nil : text
        }
        var request = AuditRequest(seenBy: visit.visitor.grant)
        (request.participant, request.site) = (filter("participant"), filter("site"))
        (request.person, request.kind) = (filter("person"), filter("kind"))
        (request.from, request.to) = (filter("firstDay"), filter("lastDay"))
        return request
    }
}
