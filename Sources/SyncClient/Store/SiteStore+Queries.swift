import SyncProtocol
public import TrialModel
import TrialStore

extension SiteStore {
    /// The data queries of this site; closed ones only with `all`.
    public func queries(all: Bool = false) async throws -> [QueryView] {
        try await book().queries(site: site, all: all).map(\.shown)
    }

    /// Answers a query, offline too. Messages are a set: none replaces another.
    ///
    /// - Parameter id: the query's id, or the start of it.
    /// - Throws: `Problem(.notFound)`, `.ambiguousNumber`, `.queryClosed`, `.usage` without a text,
    ///   `.textTooLong`.
    @discardableResult
    public func answerQuery(_ id: String, text: String) async throws -> QueryView {
        let book = try await book()
        let query = try await book.query(id, site: site)
        return try await save(try book.answering(query, text: text, by: author))
    }

    /// Asks the centre something about a visit or a log line.
    ///
    /// - Parameter item: an item's OID, or empty.
    /// - Throws: `Problem(.unknownEvent)`, `.unknownItem`, `.itemNotAtEvent`, `.usage`, `.textTooLong`.
    @discardableResult
    public func askQuery(
        _ participant: String, _ sheet: String, item: String = "", text: String
    ) async throws -> QueryView {
        let book = try await book()
        let participant = try await book.participant(participant, site: site)
        return try await save(
            try await book.raising(on: participant, sheet: sheet, item: item, text: text, by: author))
    }

    private func save(_ change: Change) async throws -> QueryView {
        _ = try await replica.save([change], site: site, signedWith: signingKey)
        try await mark()
        return try await book().query(CaseBook.shortName(of: change.record), site: site).shown
    }

    /// Pairs of participants of this site who are likely one person; a coordinator merges or dismisses them.
    public func duplicates() async throws -> [DuplicateView] { try await book().duplicates(site: site) }
}
