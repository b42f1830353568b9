import FoundationEssentials
package import SyncProtocol
package import TrialModel

extension CaseBook {
    // MARK: Visits

    package func visits(of participant: Participant) async throws -> [Sheet] {
        var filter = RecordFilter()
        (filter.participant, filter.kinds) = (participant.id, [.scheduledVisit, .unscheduledVisit])
        return try await visits(of: participant, filter)
    }

    private func visits(of participant: Participant, _ filter: RecordFilter) async throws -> [Sheet] {
        let order = eventOrder
        let found = try await store.views(filter).compactMap { entry -> Sheet? in
            let key = entry.view.state.key
            guard let event = study.event(key.name) else { return nil }
            let place = Sheet.Place.visit(event, occurrence: Int(entry.view.state.number ?? ""))
            return Sheet(participant: participant, place: place, key: key, view: entry.view)
        }
        return found.namedApart.sorted { left, right in
            let places = [left, right].map { $0.place(in: order) }
            guard places[0] == places[1] else { return places[0] < places[1] }
            return left.key.bytes.lexicographicallyPrecedes(right.key.bytes)
        }
    }

    /// The place of each event in the study's order.
    var eventOrder: [String: Int] {
        Dictionary(study.events.enumerated().map { ($1.oid, $0) }) { first, _ in first }
    }

    /// Finds a visit by event, `BL`, `UNS#2` or `UNS#2~a1f3`; an empty one if nothing was saved on it.
    ///
    /// - Parameter newID: the id of a repeat that is not there yet.
    /// - Throws: `Problem(.unknownEvent)`; `Problem(.ambiguousNumber)` where two records bear one number.
    package func visit(
        _ participant: Participant, _ text: String, newID: () -> RecordID
    ) async throws -> Sheet {
        let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        guard let event = study.event(parts[0]) ?? study.event(parts[0].uppercased()) else {
            let known = study.events.map(\.oid).joined(separator: ", ")
            throw Problem(.unknownEvent, "there is no event \(parts[0]); the study has \(known)")
        }
        guard let limit = event.repeatLimit else {
            guard parts.count == 1 else { throw Problem(.unknownEvent, "\(event.oid) does not repeat") }
            let key = RecordKey.visit(participant.id, event: event.oid)
            let view = try await store.view(of: key, site: participant.site)
            return Sheet(
                participant: participant, place: .visit(event, occurrence: nil), key: key, view: view)
        }
        let names = (parts.count > 1 ? parts[1] : "").split(separator: "~", omittingEmptySubsequences: false)
            .map(String.init)
        guard let number = names.first.flatMap({ Int($0) }), (1...limit).contains(number),
            names[0] == String(number)
        else {
            throw Problem(
                .unknownEvent, "\(event.oid) repeats: name one, \(event.oid)#1 to \(event.oid)#\(limit)")
        }
        var filter = RecordFilter()
        (filter.kinds, filter.number) = (
            [.unscheduledVisit], .visit(participant.id, event: event.oid, number: number)
        )
        var found = try await visits(of: participant, filter)
        if names.count == 2 {
            found = found.filter { $0.key.id?.hex.hasPrefix(names[1].lowercased()) ?? false }
        }
        guard found.count < 2 else {
            throw Problem.ambiguous(
                text, found.map(\.name),
                remedy: "name one of them; a coordinator gives the other a new number with "
                    + "`trialsyncd visit renumber`")
        }
        if let visit = found.first { return visit }
        guard names.count < 2 else { throw Problem(.notFound, "there is no \(text)") }
        let key = RecordKey.unscheduledVisit(participant.id, event: event.oid, id: newID())
        return Sheet(
            participant: participant, place: .visit(event, occurrence: number), key: key,
            view: RecordView(confirmed: RecordState(key: key)))
    }

    // MARK: Log lines

    /// How many digits of a line's id its name has.
    private static let lineDigits = 8

    /// `AE-3fa1c2d4`: the form and the start of the line's id.
    static func lineName(of key: RecordKey) -> String {
        "\(key.name)-\(key.id.map { String($0.hex.prefix(lineDigits)) } ?? "")"
    }

    /// The log form of that OID.
    ///
    /// - Throws: `Problem(.unknownForm)`.
    package func log(_ oid: String) throws(Problem) -> Form {
        guard let form = study.form(oid), form.isLog else {
            let logs = study.forms.filter(\.isLog).map(\.oid).joined(separator: ", ")
            throw Problem(.unknownForm, "\(oid) is no log form; the study has \(logs)")
        }
        return form
    }

