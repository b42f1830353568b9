/// A data query, as commands and pages show it.
public struct QueryView: Hashable, Sendable {
    /// Sixteen hexadecimal digits, the same on every replica.
    public let id: String
    /// The participant's number.
    public let participant: String
    public let site: SiteCode
    public let thread: QueryThread

    public init(id: String, participant: String, site: SiteCode, thread: QueryThread) {
        (self.id, self.participant, self.site, self.thread) = (id, participant, site, thread)
    }

    public var status: QueryStatus { thread.status }

    public var json: JSON {
        .keyed([
            "id": .string(id), "participant": .string(participant),
            "event": thread.event.isEmpty ? .null : .string(thread.event),
            "item": thread.item.isEmpty ? .null : .string(thread.item),
            "status": .string(status.rawValue), "site": .string(site.text),
            "asked": .string(thread.asked.rawValue), "messages": .array(thread.inOrder.map(\.json)),
        ])
    }
}

extension QueryThread.Message {
    var json: JSON {
        .keyed([
            "author": .string(author), "role": .string(role.name), "at": .string(at.iso8601),
            "receivedAt": .optional(
                receivedMilliseconds.map { DeviceTime(milliseconds: $0, offsetMinutes: 0).iso8601 }),
            "text": .string(text),
        ])
    }
}
