import TrialModel

/// A participant as a test writes it down, visit by visit: `"UNS#1 9 N @2026-05-01"`.
///
/// After the event come, in any order: a total of the Responder Index (`9`; `?` if a score is unanswered),
/// an answer on reinstitution (`Y`, `N`), a date (`@2026-05-01`), the assessment of the physician
/// (`vas=45.5`), `void`. A bar makes a conflict: `8|9`, `N|Y`, `vas=40|50`.
enum WrittenCase {
    static func participant(_ number: String, _ visits: String...) throws -> ParticipantCase {
        try participant(number, visits)
    }

    static func participant(_ number: String, _ visits: [String]) throws -> ParticipantCase {
        let site = try known(SiteCode("PKU"))
        return ParticipantCase(participant: number, site: site, visits: try visits.map(visit))
    }

    private static func visit(_ text: String) throws -> CaseVisit {
        let words = text.split(separator: " ").map(String.init)
        let name = try known(words.first).split(separator: "#")
        var agreed: [String: Value] = [:]
        var conflicts: [String: [Version]] = [:]
        for word in words.dropFirst() where word != "void" {
            let (register, choices) = try choices(word)
            if choices.count == 1 {
                for value in choices[0] { agreed[value.item] = value.value }
            } else {
                conflicts[register] = choices.enumerated().map {
                    Version(id: ChangeID(prefixOf: [UInt8($0)]), values: $1)
                }
            }
        }
        return CaseVisit(
            event: String(name[0]), occurrence: name.count > 1 ? Int(name[1]) : nil,
            values: RecordValues(agreed: agreed, conflicts: conflicts), isVoid: words.contains("void"))
    }

    private static func choices(_ word: String) throws -> (String, [[ItemValue]]) {
        if word.hasPrefix("@") {
            let dates = try word.dropFirst().split(separator: "|").map { try known(CalendarDate($0)) }
            return ("SV.date", dates.map { [ItemValue("SV.date", .date($0))] })
        }
        if word.hasPrefix("vas=") {
            return (
                "PGA.vas",
                try word.dropFirst(4).split(separator: "|").map {
                    [ItemValue("PGA.vas", .decimal(Quantity(try known(ExactDecimal($0)), unit: "mm")))]
                }
            )
        }
        let choices = word.split(separator: "|").map(String.init)
        if choices.allSatisfy({ $0 == "Y" || $0 == "N" }) {
            return ("RL.reinstituted", choices.map { [ItemValue("RL.reinstituted", .yesNo($0 == "Y"))] })
        }
        return ("RI", try choices.map { try index(total: $0 == "?" ? nil : known(Int($0))) })
    }

    /// All answers of the Responder Index, none urgent, that come to the total; with one score unanswered
    /// for `nil`.
    static func index(total: Int?) throws -> [ItemValue] {
        var rest = total ?? 0
        let domains = try known(try StudyDefinition.shipped().ruleBook.totals.first).domains
        var values = domains.map { domain in
            let score = min(3, rest)
            rest -= score
            return ItemValue(domain.score.oid, .integer(Int64(score)))
        }
        if total == nil { values.removeLast() }
        return values
    }

    private struct Unreadable: Error {}

    private static func known<Wrapped>(_ value: Wrapped?) throws -> Wrapped {
        guard let value else { throw Unreadable() }
        return value
    }
}

/// The shipped study with one text of its definition replaced.
enum AlteredStudy {
    struct Missing: Error { let text: String }

    static func json(_ replacements: (old: String, new: String)...) throws -> [UInt8] {
        var text = String(decoding: try StudyDefinition.shipped().json, as: UTF8.self)
        for (old, new) in replacements {
            guard let range = text.ranges(of: old).first else { throw Missing(text: old) }
            text.replaceSubrange(range, with: new)
        }
        return Array(text.utf8)
    }

    /// With another value for a parameter of one of its rules.
    static func with(_ rule: String, _ parameter: String, _ value: String) throws -> StudyDefinition {
        var text = String(decoding: try StudyDefinition.shipped().json, as: UTF8.self)
        let key = #"{"name": "\#(parameter)", "value": "#
        guard let start = text.ranges(of: #""oid": "\#(rule)", "rule""#).first?.upperBound,
            let place = text[start...].ranges(of: key).first?.upperBound,
            let end = text[place...].ranges(of: #", "s"#).first?.lowerBound
        else { throw Missing(text: key) }
        text.replaceSubrange(place..<end, with: value)
        return try StudyDefinition(json: Array(text.utf8))
    }
}
