package import SyncProtocol
package import TrialModel
package import TrialStore

extension Centre {
    /// How often a move is tried again when something of the site came in between.
    private static let moveAttempts = 5

    /// Gives a participant another number; a conflict over the old one is decided by it.
    package func renumber(
        _ old: String, to new: String, reason: String, by actor: Actor
    ) async throws -> ParticipantView {
        let book = try await book()
        let participant = try await book.participant(old)
        try actor.check(at: participant.site)
        let change = try await book.renumbering(participant, to: new, reason: reason, by: actor.author)
        if let number = participant.site.participantNumber(new) {
            try await identities.reserve(number: number, site: participant.site)
        }
        let header = VisitView.Header(
            participant: new, place: .participant, site: participant.site,
            record: CaseBook.shortName(of: change.record))
        try await save(change, deciding: header, book, by: actor)
        return try await view(of: participant.id, at: participant.site)
    }

    /// The number to propose for a participant of a site: past all that are borne, and past all that laptops
    /// may give out.
    package func nextNumber(at site: SiteCode) async throws -> String {
        let borne = try await book().participants().compactMap {
            site.participantNumber($0.view.state.number ?? "")
        }
        let given = try await identities.highestLeased(at: site)
        return site.participant(numbered: max(given, borne.max() ?? 0) + 1)
    }

    /// Gives a repeat of a visit another number; a conflict over the old one is decided by it.
    package func renumber(
        visit name: String, of number: String, to new: Int, reason: String, by actor: Actor
    ) async throws -> VisitView {
        let book = try await book()
        let participant = try await book.participant(number)
        try actor.check(at: participant.site)
        let sheet = try await book.sheet(participant, name)
        let change = try await book.renumbering(sheet, to: new, reason: reason, by: actor.author)
        let header = VisitView.Header(
            participant: participant.name, place: .visit(event: sheet.key.name, occurrence: new),
            site: participant.site, record: CaseBook.shortName(of: change.record))
        try await save(change, deciding: header, book, by: actor)
        return try await visit(participant.name, "\(sheet.key.name)#\(new)", withHistory: false)
    }

    /// Saves a new number, with a query for the site if it decided a conflict.
    private func save(
        _ change: Change, deciding header: VisitView.Header, _ book: CaseBook, by actor: Actor
    ) async throws {
        let query =
            change.conflict == nil
            ? nil : book.acknowledging(number: change, on: header, by: actor.author)
        _ = try await replica.save(
            [change] + [query].compactMap(\.self), site: header.site, signedWith: actor.key)
    }

    // MARK: Moving

    /// Moves a participant to another site, in one transaction.
    ///
    /// - Returns: the participant there.
    package func transfer(
        _ number: String, to text: String, reason: String, by actor: Actor
    ) async throws -> ParticipantView {
        let site = try await site(text)
        let mover = CaseBook.Mover(author: actor.author, key: actor.key, reason: reason)
        return try await trying {
            let book = try await book()
            let participant = try await book.participant(number)
            try actor.check(at: participant.site)
            let (saves, id) = try await book.transferring(participant, to: site, by: mover)
            _ = try await replica.save(saves)
            return try await view(of: id, at: site)
        }
    }

    /// Merges a participant into another: one person has two records.
    ///
    /// - Returns: the participant who stays.
    package func merge(
        _ number: String, into other: String, reason: String, by actor: Actor
    ) async throws -> ParticipantView {
        let mover = CaseBook.Mover(author: actor.author, key: actor.key, reason: reason)
        return try await trying {
            let book = try await book()
            let (participant, other) = (try await book.participant(number), try await book.participant(other))
            try actor.check(at: participant.site)
            _ = try await replica.save([try await book.merging(participant, into: other, by: mover)])
            return try await view(of: other.id, at: other.site)
        }
    }

    /// Tries again where something of the site came in between.
    func trying<Result>(_ move: () async throws -> Result) async throws -> Result {
        for _ in 1..<Self.moveAttempts {
            do { return try await move() } catch let problem as Problem where problem.code == .storeBusy {}
        }
        return try await move()
    }

    private func view(of id: EnrolmentID, at site: SiteCode) async throws -> ParticipantView {
        let book = try await book()
        guard let found = try await book.participants(site: site).first(where: { $0.id == id }) else {
            throw Problem(.internalError, "a participant that was saved is not there")
        }
        return try await book.view(of: found)
    }

    // MARK: One person twice

    /// Pairs who are likely one person.
    package func duplicates(site text: String?) async throws -> [DuplicateView] {
        var site: SiteCode?
        if let text { site = try await self.site(text) }
        return try await book().duplicates(site: site)
    }

    /// Declares two likely duplicates to be two people.
    ///
    /// - Returns: what is still listed.
    package func dismiss(
        _ first: String, _ second: String, reason: String, by actor: Actor
    ) async throws -> [DuplicateView] {
        let book = try await book()
        let (first, second) = (try await book.participant(first), try await book.participant(second))
        try actor.check(at: first.site)
        let change = try await book.dismissing(first, second, reason: reason, by: actor.author)
        _ = try await replica.save([change], site: first.site, signedWith: actor.key)
        return try await book.duplicates(site: first.site)
    }
}
