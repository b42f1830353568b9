/// Which lines of a log are serious adverse events. Rule kind `seriousEvents`.
public struct SeriousEventRule: Hashable, Sendable {
    /// The log form of adverse events.
    public let form: String
    /// Y makes a line serious.
    public let serious: Item
    /// What happened.
    public let term: Item
    /// When it began; the date may be partial.
    public let onset: Item

    init?(reading reader: RuleReader) {
        reader.allow("serious", "term", "onset")
        let serious = reader.required("serious").flatMap { reader.item($0, .yesNo) }
        let term = reader.required("term").flatMap { reader.item($0, .text, .code) }
        let onset = reader.required("onset").flatMap { reader.item($0, .date) }
        guard let serious, let term, let onset else { return nil }
        (form, self.serious, self.term, self.onset) = (serious.form, serious, term, onset)
        if reader.forms.first(where: { $0.oid == form })?.isLog == false {
            reader.required("serious")?.note("\"\(serious.oid)\" is not in a log form")
        }
        for (name, item) in [("term", term), ("onset", onset)] where item.form != form {
            reader.required(name)?.note("\"\(item.oid)\" is not in the form \(form)")
        }
    }

    /// Whether a line is a serious adverse event. While that is in conflict, it is one if any version says
    /// so: better one too many.
    public func isSerious(_ line: CaseLine) -> Bool {
        line.form == form && !line.isVoid
            && line.values.candidates(of: serious).contains(.yesNo(true))
    }
}

/// A serious adverse event, as the centre's first page shows it.
public struct SeriousEvent: Hashable, Sendable {
    public let participant: String
    public let site: SiteCode
    /// The line of the log, as commands take it.
    public let line: String
    /// What happened; empty if that is not known yet, several while people do not agree.
    public let terms: [Value]
    /// When it began, as far as that is known; several while people do not agree.
    public let onsets: [Value]
    /// Whole hours since the start of the day of onset, where one day is known; never below 0.
    public let hoursSinceOnset: Int?
    /// Whole hours since the centre first heard of it.
    public let hoursSinceReceipt: Int?

    public init(
        _ line: CaseLine, of participant: String, site: SiteCode, by rule: SeriousEventRule,
        now: DeviceTime, receivedMilliseconds: Int64?
    ) {
        (self.participant, self.site, self.line) = (participant, site, line.line)
        (terms, onsets) = (line.values.candidates(of: rule.term), line.values.candidates(of: rule.onset))
        hoursSinceReceipt = receivedMilliseconds.map { Int(max(0, now.milliseconds - $0) / 3_600_000) }
        if onsets.count == 1, case .date(let date) = onsets[0], let day = date.dayNumber {
            let start = (Int64(day) * 86_400 - Int64(now.offsetMinutes) * 60) * 1000
            hoursSinceOnset = Int(max(0, now.milliseconds - start) / 3_600_000)
        } else {
            hoursSinceOnset = nil
        }
    }

    public var json: JSON {
        .keyed([
            "participant": .string(participant), "site": .string(site.text), "line": .string(line),
            "term": Self.agreed(terms), "onset": Self.agreed(onsets),
            "terms": Self.disputed(terms), "onsets": Self.disputed(onsets),
            "hoursSinceOnset": hoursSinceOnset.map { .int($0) } ?? .null,
            "hoursSinceReceipt": hoursSinceReceipt.map { .int($0) } ?? .null,
        ])
    }

    /// The value that all agree on; null in conflict.
    private static func agreed(_ values: [Value]) -> JSON { values.count == 1 ? values[0].json : .null }

    /// The values that stand against each other; `nil` if there is one.
    private static func disputed(_ values: [Value]) -> JSON? {
        values.count > 1 ? .array(values.map(\.json)) : nil
    }
}
