/// On which side of a data query a person stands.
public enum QuerySide: String, Hashable, Sendable, CaseIterable {
    case site, centre

    /// Those who enter data stand on the site's side, all others on the centre's.
    public init(of role: Role) {
        self = [.dataEntry, .investigator].contains(role) ? .site : .centre
    }
}

/// How a data query stands.
public enum QueryStatus: String, Hashable, Sendable, CaseIterable {
    /// Something that was asked is not answered.
    case open
    /// Everything asked was seen by someone of the other side who wrote after it.
    case answered
    case closed
}

/// The names of a query record's registers and items.
public enum QueryRegister {
    /// Written once: `@event`, `@item`, `@asked`.
    public static let head = "@query"
    public static let closed = "@query/closed"
    private static let messagePrefix = "@message/"

    /// A message's register: each message has one of its own, so that none replaces another.
    public static func message(_ name: String) -> String { messagePrefix + name }

    /// The name of the message that a register holds.
    public static func messageName(_ register: String) -> String? {
        register.hasPrefix(messagePrefix) ? String(register.dropFirst(messagePrefix.count)) : nil
    }
}

/// What a query record says: a pure function of its state and of the changes that wrote its live versions,
/// and so the same on every replica, in whatever order they came.
public struct QueryThread: Hashable, Sendable {
    /// One message of a query.
    public struct Message: Hashable, Sendable {
        /// Sixteen random hexadecimal digits.
        public let name: String
        public let author: String
        public let role: Role
        public let at: DeviceTime
        /// Milliseconds since 1970 at which the centre took it; `nil` before that.
        public let receivedMilliseconds: Int64?
        public let text: String
        /// Whether it asks although its author's side did not begin the query: it was opened again with it.
        public let reopens: Bool
        /// The messages that its author was shown.
        public let saw: Set<String>

        /// On which side its author stood.
        public var side: QuerySide { QuerySide(of: role) }
    }

    /// `BL`, `UNS#2`; empty if the query is about the participant.
    public let event: String
    /// An item's OID, or empty.
    public let item: String
    /// The side that began the query.
    public let asked: QuerySide
    /// In the order of their names.
    public let messages: [Message]
    public let isClosed: Bool

    /// - Parameters:
    ///   - changes: those that wrote the live versions.
    ///   - received: when the centre took them.
    ///   - isClosed: whether it is closed, and whoever closed it had seen every message.
    public init(
        _ state: RecordState, changes: [ChangeID: Change], received: [ChangeID: Int64] = [:],
        isClosed: Bool? = nil
    ) {
        let head = state[QueryRegister.head].live.first
        event = head?.text("@event") ?? ""
        item = head?.text("@item") ?? ""
        asked = head?.text("@asked").flatMap(QuerySide.init) ?? .centre
        self.isClosed = isClosed ?? state.isClosedQuery
        var names: [ChangeID: [String]] = [:]
        var found: [(name: String, version: Version)] = []
        for (register, content) in state.sortedRegisters {
            guard let name = QueryRegister.messageName(register), let version = content.live.first else {
                continue
            }
            names[version.id, default: []].append(name)
            found.append((name, version))
        }
        messages = found.compactMap { name, version in
            guard let change = changes[version.id] else { return nil }
            let saw = change.cites.flatMap { names[$0] ?? [] }
            return Message(
                name, version, change, saw: Set(saw), receivedMilliseconds: received[version.id])
        }
    }

    /// Closed if all say so; else answered if everything that asks was seen by someone of the other side who
    /// wrote; else open.
    public var status: QueryStatus {
        if isClosed { return .closed }
        let asking = messages.filter { $0.side == asked || $0.reopens }
        let isAnswered = asking.allSatisfy { question in
            messages.contains { $0.side != question.side && $0.saw.contains(question.name) }
        }
        return isAnswered && !asking.isEmpty ? .answered : .open
    }

    /// As people read them: by the time at which the centre took them, or they were written. Time decides
    /// nothing but this.
    public var inOrder: [Message] {
        messages.sorted {
            ($0.receivedMilliseconds ?? $0.at.milliseconds, $0.name)
                < ($1.receivedMilliseconds ?? $1.at.milliseconds, $1.name)
        }
    }
}

extension QueryThread.Message {
    /// Reads a message of the change that wrote it. A coordinator's copy for another site, where the original
    /// is not held, says in its values who wrote it, and what the author was shown.
    fileprivate init(
        _ name: String, _ version: Version, _ change: Change, saw: Set<String>, receivedMilliseconds: Int64?
    ) {
        self.name = name
        text = version.text("@message") ?? ""
        reopens = version.value(of: "@message.reopens") == .yesNo(true)
        guard change.kind == .release, let author = version.text("@message.author"),
            let role = version.text("@message.role").flatMap({ Role(name: $0) }),
            case .integer(let at) = version.value(of: "@message.at"),
            case .integer(let offset) = version.value(of: "@message.offset")
        else {
            (author, role, at, self.saw) = (change.author, change.role, change.at, saw)
            self.receivedMilliseconds = receivedMilliseconds
            return
        }
        (self.author, self.role, self.receivedMilliseconds) = (author, role, nil)
        self.at = DeviceTime(milliseconds: at, offsetMinutes: Int(clamping: offset))
        self.saw = Set((version.text("@message.saw") ?? "").split(separator: " ").map(String.init))
    }

    /// The register of a new message.
    public static func write(_ name: String, text: String, reopens: Bool = false) -> RegisterWrite {
        let mark = reopens ? [ItemValue("@message.reopens", .yesNo(true))] : []
        return RegisterWrite(QueryRegister.message(name), [ItemValue("@message", .text(text))] + mark)
    }

    /// The register of a copy, which says who wrote the message.
    public var copy: RegisterWrite {
        var values = [
            ItemValue("@message", .text(text)), ItemValue("@message.author", .text(author)),
            ItemValue("@message.role", .text(role.name)),
            ItemValue("@message.at", .integer(at.milliseconds)),
            ItemValue("@message.offset", .integer(Int64(at.offsetMinutes))),
            ItemValue("@message.saw", .text(saw.sorted().joined(separator: " "))),
        ]
        if reopens { values.append(ItemValue("@message.reopens", .yesNo(true))) }
        return RegisterWrite(QueryRegister.message(name), values)
    }
}

extension RecordState {
    /// Whether all live versions of a query's `@query/closed` say yes: closed and opened again at the same
    /// time is not closed.
    public var isClosedQuery: Bool {
        let closed = self[QueryRegister.closed].live
        return !closed.isEmpty
            && closed.allSatisfy { $0.value(of: QueryRegister.closed) == .yesNo(true) }
    }

    /// The versions of a query's messages, as an answer cites them.
    public var messageVersions: [ChangeID] {
        let ids = registers.filter { QueryRegister.messageName($0.key) != nil }.flatMap {
            $0.value.live.map(\.id)
        }
        return Set(ids).sorted()
    }
}

extension Version {
    fileprivate func text(_ item: String) -> String? {
        guard case .text(let text) = value(of: item) else { return nil }
        return text
    }
}
