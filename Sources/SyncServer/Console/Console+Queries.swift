import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

struct QueriesModel: Sendable {
    struct Row: Sendable {
        let href: String
        let participant: String
        let about: String
        let site: String
        let status: String
        let mark: String
        let last: String
    }

    let list: SearchedList<Row>
    let showsAll: Bool
}

struct QueryModel: Sendable {
    struct Message: Sendable {
        let who: String
        let at: String
        let text: String
    }

    let about: String
    let recordHref: String
    let status: String
    let mark: String
    let messages: [Message]
    let action: String
    let isClosed: Bool
    let mayAnswer: Bool
    let mayClose: Bool
}

extension Console {
    func queries(_ visit: Visit) async throws -> PageResponse {
        let words = visit.words
        let all = !visit.filter("all").isEmpty
        let seen = try await self.seen(by: visit.visitor).queries(all: all).map(\.shown)
        let found = seen.filter {
            visit.fits(
                site: $0.site, kinds: [],
                [$0.participant, $0.site.text, about($0, visit), $0.thread.item])
        }
        let rows = visit.shown(found).map { query in
            QueriesModel.Row(
                href: "/queries/\(query.id)", participant: query.participant, about: about(query, visit),
                site: query.site.text, status: words("query.\(query.status.rawValue)"),
                mark: query.status.mark,
                last: query.thread.inOrder.last?.text ?? "")
        }
        let list = visit.list(
            rows, of: found.count, find: "find", none: seen.isEmpty ? "noQueries" : "nothingFound",
            sites: seen.map(\.site))
        let model = QueriesModel(list: list, showsAll: all)
        return try await page(visit, .queries, title: words("queries"), model)
    }

    private func about(_ query: QueryView, _ visit: Visit) -> String {
        let item = visit.study.item(query.thread.item)?.label[visit.words.language] ?? query.thread.item
        return [query.thread.event, item].filter { !$0.isEmpty }.joined(separator: " · ")
    }

    /// A query of a site that the visitor sees.
    private func shownQuery(_ visit: Visit) async throws -> CaseBook.Query {
        let query = try await centre.book().query(visit.value("id"))
        guard visit.visitor.sees(query.shown.site) else { throw Problem.unknownPage }
        return query
    }

    func query(_ visit: Visit) async throws -> PageResponse {
        let (words, query) = (visit.words, try await shownQuery(visit))
        let shown = query.shown
        let path = "/participants/\(query.participant.id.hex)"
        let model = QueryModel(
            about: about(shown, visit),
            recordHref: shown.thread.event.isEmpty ? path : "\(path)/\(urlEscaped(shown.thread.event))",
            status: words("query.\(shown.status.rawValue)"), mark: shown.status.mark,
            messages: shown.thread.inOrder.map { message in
                QueryModel.Message(
                    who: "\(message.author) · \(words("role.\(message.role.name)"))",
                    at: words.time(message.at.iso8601), text: message.text)
            }, action: "/queries/\(shown.id)", isClosed: shown.status == .closed,
            mayAnswer: visit.visitor.may(.query) && shown.status != .closed,
            mayClose: visit.visitor.may(.closeQuery))
        return try await page(
            visit, .query, title: words("query") + words.colon + shown.participant, model)
    }

    func raiseQuery(_ visit: Visit) async throws -> PageResponse {
        let book = try await centre.book()
        let participant = try await participant(in: book, visit)
        let form = visit.request.form
        let query = try await centre.raiseQuery(
            participant.name, visit.value("sheet"), item: form["item"] ?? "", text: form["text"] ?? "",
            by: try actor(visit))
        return done(visit, visit.words("queryRaised"), at: "/queries/\(query.id)")
    }

    func continueQuery(_ visit: Visit) async throws -> PageResponse {
        let query = try await shownQuery(visit).shown
        let (text, actor) = (visit.request.form["text"] ?? "", try actor(visit))
        switch visit.route {
        case .closeQuery:
            if let page = try await confirmation(of: closing(query, visit), visit) { return page }
            _ = try await centre.closeQuery(query.id, reason: text, by: actor)
        case .reopenQuery: _ = try await centre.reopenQuery(query.id, text: text, by: actor)
        default: _ = try await centre.answerQuery(query.id, text: text, by: actor)
        }
        return done(visit, visit.words("saved"), at: "/queries/\(query.id)")
    }

    private func closing(_ query: QueryView, _ visit: Visit) -> Act {
        let words = visit.words
        return Act(
            title: words("act.close", ["participant": query.participant, "about": about(query, visit)]),
            sentences: [words("will.close", ["site": query.site.text])],
            values: query.thread.inOrder.map { message in
                Label(
                    label: message.author + words.comma + words.time(message.at.iso8601), text: message.text)
            }, typed: ("text", words("closeReason"), false))
    }
}
