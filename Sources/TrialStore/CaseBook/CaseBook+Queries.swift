import FoundationEssentials
package import SyncProtocol
package import TrialModel

extension CaseBook {
    /// One data query with its record.
    package struct Query: Sendable {
        package let participant: Participant
        package let record: RecordView
        package let shown: QueryView
    }

    /// The longest message, in characters.
    package static let messageLimit = 4000
    /// An id is recognised by at least so many digits.
    private static let shortestID = 4

    /// Data queries of a site, or of all, in the order of participants.
    ///
    /// - Parameter all: closed ones too, and those of records that were closed in favour of others.
    package func queries(site: SiteCode? = nil, all: Bool = false) async throws -> [Query] {
        var participants: [EnrolmentID: Participant] = [:]
        for participant in try await self.participants(site: site) {
            participants[participant.id] = participant
        }
        var found: [Query] = []
        for entry in try await queryRecords(site) {
            guard let id = entry.view.state.key.participant, let participant = participants[id],
                all || participant.departure == nil
            else { continue }
            if !all, try await isSettled(entry.view.state) { continue }
            found.append(try await query(entry.view, of: participant))
        }
        return found.inOrder
    }

    /// All queries of one participant, closed ones too.
    func queries(of participant: Participant) async throws -> [Query] {
        var filter = RecordFilter()
        (filter.participant, filter.kinds) = (participant.id, [.query])
        var found: [Query] = []
        for entry in try await store.views(filter) {
            found.append(try await query(entry.view, of: participant))
        }
        return found.inOrder
    }

    /// How many queries are not closed.
    package func openQueries(site: SiteCode? = nil) async throws -> Int {
        let departed = Set(try await participants(site: site).filter { $0.departure != nil }.map(\.id))
        var open = 0
        for entry in try await queryRecords(site) {
            let state = entry.view.state
            guard try await !isSettled(state) else { continue }
            if !(state.key.participant.map { departed.contains($0) } ?? false) { open += 1 }
        }
        return open
    }

    /// Whether a query is closed, and whoever closed it had seen every message: one that was written
    /// meanwhile, offline, is not to lie in a closed query unseen.
    private func isSettled(_ state: RecordState) async throws -> Bool {
        guard state.isClosedQuery else { return false }
        var seen: Set<ChangeID> = []
        for version in state[QueryRegister.closed].live {
            guard let change = try await store.entry(of: version.id)?.change else { continue }
            // A coordinator's copy is closed as its original was.
            if change.kind == .release { return true }
            seen.formUnion(change.cites + [version.id])
        }
        return seen.isSuperset(of: state.messageVersions)
    }

    /// A query by its id, or the start of it.
    ///
    /// - Throws: `Problem(.notFound)`; `Problem(.ambiguousNumber)` with the ids it may mean.
    package func query(_ id: String, site: SiteCode? = nil) async throws -> Query {
        let prefix = id.lowercased()
        // Only what is named is read in full.
        let found = try await queryRecords(site).filter { entry in
            prefix.count >= Self.shortestID && Self.shortName(of: entry.view.state.key).hasPrefix(prefix)
        }
        guard let named = found.first, let participant = named.view.state.key.participant else {
            throw Problem(
                .notFound, "there is no query \(id)",
                remedy: "see `query list --all`; give at least \(Self.shortestID) digits")
        }
        guard found.count == 1 else {
            let ids = found.map { Self.shortName(of: $0.view.state.key) }.sorted().joined(separator: ", ")
            throw Problem(.ambiguousNumber, "\(id) is the start of the queries \(ids)")
        }
        return try await query(named.view, of: try await self.participant(participant, site: site))
    }

    private func queryRecords(_ site: SiteCode?) async throws -> [(site: SiteCode, view: RecordView)] {
        var filter = RecordFilter()
        (filter.site, filter.kinds) = (site, [.query])
        return try await store.views(filter)
    }

    func query(_ view: RecordView, of participant: Participant) async throws -> Query {
        var changes: [ChangeID: Change] = [:]
        var received: [ChangeID: Int64] = [:]
        for id in view.state.messageVersions {
            guard let entry = try await store.entry(of: id) else { continue }
            changes[id] = entry.change
            received[id] = entry.judgement?.receivedMilliseconds
        }
        let shown = QueryView(
            id: Self.shortName(of: view.state.key), participant: participant.name, site: participant.site,
            thread: QueryThread(
                view.state, changes: changes, received: received, isClosed: try await isSettled(view.state)))
        return Query(participant: participant, record: view, shown: shown)
    }

    // MARK: Writing

