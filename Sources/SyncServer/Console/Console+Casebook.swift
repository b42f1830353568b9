import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

extension Console {
    /// Everything of one participant on one page, to be printed.
    func casebook(_ visit: Visit) async throws -> PageResponse {
        let (words, book) = (visit.words, try await centre.book())
        let participant = try await participant(in: book, visit)
        let views = try await book.views(of: participant, withHistory: true).map(\.view)
        let list = try await seen(by: visit.visitor)
        let queries = list.cards.first { $0.participant.id == participant.id }?.queries.map(\.shown) ?? []
        let conflicts = list.conflicts.map(\.shown).filter { $0.visit.participant == participant.name }
        let model = CasebookModel(
            views, queries: queries, conflicts: conflicts, site: participant.site, study: visit.study,
            words: words,
            printed: centre.now.iso8601, back: "/participants/\(participant.id.hex)")
        return try await page(
            visit, .casebook, title: words("casebookOf", ["participant": participant.name]), model)
    }
}
