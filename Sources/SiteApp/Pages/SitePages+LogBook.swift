import SyncClient
import TrialModel
import TrialPages

struct LogBookModel: Sendable {
    struct Row: Sendable {
        let participant: String
        let place: String
        let mark: String
        let entry: HistoryModel
    }

    let search: SearchModel
    let rows: [Row]
    let isEmpty: Bool
    /// What an empty list says.
    let nothing: String
    let showsAll: Bool
    let newest: String?
    let older: String?
}

extension SitePages {
    /// Everything that was saved at this site, what waits first, then the newest receipt first.
    func logBook(_ desk: Desk) async throws -> PageResponse {
        let query = desk.visit.request.query
        let start = min(max(0, Int(query["from"] ?? "") ?? 0), Self.lastRow)
        let (own, search, words) = (query["own"] != nil, search(of: desk), desk.words)
        let everybody = try await desk.store.worklist().participants
        let wanted = search.isEmpty ? nil : everybody.filter { search.fits([$0.name]) }
        let part = try await desk.store.logBook(
            of: everybody, only: wanted, onlyOwn: own, skipping: start, limit: Self.pageRows)
        let rows = part.entries.map { entry in
            let kind = entry.verdict.split(separator: ":").first.map(String.init) ?? ""
            let marks = ["applied": "agreed", "pending": "attention"]
            return LogBookModel.Row(
                participant: entry.participant, place: entry.place, mark: marks[kind] ?? "conflict",
                entry: HistoryModel(
                    HistoryView(
                        stamp: entry.stamp, kind: entry.kind, verdict: entry.verdict, changes: entry.changes),
                    study: desk.study, words: words))
        }
        func link(_ row: Int) -> String {
            "\(SiteRoute.logBook.template)?from=\(row)" + (own ? "&own=1" : "") + search.link
        }
        let nothing =
            part.isLast
            ? words(search.isEmpty ? "emptyLog" : "nothingFound") : words("nothingYet", n: part.looked)
        let model = LogBookModel(
            search: SearchModel(
                list: SiteRoute.logBook.template, label: words("findNumber"), text: search.text,
                others: own ? ["own"] : []),
            rows: rows, isEmpty: rows.isEmpty, nothing: nothing, showsAll: !own,
            newest: start > 0 ? link(0) : nil, older: part.isLast ? nil : link(part.looked))
        return try await page(desk, .siteLogBook, title: words("logBook"), model)
    }
}
