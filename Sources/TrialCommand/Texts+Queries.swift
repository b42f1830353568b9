public import TrialModel

extension Texts {
    /// Data queries, one below the other.
    public static func queries(_ queries: [QueryView], _ out: CommandOutput) -> String {
        guard !queries.isEmpty else { return "no open queries" }
        return queries.map { query($0, out) }.joined(separator: "\n")
    }

    /// A data query with its messages.
    public static func query(_ query: QueryView, _ out: CommandOutput) -> String {
        let place = [query.participant, query.thread.event, query.thread.item].filter { !$0.isEmpty }
        let status = query.status == .open ? out.attention(query.status.rawValue) : query.status.rawValue
        let head = "\(out.heading(place.joined(separator: " ")))  site \(query.site)  \(status)"
        let messages = query.thread.inOrder.map { message in
            "  \(message.author) (\(message.role.name)), \(message.at.iso8601): \(message.text)"
        }
        return ([head, "id \(query.id)"] + messages).joined(separator: "\n")
    }

    /// Pairs who are likely one person.
    public static func duplicates(_ pairs: [DuplicateView], _ out: CommandOutput) -> String {
        let rows = pairs.map { pair in
            pair.participants + [pair.items.map { "\($0.item)=\(text($0.value))" }.joined(separator: " ")]
        }
        return out.table(["PARTICIPANT", "AND", "AGREE IN"], rows, none: "no likely duplicates")
    }
}