    /// Whether this is the OID of a log form.
    package func isLog(_ oid: String) -> Bool { study.isLog(oid) }

    /// The lines of one log form, or of all, in the order of their first dates.
    package func lines(of participant: Participant, form: Form? = nil) async throws -> [Sheet] {
        var filter = RecordFilter()
        (filter.participant, filter.kinds) = (participant.id, [.logLine])
        let found = try await store.views(filter).compactMap { entry -> Sheet? in
            let key = entry.view.state.key
            guard let place = study.form(key.name), form == nil || form?.oid == key.name else { return nil }
            return Sheet(participant: participant, place: .line(place), key: key, view: entry.view)
        }
        let order = Dictionary(study.forms.enumerated().map { ($1.oid, $0) }) { first, _ in first }
        return found.sorted {
            (order[$0.key.name] ?? 0, firstDate(of: $0), $0.name)
                < (order[$1.key.name] ?? 0, firstDate(of: $1), $1.name)
        }
    }

    private func firstDate(of line: Sheet) -> String {
        for item in study.form(line.key.name)?.items ?? [] {
            if case .date(let date)? = line.view.state[item.register].agreed?.value(of: item.oid) {
                return date.description
            }
        }
        return "~"
    }

    /// An empty line of a log form.
    package func newLine(of participant: Participant, form: Form, id: RecordID) -> Sheet {
        let key = RecordKey.logLine(participant.id, form: form.oid, id: id)
        return Sheet(
            participant: participant, place: .line(form), key: key,
            view: RecordView(confirmed: RecordState(key: key)))
    }

    /// Finds a log line by its name, of which four digits are enough if no other begins so.
    ///
    /// - Throws: `Problem(.notFound)`, `.ambiguousNumber`, `.unknownForm`.
    package func line(_ participant: Participant, _ name: String) async throws -> Sheet {
        let parts = name.split(separator: "-", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[1].count >= 4 else {
            throw Problem(
                .notFound, "\(name) is no log line of \(participant.name)",
                remedy: "`log list` names the lines, like AE-3fa1c2d4")
        }
        let found = try await lines(of: participant, form: try log(parts[0]))
            .filter { $0.key.id?.hex.hasPrefix(parts[1].lowercased()) ?? false }
        guard let line = found.first else {
            throw Problem(
                .notFound, "\(participant.name) has no log line \(name)",
                remedy: "`log list` names the lines, like AE-3fa1c2d4")
        }
        guard found.count == 1 else {
            throw Problem.ambiguous(name, found.map(\.name))
        }
        return line
    }

    /// Finds a visit or a log line by its name.
    ///
    /// - Parameter newID: the id of a repeat of a visit that is not there yet.
    package func sheet(
        _ participant: Participant, _ name: String, newID: () -> RecordID = { RecordID(prefixOf: []) }
    ) async throws -> Sheet {
        let form = name.split(separator: "-", maxSplits: 1).first.flatMap { study.form(String($0)) }
        if name.contains("-"), study.event(name) == nil, form?.isLog == true {
            return try await line(participant, name)
        }
        return try await visit(participant, name, newID: newID)
    }
}

extension Problem {
    /// What was typed names several records: `Problem(.ambiguousNumber)` with the name of each.
    static func ambiguous(_ text: String, _ choices: [String], remedy: String? = nil) -> Problem {
        var problem = Problem(
            .ambiguousNumber, "\(text) names \(choices.joined(separator: " and "))", remedy: remedy)
        problem.choices = choices
        return problem
    }
}

extension CaseBook.Sheet {
    /// Where a visit stands among those of its participant.
    func place(in order: [String: Int]) -> (event: Int, occurrence: Int) {
        (order[key.name] ?? 0, occurrence ?? 0)
    }
}

extension [CaseBook.Sheet] {
    /// The visits of one participant, those of one number each with its short id.
    fileprivate var namedApart: [CaseBook.Sheet] {
        let bearers = Dictionary(grouping: self.filter { $0.occurrence != nil }, by: \.name)
        return map { sheet in
            guard let id = sheet.key.id, bearers[sheet.name, default: []].count > 1 else { return sheet }
            var sheet = sheet
            sheet.shortID = String(id.hex.prefix(4))
            return sheet
        }
    }
}
