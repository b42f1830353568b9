import Testing
import TrialModel

/// Builds participants of the shipped study from values as people type them.
struct Treated {
    let study: StudyDefinition

    /// The shipped study, with texts of its rules replaced.
    init(_ replacements: (String, String)...) throws {
        study = try StudyDefinition(json: Array(try Self.spoilt(replacements).utf8))
    }

    init(json: [UInt8]) throws { study = try StudyDefinition(json: json) }

    /// The shipped definition with the first occurrence of each text, within the rules, replaced.
    static func spoilt(_ replacements: [(String, String)]) throws -> String {
        var json = String(decoding: try StudyDefinition.shipped().json, as: UTF8.self)
        for (old, new) in replacements {
            let rules = try #require(json.ranges(of: #""rules": ["#).first).lowerBound
            let range = try #require(json[rules...].ranges(of: old).first, "no \(old)")
            json.replaceSubrange(range, with: new)
        }
        return json
    }

    var taper: TaperRule { get throws { try #require(study.ruleBook.tapers.first) } }
    var dayZero: DayZeroRule { get throws { try #require(study.ruleBook.dayZero) } }

    func visit(
        _ event: String, _ typed: [String: String] = [:], conflicts: [String: [String]] = [:],
        occurrence: Int? = nil, isVoid: Bool = false
    ) throws -> CaseVisit {
        CaseVisit(
            event: event, occurrence: occurrence, values: try values(typed, conflicts: conflicts),
            isVoid: isVoid)
    }

    /// A line of the exposure log: dose, first day, last day, reason.
    func line(
        _ drug: String, _ dose: String, _ start: String, _ end: String = "", _ reason: String = "planned",
        name: String = "1", conflicts: [String: [String]] = [:], isVoid: Bool = false
    ) throws -> CaseLine {
        var typed = [
            "EX.drug": drug, "EX.dose": dose, "EX.start": start, "EX.end": end, "EX.reason": reason,
        ]
        for item in conflicts.keys { typed[item] = nil }
        return CaseLine(
            form: "EX", line: name, values: try values(typed, conflicts: conflicts), isVoid: isVoid)
    }

    func participant(_ visits: [CaseVisit], lines: [CaseLine] = []) throws -> ParticipantCase {
        ParticipantCase(
            participant: "PKU-001", site: try #require(SiteCode("PKU")), visits: visits, lines: lines)
    }

    /// A baseline visit on the date, with the weight.
    func baseline(
        _ date: String = "2026-03-02", weight: String = "75", _ more: [String: String] = [:],
        conflicts: [String: [String]] = [:]
    ) throws -> CaseVisit {
        var typed = ["SV.date": date, "VS.weight": weight].merging(more) { $1 }
        for item in conflicts.keys { typed[item] = nil }
        return try visit("BL", typed, conflicts: conflicts)
    }

    private func values(_ typed: [String: String], conflicts: [String: [String]]) throws -> RecordValues {
        var agreed: [String: Value] = [:]
        for (oid, text) in typed {
            agreed[oid] = try study.value(from: text, for: try #require(study.item(oid)))
        }
        var versions: [String: [Version]] = [:]
        for (oid, texts) in conflicts {
            let item = try #require(study.item(oid))
            versions[item.register] = try texts.enumerated().map { index, text in
                Version(
                    id: ChangeID(prefixOf: Array(repeating: UInt8(index), count: 64)),
                    values: [ItemValue(oid, try study.value(from: text, for: item))])
            }
        }
        return RecordValues(agreed: agreed, conflicts: versions)
    }
}

extension [DoseSegment] {
    /// `0-13:60 14-27:55`, for expectations that one can read.
    var described: String {
        map { "\($0.fromDay)-\($0.toDay.map(String.init) ?? ""):\($0.dose.normalized)" }
            .joined(separator: " ")
    }

    /// The first day after the last segment.
    var stop: Int? { last?.toDay.map { $0 + 1 } }
}
