/// One event of `GET /v1/events` (WHATWG HTML, 9.2: server-sent events).
package struct ServerSentEvent: Hashable, Sendable {
    /// The event's type; `nil` is `message`.
    package var name: String?
    /// May hold several lines.
    package var data: String
    package var id: String?

    package init(name: String? = nil, data: String, id: String? = nil) {
        self.name = name
        self.data = data
        self.id = id
    }

    /// A comment: it keeps the connection open and shows a client that has left.
    static let heartbeat = ":\n\n"

    /// The event as it goes over the wire; a line break in name or id is left out, it would begin another
    /// field.
    var wireText: String {
        var text = ""
        if let name { text += "event: \(Self.oneLine(name))\n" }
        if let id { text += "id: \(Self.oneLine(id))\n" }
        for line in data.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            text += "data: \(line)\n"
        }
        return text + "\n"
    }

    private static func oneLine(_ text: String) -> String {
        String(text.filter { !$0.isNewline && $0 != "\0" })
    }
}
