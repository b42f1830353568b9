import Testing
import TrialModel

/// Builds participants of a study from values as they are typed.
struct CaseBuilder {
    let study: StudyDefinition

    /// A visit, `BL` or `UNS#2`; `conflicts` are registers with what each version says of their items.
    func visit(
        _ name: String, _ typed: [String: String], conflicts: [String: [[String: String]]] = [:],
        isVoid: Bool = false
    ) throws -> CaseVisit {
        let parts = name.split(separator: "#").map(String.init)
        return CaseVisit(
            event: parts[0], occurrence: parts.count > 1 ? Int(parts[1]) : nil,
            values: try values(typed, conflicts), isVoid: isVoid)
    }

    func line(
        _ form: String, _ typed: [String: String], conflicts: [String: [[String: String]]] = [:],
        isVoid: Bool = false
    ) throws -> CaseLine {
        CaseLine(form: form, line: "7f3a", values: try values(typed, conflicts), isVoid: isVoid)
    }

    /// Visits that say no more than their dates.
    func dated(_ item: String, _ dates: KeyValuePairs<String, String>) throws -> [CaseVisit] {
        try dates.map { try visit($0.key, [item: $0.value]) }
    }

    func participant(_ visits: [CaseVisit], _ lines: [CaseLine] = []) throws -> ParticipantCase {
        ParticipantCase(
            participant: "PKU-001", site: try #require(SiteCode("PKU")), visits: visits, lines: lines)
    }

    /// Findings across records on the visit of that name, as `check items`.
    func found(
        _ name: String, _ visits: [CaseVisit], _ lines: [CaseLine] = [], dayZero: String? = nil,
        planned: [String: String] = [:]
    ) throws -> [String] {
        try findings(name, visits, lines, dayZero: dayZero, planned: planned).map {
            "\($0.check.rawValue) \($0.items.joined(separator: " "))"
        }
    }

    func findings(
        _ name: String, _ visits: [CaseVisit], _ lines: [CaseLine] = [], dayZero: String? = nil,
        planned: [String: String] = [:]
    ) throws -> [Finding] {
        let visit = try #require(visits.first { $0.name == name })
        return study.findings(
            on: visit, of: try participant(visits, lines), dayZero: try dayZero.map { try date($0) },
            planned: try planned.mapValues { try #require(ExactDecimal($0)) }
        ).filter { $0.check != .required }
    }

    func date(_ text: String) throws -> CalendarDate { try #require(CalendarDate(text)) }

    private func values(
        _ typed: [String: String], _ conflicts: [String: [[String: String]]]
    ) throws -> RecordValues {
        RecordValues(
            agreed: Dictionary(uniqueKeysWithValues: try values(typed).map { ($0.item, $0.value) }),
            conflicts: try conflicts.mapValues { versions in
                try versions.enumerated().map { index, typed in
                    let bytes = Array(repeating: UInt8(index), count: 16)
                    return Version(id: try #require(ChangeID(bytes: bytes)), values: try values(typed))
                }
            })
    }

    private func values(_ typed: [String: String]) throws -> [ItemValue] {
        try typed.sorted { $0.key < $1.key }.map { oid, text in
            ItemValue(oid, try study.value(from: text, for: try #require(study.item(oid), "\(oid)")))
        }
    }
}
