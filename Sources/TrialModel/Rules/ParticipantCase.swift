/// All that a replica knows of one participant, in the terms of the study: what rules compute from.
///
/// A value, taken from the records at one moment. Void records are in it, and are passed over by
/// ``visit(_:)``, ``visits(at:)`` and ``lines(of:)``.
public struct ParticipantCase: Sendable {
    /// The participant's number.
    public let participant: String
    public let site: SiteCode
    /// In the order of the study, repeats in the order of their numbers.
    public let visits: [CaseVisit]
    /// Log lines, in the order they were begun.
    public let lines: [CaseLine]
    /// What ``visits(at:)`` gives: asked for by each rule for each visit, of which there may be thousands.
    private let visitsByEvent: [String: [CaseVisit]]

    public init(participant: String, site: SiteCode, visits: [CaseVisit], lines: [CaseLine] = []) {
        (self.participant, self.site, self.visits, self.lines) = (participant, site, visits, lines)
        visitsByEvent = Dictionary(grouping: visits.filter { !$0.isVoid && !$0.values.isEmpty }, by: \.event)
    }

    /// The visit of an event that occurs once; `nil` if nothing was saved on it or it is void.
    public func visit(_ event: String) -> CaseVisit? { visits(at: event).first }

    /// The visits of an event that are not void and have anything in them.
    public func visits(at event: String) -> [CaseVisit] { visitsByEvent[event] ?? [] }

    /// The lines of a log form that are not void.
    public func lines(of form: String) -> [CaseLine] { lines.filter { $0.form == form && !$0.isVoid } }

    /// The same with a visit as it would stand, in the place of the one of its name; a new one comes last.
    public func with(_ visit: CaseVisit) -> ParticipantCase {
        let isThere = visits.contains { $0.name == visit.name }
        let others = isThere ? visits : visits + [visit]
        return ParticipantCase(
            participant: participant, site: site,
            visits: others.map { $0.name == visit.name ? visit : $0 }, lines: lines)
    }

    /// The same with a log line as it would stand, in the place of the one of its name; a new one comes last.
    public func with(_ line: CaseLine) -> ParticipantCase {
        let isThere = lines.contains { $0.line == line.line }
        let others = isThere ? lines : lines + [line]
        return ParticipantCase(
            participant: participant, site: site, visits: visits,
            lines: others.map { $0.line == line.line ? line : $0 })
    }
}

/// One visit of a participant, as rules see it.
public struct CaseVisit: Sendable {
    public let event: String
    /// The number of a repeat.
    public let occurrence: Int?
    public let values: RecordValues
    public let isVoid: Bool
    /// The values with what a lock or a void stands against shown as in conflict; `nil` if nothing is.
    public let disputed: RecordValues?
    /// The short id of a repeat whose number another bears too.
    public let shortID: String?

    public init(
        event: String, occurrence: Int? = nil, values: RecordValues, isVoid: Bool = false,
        disputed: RecordValues? = nil, shortID: String? = nil
    ) {
        (self.event, self.occurrence, self.values, self.isVoid) = (event, occurrence, values, isVoid)
        (self.disputed, self.shortID) = (disputed, shortID)
    }

    /// `BL`, `UNS#2`, `UNS#2~a1f3`.
    public var name: String {
        VisitView.Header.name(of: event, occurrence: occurrence, shortID: shortID)
    }
}

/// One line of a log form, as rules see it.
public struct CaseLine: Sendable {
    public let form: String
    /// The short name of the line, as commands take it.
    public let line: String
    public let values: RecordValues
    public let isVoid: Bool

    public init(form: String, line: String, values: RecordValues, isVoid: Bool = false) {
        (self.form, self.line, self.values, self.isVoid) = (form, line, values, isVoid)
    }
}
