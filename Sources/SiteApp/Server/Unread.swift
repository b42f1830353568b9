import HTTPTypes
import TrialModel
import TrialPages

/// Why what came to the server is no request that a page could answer.
enum Unread: CaseIterable, Error, Sendable {
    case tooLarge, tooSlow, malformed, method

    private static let renderer = PageRenderer()

    var status: Int {
        switch self {
        case .tooLarge: 413
        // Not 408: a browser would send it again by itself.
        case .tooSlow, .malformed: 400
        case .method: 405
        }
    }

    private var code: ProblemCode {
        switch self {
        case .tooLarge: .bodyTooLarge
        case .tooSlow: .bodyIncomplete
        case .malformed: .malformed
        case .method: .usage
        }
    }

    /// A page that says what happened and leads back to the form; the bare status for a script.
    func page(for headers: HTTPFields) -> PageResponse {
        var request = PageRequest(.get, "/")
        request.fetchDestination = HTTPField.Name("Sec-Fetch-Dest").flatMap { headers[$0] }
        let chosen = PageRequest.cookies(headers[.cookie])[SitePages.languageCookie]
        let language = chosen.flatMap(Language.init(rawValue:))
        request.language = language ?? Language(accepting: headers[.acceptLanguage])
        return Self.renderer.unread(code, status: status, request, place: "sitePage")
    }
}
