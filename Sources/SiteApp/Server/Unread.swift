import HTTPTypes
import TrialModel
import TrialPages

/// Why what came to the server is no request that a page could answer.
enum Unread: CaseIterable, Sendable {
    case tooLarge, malformed, method

    private static let renderer = PageRenderer()

    var status: Int {
        switch self {
        case .tooLarge: 413
        case .malformed: 400
        case .method: 405
        }
    }

    private var code: ProblemCode {
        switch self {
        case .tooLarge: .bodyTooLarge
        case .malformed: .malformed
        case .method: .usage
        }
    }

    private func sentence(_ words: Words) -> String {
        switch self {
        case .tooLarge: words("unreadTooLarge")
        case .malformed: words("unreadMalformed")
        case .method: words("unreadMethod")
        }
    }

    /// A page that says what happened and leads back to the form; the bare status for a script.
    func page(for headers: HTTPFields) -> PageResponse {
        let destination = HTTPField.Name("Sec-Fetch-Dest").flatMap { headers[$0] }
        guard destination != "empty" else { return .html("", status: status) }
        let chosen = PageRequest.cookies(headers[.cookie])[SitePages.languageCookie]
        let language = chosen.flatMap(Language.init(rawValue:))
        let words = Words(language ?? Language(accepting: headers[.acceptLanguage]))
        let problem = Problem(
            code, sentence(words), remedy: words(self == .tooLarge ? "unreadLargeRemedy" : "unreadRemedy"),
            in: words.language)
        var shell = Shell(title: words("problem"), place: words("sitePage"), words: words, path: "/")
        shell.notice = Shell.Notice(problem, words)
        let model = RefusedModel(code)
        return .html(Self.renderer.page(.problem, model, in: shell), status: status)
    }
}
