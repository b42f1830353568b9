package import TrialModel

/// A request for a page, as far as pages are concerned: no socket, no library's type.
package struct PageRequest: Sendable {
    package enum Method: String, Sendable { case get = "GET", post = "POST" }

    package var method: Method
    /// Always begins with `/`.
    package var path: String
    package var query = FormFields()
    package var form = FormFields()
    package var cookies: [String: String] = [:]
    /// `Host`, or HTTP/2's authority.
    package var host: String?
    package var origin: String?
    /// `Sec-Fetch-Site`: what the browser says of where the request began.
    package var fetchSite: String?
    /// `Sec-Fetch-Dest`: what the browser says the answer is for; `empty` for a script.
    package var fetchDestination: String?
    package var language = Language.en
    /// Which news were out when the request came: a page that is made now has seen them.
    package var newsSeen = ""

    package init(_ method: Method, _ path: String) { (self.method, self.path) = (method, path) }

    /// The path's parts, percent-decoded; `nil` if one cannot be.
    package var parts: [String]? {
        var parts: [String] = []
        for part in path.split(separator: "/") {
            // A plus sign is a plus sign in a path.
            let kept = part.utf8.flatMap { $0 == UInt8(ascii: "+") ? Array("%2B".utf8) : [$0] }
            guard let decoded = FormFields(encoded: Array("p=".utf8) + kept)?["p"] else { return nil }
            parts.append(decoded)
        }
        return parts
    }

    /// Whether a person asked for it, and not a page that looks for news: that keeps no session open and no
    /// screen unlocked. A form that is typed in does.
    package var isActivity: Bool {
        method == .post ? form["auto"] == nil : fetchDestination != "empty"
    }

    /// Whether the answer is a page that a person looks at; a browser that does not say asks for one.
    package var isByPerson: Bool { fetchDestination.map { $0 == "document" } ?? true }

    /// Where a form wants to go back to; `/` if it does not say so.
    package var back: String { form["back"].flatMap(Self.ownPath) ?? "/" }

    /// A path of this server, never another's.
    package static func ownPath(_ text: String) -> String? {
        let isOwn = text.hasPrefix("/") && !text.hasPrefix("//") && !text.contains("\\")
        return isOwn && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F } ? text : nil
    }

    /// Cookies of a `Cookie` header.
    package static func cookies(_ header: String?) -> [String: String] {
        var cookies: [String: String] = [:]
        for pair in (header ?? "").split(separator: ";").prefix(50) {
            let halves = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            if halves.count == 2 { cookies[String(halves[0])] = String(halves[1]) }
        }
        return cookies
    }

    /// Whether a request that changes something was made by a page of this server: a browser says where it
    /// came from, and what does not say so is no browser.
    package func comes(from authority: String?) -> Bool {
        if let fetchSite, fetchSite != "same-origin", fetchSite != "none" { return false }
        guard let origin else { return true }
        guard let authority else { return false }
        return origin == "https://\(authority)" || origin == "http://\(authority)"
    }
}

/// An answer to a request for a page.
package struct PageResponse: Sendable {
    package var status = 200
    package var contentType = "text/html; charset=utf-8"
    package var body: [UInt8]
    /// Each as a `Set-Cookie` header has it.
    package var cookies: [String] = []
    /// Where to go on.
    package var location: String?
    /// `nil` keeps it out of every cache.
    package var cacheSeconds: Int?
    /// After how long the browser is to ask again; `nil` for never.
    package var refreshSeconds: Int?
    /// Under which name the browser is to keep it; `nil` for what it shows.
    package var fileName: String?
    /// Why it was refused: for the log.
    package var code: ProblemCode?

    package static func html(_ html: String, status: Int = 200) -> PageResponse {
        PageResponse(status: status, body: Array(html.utf8))
    }

    /// A file to keep.
    ///
    /// - Parameter name: letters, digits, `.` and `-`.
    package static func file(_ bytes: [UInt8], named name: String, contentType: String) -> PageResponse {
        var response = PageResponse(contentType: contentType, body: bytes)
        response.fileName = name
        return response
    }

    /// An answer to a script of a page.
    package static func json(_ text: String, status: Int = 200) -> PageResponse {
        PageResponse(status: status, contentType: "application/json", body: Array(text.utf8))
    }

    /// Goes on to another page of this server, by GET.
    package static func redirect(to path: String) -> PageResponse {
        PageResponse(status: 303, body: [], location: path)
    }

    init(
        status: Int = 200, contentType: String = "text/html; charset=utf-8", body: [UInt8],
        location: String? = nil, cacheSeconds: Int? = nil
    ) {
        (self.status, self.contentType, self.body) = (status, contentType, body)
        (self.location, self.cacheSeconds) = (location, cacheSeconds)
    }

    /// The style sheet and the script, if the path names one.
    package static func asset(_ name: String) -> PageResponse? {
        switch name {
        case "style.css":
            PageResponse(
                contentType: "text/css; charset=utf-8", body: PackageResources.style_css, cacheSeconds: 300)
        case "page.js":
            PageResponse(
                contentType: "text/javascript; charset=utf-8", body: PackageResources.page_js,
                cacheSeconds: 300)
        case "site.css":
            PageResponse(
                contentType: "text/css; charset=utf-8", body: PackageResources.site_css, cacheSeconds: 300)
        case "site.js":
            PageResponse(
                contentType: "text/javascript; charset=utf-8", body: PackageResources.site_js,
                cacheSeconds: 300)
        default: nil
        }
    }

    /// What a browser may do with pages: load this server's own style, script and pictures, and send forms
    /// to it; nothing inline, nothing from elsewhere, no frame around it.
    package static let contentSecurityPolicy =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}
