package import SyncProtocol
package import TrialModel
package import TrialStore

extension Centre.Actor {
    /// - Throws: `Problem(.notAllowed)` if the person has no role at the site.
    func check(at site: SiteCode) throws(Problem) {
        guard grant.covers(site) else {
            throw Problem(
                .notAllowed, "\(grant.name) has no role at site \(site)",
                remedy: "ask someone who works at site \(site), or with all sites")
        }
    }
}

extension Centre {
    /// Data queries of one site or all, closed ones only with `all`.
    package func queries(site text: String?, all: Bool) async throws -> [QueryView] {
        var site: SiteCode?
        if let text { site = try await self.site(text) }
        return try await book().queries(site: site, all: all).map(\.shown)
    }

    /// Begins a query on a visit or a log line.
    ///
    /// - Parameter item: an item's OID, or empty.
    package func raiseQuery(
        _ participant: String, _ sheet: String, item: String, text: String, by actor: Actor
    ) async throws -> QueryView {
        let book = try await book()
        let participant = try await book.participant(participant)
        try actor.check(at: participant.site)
        let change = try await book.raising(
            on: participant, sheet: sheet, item: item, text: text, by: actor.author)
        return try await save(change, at: participant.site, by: actor)
    }

    /// Answers a query, of a site's for instance.
    package func answerQuery(_ id: String, text: String, by actor: Actor) async throws -> QueryView {
        let (book, query) = try await query(id, for: actor)
        let change = try book.answering(query, text: text, by: actor.author)
        return try await save(change, at: query.shown.site, by: actor)
    }

    /// Closes a query; one that is closed already stays as it is.
    package func closeQuery(_ id: String, reason: String, by actor: Actor) async throws -> QueryView {
        let (book, query) = try await query(id, for: actor)
        guard let change = try book.closing(query, reason: reason, by: actor.author) else {
            return query.shown
        }
        return try await save(change, at: query.shown.site, by: actor)
    }

    /// Opens a query again, with what is asked.
    package func reopenQuery(_ id: String, text: String, by actor: Actor) async throws -> QueryView {
        let (book, query) = try await query(id, for: actor)
        let change = try book.reopening(query, text: text, by: actor.author)
        return try await save(change, at: query.shown.site, by: actor)
    }

    private func query(_ id: String, for actor: Actor) async throws -> (book: CaseBook, query: CaseBook.Query)
    {
        let book = try await book()
        let query = try await book.query(id)
        try actor.check(at: query.shown.site)
        return (book, query)
    }

    private func save(_ change: Change, at site: SiteCode, by actor: Actor) async throws -> QueryView {
        _ = try await replica.save([change], site: site, signedWith: actor.key)
        return try await book().query(CaseBook.shortName(of: change.record)).shown
    }
}
