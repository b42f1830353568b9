import SyncClient
import TrialModel
import TrialPages

extension SitePages {
    /// Everything of one participant on one page, to be printed.
    func paper(_ desk: Desk) async throws -> PageResponse {
        let (words, store) = (desk.words, desk.store)
        let entry = try await store.participant(id: desk.visit.value("record"))
        let worklist = try await store.worklist()
        let model = TrialPages.CasebookModel(
            try await store.casebook(id: entry.id),
            queries: worklist.queries.filter { $0.participant == entry.name },
            conflicts: worklist.conflicts, site: store.site, study: desk.study, words: words,
            printed: store.moment.iso8601, back: Self.path(entry.id))
        return try await page(
            desk, .casebook, title: words("casebookOf", ["participant": entry.name]), model)
    }
}
