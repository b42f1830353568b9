import Foundation

/// The workload of docs/performance.md: a record is one visit with 12 items (4 decimals, 3 small integers, 2
/// dates, 2 short strings, 1 note). Everything is drawn from a fixed seed.
struct Workload {
    static let items = [
        "B.d1", "B.d2", "B.d3", "B.d4", "B.i1", "B.i2", "B.i3", "B.date1", "B.date2", "B.s1", "B.s2",
        "B.note",
    ]
    /// A repeating event takes 9,999 visits a participant; this many are used, so that look-ups stay
    /// realistic.
    static let visitsPerParticipant = 1000

    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next(below limit: UInt64) -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state >> 33) % limit
    }

    private static let words = [
        "stable", "mild", "swelling", "left", "right", "gland", "reports", "fatigue", "after", "meals",
        "improved",
        "since", "last", "visit", "no", "fever", "denies", "pain", "on", "palpation", "dose", "unchanged",
        "slept", "well",
    ]

    private mutating func text(_ characters: Int) -> String {
        var text = ""
        while text.count < characters { text += Self.words[Int(next(below: UInt64(Self.words.count)))] + " " }
        return String(text.prefix(characters)).trimmingCharacters(in: .whitespaces)
    }

    private mutating func decimal() -> String {
        "\(next(below: 200)).\(next(below: 10))\(1 + next(below: 9))"
    }

    private mutating func date() -> String {
        let (month, day) = (1 + next(below: 12), 1 + next(below: 28))
        return "2026-" + (month < 10 ? "0" : "") + "\(month)-" + (day < 10 ? "0" : "") + "\(day)"
    }

    /// The values of one record, in the order of `items`.
    mutating func record() -> [String] {
        (0..<4).map { _ in decimal() } + (0..<3).map { _ in String(next(below: 4)) }
            + (0..<2).map { _ in date() }
            + [text(20), text(20), text(80)]
    }

    /// One record as compact JSON: what the raw limits write.
    static func json(_ record: [String]) -> String {
        let pairs = zip(items, record).enumerated().map { index, pair in
            index < 7 ? "\"\(pair.0)\":\(pair.1)" : "\"\(pair.0)\":\"\(pair.1)\""
        }
        return "{" + pairs.joined(separator: ",") + "}"
    }

    static func csv(_ records: [[String]], participants: [String]) -> Data {
        var lines = ["participant,event," + items.joined(separator: ",")]
        for (index, record) in records.enumerated() {
            lines.append(visit(index, participants) + "," + record.joined(separator: ","))
        }
        return Data(lines.joined(separator: "\n").utf8)
    }

    /// One item of the records from `first` on.
    static func csv(_ item: String, first: Int, count: Int, participants: [String], value: (Int) -> String)
        -> Data
    {
        let lines = (first..<first + count).map { "\(visit($0, participants)),\(value($0))" }
        return Data((["participant,event,\(item)"] + lines).joined(separator: "\n").utf8)
    }

    static func visit(_ index: Int, _ participants: [String]) -> String {
        "\(participants[index / visitsPerParticipant]),V#\(1 + index % visitsPerParticipant)"
    }

    /// A study with these items at one repeating event.
    static var study: String {
        let label = "{\"en\": \"x\", \"zh\": \"x\"}"
        let types =
            Array(repeating: "decimal", count: 4) + Array(repeating: "integer", count: 3)
            + ["date", "date", "text", "text", "text"]
        let items = zip(items, types).map { oid, type in
            "{\"oid\": \"\(oid)\", \"label\": \(label), \"type\": \"\(type)\"}"
        }
        return """
            {"oid": "BENCH", "version": 1, "title": \(label), "target": 1000000,
             "source": "registry", "units": [],
             "codeLists": [], "rules": [], "checks": [],
             "forms": [{"oid": "B", "label": \(label), "source": "registry",
             "items": [\(items.joined(separator: ","))]}],
             "events": [{"oid": "V", "label": \(label), "repeatLimit": 9999,
             "source": "registry", "forms": ["B"]}]}
            """
    }
}
