import TrialModel
import TrialPages

/// While the records of a large trial are read, after the server was started.
extension Console {
    /// Whether a person looks at a page that shows what is read. A script that puts a page in the place of
    /// another has the time to wait, and so has a file.
    func isLooked(_ route: ConsoleRoute, _ request: PageRequest, _ visitor: Visitor) -> Bool {
        request.method == .get && request.fetchDestination != "empty" && visitor.may(.read)
            && ![.auditFile, .export].contains(route)
    }

    /// Stands in for a page meanwhile, and asks for it again by itself.
    func readingPage(_ request: PageRequest, _ visitor: Visitor) -> PageResponse {
        // What is to be said of the last act waits for the page that was asked for.
        if let notice = visitor.session.notice { sessions.note(notice, for: visitor.token) }
        let (words, title) = (visitor.words, visitor.words("readingTrialTitle"))
        let shell = Shell(title: title, place: words("console"), words: words, path: request.path)
        let model = WaitingModel(text: words("readingTrial"), bar: title)
        var page = PageResponse.html(renderer.page(.waiting, model, in: shell))
        page.refreshSeconds = WaitingModel.refreshSeconds
        return page
    }
}
