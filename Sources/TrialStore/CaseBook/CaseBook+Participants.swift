import FoundationEssentials
package import SyncProtocol
package import TrialModel

extension CaseBook.Participant {
    /// Where the participant's records went, if they were closed in favour of others.
    package var departure: Departure? { view.state.departure }

    /// As `participant list` shows it: `enrolled`, `transferred` or `merged`.
    package var status: String { departure?.reason.rawValue ?? "enrolled" }

    /// - Throws: `Problem(.recordLocked)` with where the participant is now.
    package func refuseDeparted() throws(Problem) {
        guard let departure else { return }
        throw Problem(
            .recordLocked, "\(name) was \(departure.reason.rawValue) to \(departure.destination)",
            remedy: "go on with the record there")
    }
}

extension CaseBook {
    private static let enrolledRegister = "@enrolled"

    /// The day on which a participant was enrolled, where the laptop was: the record of who came from another
    /// site says which day that was.
    func enrolmentDay(of participant: Participant) async throws -> String {
        if case .text(let day)? = participant.view.state[Self.enrolledRegister].agreed?
            .value(of: Self.enrolledRegister)
        {
            return day
        }
        let first = try await store.history(of: .participant(participant.id)).first?.change
        return String((first?.at.iso8601 ?? "").prefix(10))
    }

    /// The register that keeps the day of enrolment with a copy.
    func enrolment(of participant: Participant) async throws -> RegisterWrite {
        RegisterWrite(
            Self.enrolledRegister,
            [ItemValue(Self.enrolledRegister, .text(try await enrolmentDay(of: participant)))])
    }

    // MARK: Renumbering

    /// The change that gives a participant another number.
    ///
    /// - Throws: `Problem(.nameInvalid)` if it is no number of the participant's site; `.alreadyExists` if
    ///   someone bears it; `.reasonNeeded`, `.notAllowed`.
    package func renumbering(
        _ participant: Participant, to number: String, reason: String, by author: Author
    ) async throws -> Change {
        try author.check(may: .release)
        try participant.refuseDeparted()
        guard reason.saysSomething else { throw Problem(.reasonNeeded, "a new number needs a reason") }
        guard participant.site.participantNumber(number) != nil else {
            throw Problem(
                .nameInvalid, "\(number) is no participant number of site \(participant.site)",
                remedy: "give one like \(participant.site)-007")
        }
        guard try await participants(number: number).isEmpty else {
            throw Problem(
                .alreadyExists, "\(number) is borne by a participant", remedy: "choose another number")
        }
        return try await renumbering(participant.view, to: number, reason: reason, by: author)
    }

    /// The change that gives a repeat of a visit another number.
    ///
    /// - Throws: `Problem(.unknownEvent)` if the visit does not repeat or the number is out of range;
    ///   `.notFound`, `.alreadyExists`, `.recordLocked`, `.reasonNeeded`, `.notAllowed`.
    package func renumbering(
        _ visit: Sheet, to number: Int, reason: String, by author: Author
    ) async throws -> Change {
        try author.check(may: .release)
        try visit.participant.refuseDeparted()
        guard reason.saysSomething else { throw Problem(.reasonNeeded, "a new number needs a reason") }
        guard case .visit(let event, _?) = visit.place, let limit = event.repeatLimit else {
            throw Problem(.unknownEvent, "\(visit.name) does not repeat, and so has no number")
        }
        guard (1...limit).contains(number) else {
            throw Problem(.unknownEvent, "the numbers of \(event.oid) are 1 to \(limit)")
        }
        guard !visit.view.state[RegisterName.number].live.isEmpty else {
            throw Problem(.notFound, "nothing was saved on \(visit.name)")
        }
        guard visit.view.state[RegisterName.lock].standing == nil else {
            throw Problem(.recordLocked, "\(visit.participant.name) \(visit.name) is locked")
        }
        guard
            try await !visits(of: visit.participant).contains(where: {
                $0.key.name == event.oid && $0.occurrence == number
            })
        else {
            throw Problem(
                .alreadyExists, "there is a visit \(event.oid)#\(number)", remedy: "choose another number")
        }
        return try await renumbering(visit.view, to: String(number), reason: reason, by: author)
    }

    private func renumbering(
        _ view: RecordView, to number: String, reason: String, by author: Author
    ) async throws -> Change {
        let base = view.base.registers[RegisterName.number] ?? .init(shown: [])
        let write = RegisterWrite(
            RegisterName.number, [ItemValue(RegisterName.number, .text(number))], replaces: base.shown,
            through: base.through)
        var change = author.change(.resolve, view.state.key, [write], study: study, reason: reason)
        change.guards = view.base.guards
        change.conflict = try await conflicts().first { open in
            open.conflict.kind == .duplicateNumber
                && !Set(open.conflict.siblings).isDisjoint(with: base.shown)
        }?.conflict.id
        return change
    }

    // MARK: One person twice

    /// Pairs of participants who are likely one person, as the study's rule says, and whom nobody declared
    /// two.
    package func duplicates(site: SiteCode? = nil) async throws -> [DuplicateView] {
        var found: [(participant: Participant, likeness: Likeness)] = []
        for participant in try await participants(site: site) where participant.departure == nil {
            if let likeness = likeness(of: try await visits(of: participant)) {
                found.append((participant, likeness))
            }
        }
        return Self.likelyPairs(found).map(\.shown)
    }

    /// The change that declares two likely duplicates to be two people.
    ///
    /// - Throws: `Problem(.notFound)` if they are not listed; `.reasonNeeded`, `.notAllowed`.
    package func dismissing(
        _ first: Participant, _ second: Participant, reason: String, by author: Author
    ) async throws -> Change {
        try author.check(may: .confirm)
        guard reason.saysSomething else { throw Problem(.reasonNeeded, "a dismissal needs a reason") }
        let pair = [first.name, second.name].sorted()
        guard try await duplicates(site: first.site).contains(where: { $0.participants == pair }) else {
            throw Problem(
                .notFound, "\(first.name) and \(second.name) are not listed as likely duplicates",
                remedy: "see `participant duplicates`")
        }
        let register = CaseBook.Participant.distinctRegister(second.id)
        let base = first.view.base.registers[register] ?? .init(shown: [])
        let write = RegisterWrite(
            register, [ItemValue(register, .yesNo(true))], replaces: base.shown, through: base.through)
        var change = author.change(.confirm, first.view.state.key, [write], study: study, reason: reason)
        change.guards = first.view.base.guards
        return change
    }
}

extension CaseBook.Participant {
    fileprivate static func distinctRegister(_ other: EnrolmentID) -> String {
        RegisterName.confirmation(of: "distinct/\(other.hex)")
    }

    /// Whether someone declared the two to be two people, on either record.
    func isDistinct(from other: CaseBook.Participant) -> Bool {
        view.state[Self.distinctRegister(other.id)].standing != nil
            || other.view.state[Self.distinctRegister(id)].standing != nil
    }
}