    /// The change that begins a query.
    ///
    /// - Parameters:
    ///   - sheet: `BL`, `UNS#2`, `AE-3fa1c2d4`.
    ///   - item: an item's OID, or empty for the whole sheet.
    /// - Throws: `Problem(.unknownEvent)`, `.unknownItem`, `.itemNotAtEvent`, `.usage`, `.textTooLong`,
    ///   `.notAllowed`.
    package func raising(
        on participant: Participant, sheet name: String, item: String, text: String, by author: Author
    ) async throws -> Change {
        try author.check(may: .query)
        try participant.refuseDeparted()
        let sheet = try await sheet(participant, name)
        if !item.isEmpty {
            guard study.item(item) != nil else {
                throw Problem(.unknownItem, "the study has no item \(item)")
            }
            guard study.items(on: sheet.place).contains(where: { $0.oid == item }) else {
                throw Problem(
                    .itemNotAtEvent, "\(item) is not asked at \(sheet.name)",
                    remedy: "name an item of \(sheet.name), or none")
            }
        }
        try Self.check(message: text)
        return beginning(participant.id, sheet: sheet.name, item: item, text: text, by: author)
    }

    /// The change that begins a query by which a site acknowledges what it got from another record.
    func announcing(
        _ held: Change, from site: SiteCode, on participant: EnrolmentID, _ header: VisitView.Header,
        of release: Change, _ mover: Mover
    ) -> Change {
        let items = release.writes.flatMap { study.items(of: $0.register) }.map(\.oid)
        let text =
            "\(mover.author.name) admitted here what \(held.author) had saved at site \(site), at "
            + "\(held.at.iso8601), on the record from which this participant came: \(mover.reason)"
        return beginning(
            participant, sheet: header.eventName, item: items.count == 1 ? items[0] : "", text: text,
            by: mover.author)
    }

    func beginning(
        _ participant: EnrolmentID, sheet: String, item: String, text: String, by author: Author
    ) -> Change {
        let head = RegisterWrite(
            QueryRegister.head,
            [
                ItemValue("@event", .text(sheet)), ItemValue("@item", .text(item)),
                ItemValue("@asked", .text(QuerySide(of: author.role).rawValue)),
            ])
        let message = QueryThread.Message.write(author.messageName(), text: text)
        return author.change(
            .query, .query(participant, id: author.identifier()), [head, message], study: study)
    }

    /// The change that adds an answer.
    ///
    /// - Throws: `Problem(.queryClosed)`, `.usage`, `.textTooLong`, `.notAllowed`.
    package func answering(_ query: Query, text: String, by author: Author) throws(Problem) -> Change {
        try author.check(may: .query)
        try query.participant.refuseDeparted()
        try Self.check(message: text)
        guard query.shown.status != .closed else {
            throw Problem(.queryClosed, "query \(query.shown.id) is closed")
        }
        return following(query, [QueryThread.Message.write(author.messageName(), text: text)], by: author)
    }

    /// The change that closes a query, or `nil` if it is closed.
    ///
    /// - Throws: `Problem(.notAllowed)` for those who enter data.
    package func closing(_ query: Query, reason: String, by author: Author) throws(Problem) -> Change? {
        try author.check(may: .closeQuery)
        guard query.shown.status != .closed else { return nil }
        return following(query, [mark(query, closed: true)], by: author, reason: reason)
    }

    /// The change that opens a query again, with what is asked.
    ///
    /// - Throws: `Problem(.usage)`, `.textTooLong`, `.notAllowed`.
    package func reopening(_ query: Query, text: String, by author: Author) throws(Problem) -> Change {
        try author.check(may: .closeQuery)
        try query.participant.refuseDeparted()
        try Self.check(message: text)
        let message = QueryThread.Message.write(author.messageName(), text: text, reopens: true)
        return following(query, [mark(query, closed: false), message], by: author)
    }

    private func mark(_ query: Query, closed: Bool) -> RegisterWrite {
        let base = query.record.base.registers[QueryRegister.closed] ?? .init(shown: [])
        return RegisterWrite(
            QueryRegister.closed, [ItemValue(QueryRegister.closed, .yesNo(closed))], replaces: base.shown,
            through: base.through)
    }

    private func following(
        _ query: Query, _ writes: [RegisterWrite], by author: Author, reason: String = ""
    ) -> Change {
        var change = author.change(.query, query.record.state.key, writes, study: study, reason: reason)
        change.cites = query.record.state.messageVersions
        return change
    }

    private static func check(message text: String) throws(Problem) {
        guard text.saysSomething else {
            throw Problem(.usage, "a message of a query needs a text", remedy: "say what is meant")
        }
        guard text.count <= messageLimit, text.utf8.count <= 4 * messageLimit else {
            throw Problem(.textTooLong, "a message of a query has at most \(messageLimit) characters")
        }
    }
}

extension [CaseBook.Query] {
    /// In the order of participants.
    var inOrder: Self {
        sorted {
            ($0.shown.site, $0.shown.participant, $0.shown.thread.event, $0.shown.id)
                < ($1.shown.site, $1.shown.participant, $1.shown.thread.event, $1.shown.id)
        }
    }
}

extension Author {
    /// A new random identifier.
    func identifier<Tag>() -> Identifier<Tag> {
        var bytes = Data()
        for _ in 0..<2 { bytes.append(bigEndian: random()) }
        return Identifier(prefixOf: bytes)
    }

    /// Sixteen random hexadecimal digits.
    fileprivate func messageName() -> String {
        var bytes = Data()
        bytes.append(bigEndian: random())
        return Hex.encode(bytes)
    }
}
