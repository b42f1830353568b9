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

    let rows: [Row]
    let isEmpty: Bool
    let showsAll: Bool
    let newest: String?
    let older: String?
}

extension SitePages {
    /// Everything that was saved at this site, what waits first, then the newest receipt first.
    func logBook(_ desk: Desk) async throws -> PageResponse {
        let query = desk.visit.request.query
        let start = min(max(0, Int(query["from"] ?? "") ?? 0), Self.lastRow)
        let own = query["own"] != nil
        let part = try await desk.store.logBook(
            of: desk.store.worklist().participants, onlyOwn: own, skipping: start, limit: Self.pageRows)
        let rows = part.entries.map { entry in
            let kind = entry.verdict.split(separator: ":").first.map(String.init) ?? ""
            let marks = ["applied": "agreed", "pending": "attention"]
            return LogBookModel.Row(
                participant: entry.participant, place: entry.place, mark: marks[kind] ?? "conflict",
                entry: HistoryModel(
                    HistoryView(
                        stamp: entry.stamp, kind: entry.kind, verdict: entry.verdict, changes: entry.changes),
                    study: desk.study, words: desk.words))
        }
        func link(_ row: Int) -> String {
            "\(SiteRoute.logBook.template)?from=\(row)" + (own ? "&own=1" : "")
        }
        let model = LogBookModel(
            rows: rows, isEmpty: rows.isEmpty, showsAll: !own, newest: start > 0 ? link(0) : nil,
            older: part.isLast ? nil : link(part.looked))
        return try await page(desk, .siteLogBook, title: desk.words("logBook"), model)
    }
}
