/// One entry of the audit trail, whatever became of it: who saved what where, when and why, and what the
/// centre decided.
public struct AuditEntry: Hashable, Sendable {
    public let stamp: EntryStamp
    /// The ChangeID, in hexadecimal: the same change issued again in another journal bears it too.
    public let change: String
    /// The kind of change; `undecodable` if its bytes are none.
    public let kind: String
    /// `applied`, `held-lock` or `quarantined:CODE`.
    public let verdict: String
    /// The record's short name, the same on every replica; empty if the bytes are no change.
    public let record: String
    /// The participant's number; empty for what belongs to none.
    public let participant: String
    /// `BL`, `UNS#2`, `AE-3fa1c2d4`, `query`; for records of the trial itself `study 1`, `person NAME`.
    public let place: String
    /// The conflict that the change decides.
    public let conflict: String?
    /// The changes that it speaks of without replacing them: what a release admits.
    public let cites: [String]
    /// What it altered, item by item. A save without any still has its entry.
    public let changes: [HistoryView.ItemChange]

    public init(
        stamp: EntryStamp, change: String, kind: String, verdict: String, record: String,
        participant: String, place: String, conflict: String?, cites: [String],
        changes: [HistoryView.ItemChange]
    ) {
        (self.stamp, self.change, self.kind, self.verdict) = (stamp, change, kind, verdict)
        (self.record, self.participant, self.place) = (record, participant, place)
        (self.conflict, self.cites, self.changes) = (conflict, cites, changes)
    }

    /// One document for the save, with old and new value of each item; several old values stood in conflict.
    public var json: JSON {
        let items = changes.map { change in
            JSON.keyed([
                "item": .string(change.item), "old": .array(change.old.map(Self.json)),
                "new": Self.json(change.new),
            ])
        }
        return .object(
            [
                .init("entry", .string(stamp.entry)), .init("change", .string(change)),
                .init("kind", .string(kind)), .init("record", .string(record)),
                .init("participant", .string(participant)), .init("event", .string(place)),
            ] + stamp.members + [
                .init("authorship", .string(stamp.authorship)), .init("verdict", .string(verdict)),
                .init("conflict", .optional(conflict)),
                .init("cites", .array(cites.map(JSON.string))), .init("changes", .array(items)),
            ])
    }

    private static func json(_ value: Value) -> JSON {
        .keyed([
            "value": value.json, "unit": value.unit.map(JSON.string),
            "missing": value.missingReason.map(JSON.string), "entered": value.entered.map(JSON.string),
        ])
    }

    /// The columns of the table form.
    public static let header = [
        "entry", "change", "site", "participant", "event", "record", "kind", "item", "old", "new", "reason",
        "author", "role", "authorship", "device", "at", "receivedAt", "verdict", "conflict", "cites",
        "studyVersion",
    ]

    /// One row an item; one without an item if nothing was altered. Several old values are parted by ` | `.
    public var rows: [[String]] {
        let items = changes.map { change in
            [
                change.item, change.old.map(\.plainTextAsEntered).joined(separator: " | "),
                change.new.plainTextAsEntered,
            ]
        }
        let before = [change, stamp.site, participant, place, record, kind]
        let after = [
            stamp.reason, stamp.author, stamp.role, stamp.authorship, stamp.device, stamp.at,
            stamp.receivedAt ?? "", verdict,
            conflict ?? "", cites.joined(separator: " "), stamp.studyVersion.map { String($0) } ?? "",
        ]
        return (items.isEmpty ? [["", "", ""]] : items).map { [stamp.entry] + before + $0 + after }
    }
}

extension Value {
    /// The value as a person would type it: digits exactly, the unit behind a blank, `@` before a missing
    /// reason, nothing for an empty one.
    public var plainText: String {
        switch self {
        case .empty: ""
        case .missing(let reason): "@\(reason.rawValue)"
        case .integer(let number): String(number)
        case .decimal(let quantity): quantity.number.description + (quantity.unit.map { " \($0)" } ?? "")
        case .text(let text), .code(let text): text
        case .yesNo(let answer): answer ? "Y" : "N"
        case .date(let date): date.description
        case .dateTime(let moment): moment.description
        }
    }

    /// ``plainText``, and behind it what the person typed if it was converted: `79.578 umol/L (entered as 0.9
    /// mg/dL)`.
    public var plainTextAsEntered: String { plainText + (entered.map { " (entered as \($0))" } ?? "") }
}
