import HTTPTypes

/// The headers that every answer has.
struct StandardHeaders: Sendable {
    private let standard: HTTPFields
    private static let requestIDName = HTTPField.Name("X-Request-Id")

    /// - Parameter isTLS: whether a browser may be told to come back by TLS only.
    init(isTLS: Bool) {
        var fields: HTTPFields = [
            .cacheControl: "no-store",
            .xContentTypeOptions: "nosniff",
            .contentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'",
        ]
        if isTLS { fields[.strictTransportSecurity] = "max-age=31536000" }
        if let name = HTTPField.Name("Referrer-Policy") { fields[name] = "no-referrer" }
        standard = fields
    }

    /// The headers of one answer: the standard ones unless it brings its own of that name.
    func fields(for response: ServerResponse, requestID: String, close: Bool) -> HTTPFields {
        var fields = standard
        for field in response.headers { fields[field.name] = nil }
        fields.append(contentsOf: response.headers)
        if let type = response.contentType { fields[.contentType] = type }
        if let name = Self.requestIDName, !requestID.isEmpty { fields[name] = requestID }
        if close { fields[.connection] = "close" }
        return fields
    }
}
