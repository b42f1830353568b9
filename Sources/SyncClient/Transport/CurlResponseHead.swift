/// The header fields of an answer, from the lines as they come.
struct CurlResponseHead: Sendable {
    /// Of all lines together, interim answers included.
    static let limitBytes = 64 * 1024

    /// Names in lower case; values of a repeated name joined by `, ` (RFC 9110, section 5.3).
    private(set) var fields: [String: String] = [:]
    private var byteCount = 0
    /// Whether the empty line has come that ends the head. libcurl itself is content when the link breaks off
    /// before it.
    private(set) var isComplete = false

    /// Takes one line with its end; false when there are too many bytes.
    ///
    /// A status line begins anew: an interim answer (100, 103) comes before the one that counts. What follows
    /// the empty line is a trailer, which nothing here may depend on.
    mutating func take(_ line: String) -> Bool {
        byteCount += line.utf8.count
        guard byteCount <= Self.limitBytes else { return false }
        let text = Self.trimmed(line[...])
        if text.hasPrefix("HTTP/") && !text.contains(":") {
            (fields, isComplete) = ([:], false)
        } else if text.isEmpty {
            isComplete = true
        } else if !isComplete, let colon = text.firstIndex(of: ":") {
            let name = text[..<colon].lowercased()
            let value = String(Self.trimmed(text[text.index(after: colon)...]))
            fields[name] = fields[name].map { "\($0), \(value)" } ?? value
        }
        return true
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
