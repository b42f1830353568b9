import SyncClient
import TrialModel
import TrialPages

/// As the template `queries` shows it, which the console has too.
struct QueryListModel: Sendable {
    struct Row: Sendable {
        let href: String
        let participant: String
        let about: String
        let last: String
        let mark: String
        let status: String
        let site: String
    }

    struct List: Sendable {
        let rows: [Row]
        let isEmpty: Bool
        /// What an empty list says.
        let nothing: String
        let find: String
        /// None to choose from: all are of this site.
        let hasSites = false
        /// `nil` if all rows are there.
        let paging: Paging?
    }

    let list: List
    let showsAll: Bool
}

/// As the template `query` shows it.
struct QueryModel: Sendable {
    struct Message: Sendable {
        let who: String
        let at: String
        let text: String
    }

    let about: String
    let recordHref: String
    let mark: String
    let status: String
    let messages: [Message]
    let action: String
    let isClosed: Bool
    let mayAnswer: Bool
    let mayClose: Bool
}

extension SitePages {
    func queries(_ desk: Desk) async throws -> PageResponse {
        let (showsAll, search) = (desk.visit.request.query["all"] != nil, search(of: desk))
        let worklist = try await desk.store.worklist()
        let all = showsAll ? worklist.queries : worklist.openQueries
        let found = all.filter { query in
            search.fits([query.participant, about(query, desk), query.thread.inOrder.last?.text ?? ""])
        }
        let part = Paging.page(
            found, from: desk.visit.request.query["from"], rows: Self.pageRows, desk.words
        ) { row in "/queries?from=\(row)" + (showsAll ? "&all=1" : "") + search.link }
        let rows = part.elements.map { query in
            QueryListModel.Row(
                href: "/queries/\(query.id)", participant: query.participant, about: about(query, desk),
                last: query.thread.inOrder.last?.text ?? "",
                mark: mark(of: query.status),
                status: desk.words("query.\(query.status.rawValue)"), site: query.site.text)
        }
        let list = QueryListModel.List(
            rows: rows, isEmpty: rows.isEmpty,
            nothing: desk.words(all.isEmpty ? "noQueries" : "nothingFound"), find: search.text,
            paging: part.paging)
        let model = QueryListModel(list: list, showsAll: showsAll)
        return try await page(desk, .queries, title: desk.words("queries"), model)
    }

    private func mark(of status: QueryStatus) -> String {
        switch status {
        case .open: "attention"
        case .answered: "none"
        case .closed: "agreed"
        }
    }

    private func about(_ query: QueryView, _ desk: Desk) -> String {
        let item = desk.study.item(query.thread.item)?.label[desk.words.language]
        let parts = [query.thread.event, item ?? ""].filter { !$0.isEmpty }
        return parts.isEmpty ? desk.words("participant") : parts.joined(separator: " · ")
    }

    private func found(_ desk: Desk) async throws -> QueryView {
        let id = desk.visit.value("id")
        guard let query = try await desk.store.worklist().queries.first(where: { $0.id == id }) else {
            throw Problem.unknownPage
        }
        return query
    }

    func query(_ desk: Desk) async throws -> PageResponse {
        let (words, query) = (desk.words, try await found(desk))
        let entry = try await desk.store.worklist().participants.first { $0.name == query.participant }
        let model = QueryModel(
            about: about(query, desk),
            recordHref: entry.map { Self.path($0.id, query.thread.event) } ?? "/participants",
            mark: mark(of: query.status), status: words("query.\(query.status.rawValue)"),
            messages: query.thread.inOrder.map { message in
                QueryModel.Message(
                    who: "\(message.author) · \(words("role.\(message.role.name)"))",
                    at: words.time(message.at.iso8601), text: message.text)
            }, action: "/queries/\(query.id)", isClosed: query.status == .closed,
            mayAnswer: query.status != .closed && desk.store.role.may(.query), mayClose: false)
        return try await page(desk, .query, title: words("query") + words.colon + query.participant, model)
    }

    func answerQuery(_ desk: Desk) async throws -> PageResponse {
        let query = try await found(desk)
        try await desk.store.answerQuery(query.id, text: desk.form["text"] ?? "")
        return done(desk, desk.words("saved"), at: "/queries/\(query.id)")
    }
}
