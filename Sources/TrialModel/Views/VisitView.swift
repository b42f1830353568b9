/// Who wrote an entry, where, when and why, as people read it.
public struct EntryStamp: Hashable, Sendable {
    /// `JOURNAL/N`.
    public var entry: String
    public var author: String
    public var role: String
    /// The name of the device.
    public var device: String
    public var site: String
    /// Device time, ISO 8601 with offset.
    public var at: String
    /// The server's time of receipt, ISO 8601 UTC; `nil` while it is not at the centre.
    public var receivedAt: String?
    public var reason: String
    /// The version of the study that it was entered under; `nil` if its change cannot be read.
    public var studyVersion: Int?
    /// Whether the author's own key signed it. The author of any other entry is the one whom the device
    /// reported: who sat at a program that was open can have saved under its user's name.
    public var isSigned: Bool

    public init(
        entry: String, author: String, role: String, device: String, site: String, at: String,
        receivedAt: String?, reason: String, studyVersion: Int?, isSigned: Bool
    ) {
        (self.entry, self.author, self.role, self.device) = (entry, author, role, device)
        (self.site, self.at, self.receivedAt, self.reason) = (site, at, receivedAt, reason)
        (self.studyVersion, self.isSigned) = (studyVersion, isSigned)
    }

    /// How the author is known, in the audit trail.
    var authorship: String { isSigned ? "signed" : "asReportedByDevice" }

    var members: [JSON.Member] {
        [
            .init("author", .string(author)), .init("role", .string(role)), .init("device", .string(device)),
            .init("site", .string(site)), .init("at", .string(at)),
            .init("receivedAt", .optional(receivedAt)),
            .init("reason", .string(reason)),
            .init("studyVersion", studyVersion.map { .int($0) } ?? .null),
        ]
    }
}

/// A live version with its stamp.
public struct VersionView: Hashable, Sendable {
    public let stamp: EntryStamp
    public let values: [ItemValue]

    public init(stamp: EntryStamp, values: [ItemValue]) { (self.stamp, self.values) = (stamp, values) }

    /// With all its values, as a conflict shows it.
    public var json: JSON {
        let members = values.map { JSON.Member($0.item, $0.value.json) }
        let details = values.filter { !$0.value.details.isEmpty }
            .map { JSON.Member($0.item, .object($0.value.details)) }
        return .object(
            [.init("entry", .string(stamp.entry)), .init("values", .object(members))]
                + (details.isEmpty ? [] : [.init("details", .object(details))]) + stamp.members)
    }

    /// With the value of one item, as a visit shows it.
    func json(of item: String) -> JSON {
        let value = values.first { $0.item == item }?.value ?? .empty
        return .object(
            [.init("entry", .string(stamp.entry)), .init("value", value.json)] + value.details
                + stamp.members)
    }
}

/// One item of a visit.
public struct ItemView: Hashable, Sendable {
    /// Whether there is a value that all agree on.
    public enum State: String, Sendable { case agreed, conflict, empty }

    public let item: String
    public let state: State
    /// The agreed value; `nil` in conflict.
    public let value: Value?
    /// All live versions, in conflict.
    public let versions: [VersionView]

    public init(item: String, state: State, value: Value?, versions: [VersionView]) {
        (self.item, self.state, self.value, self.versions) = (item, state, value, versions)
    }

    var json: JSON {
        var members = [JSON.Member("value", value?.json ?? .null)] + (value?.details ?? [])
        members.append(.init("state", .string(state.rawValue)))
        if state == .conflict {
            members.append(.init("versions", .array(versions.map { $0.json(of: item) })))
        }
        return .object(members)
    }
}

/// One entry of a record's audit trail.
public struct HistoryView: Hashable, Sendable {
    /// An item's old and new value.
    public struct ItemChange: Hashable, Sendable {
        public let item: String
        /// What it replaced: none, one, or the siblings of a conflict.
        public let old: [Value]
        public let new: Value

        public init(item: String, old: [Value], new: Value) {
            (self.item, self.old, self.new) = (item, old, new)
        }

        /// Whether somebody entered or emptied it: who leaves an item empty has done neither.
        public var entersOrEmpties: Bool { !new.isEmpty || old.contains { !$0.isEmpty } }
    }

    public let stamp: EntryStamp
    public let kind: String
    /// `applied`, `held-lock`, `quarantined:CODE`, or `pending`.
    public let verdict: String
    public let changes: [ItemChange]

    public init(stamp: EntryStamp, kind: String, verdict: String, changes: [ItemChange]) {
        (self.stamp, self.kind, self.verdict, self.changes) = (stamp, kind, verdict, changes)
    }

    /// Whether it counts, or is to count once the centre has it.
    public var counts: Bool { verdict == "applied" || verdict == "pending" }

    public var json: JSON {
        let changes = changes.map { change in
            let old: JSON =
                change.old.count > 1 ? .array(change.old.map(\.json)) : change.old.first?.json ?? .null
            let replaced = change.old.compactMap(\.missingReason).map(JSON.string)
            let members: [JSON.Member] =
                [.init("old", old)] + (replaced.isEmpty ? [] : [.init("oldMissing", .array(replaced))])
                + [.init("new", change.new.json)] + change.new.details
            return JSON.Member(change.item, .object(members))
        }
        return .object(
            [.init("entry", .string(stamp.entry)), .init("kind", .string(kind))] + stamp.members
                + [
                    .init("authorship", .string(stamp.authorship)), .init("verdict", .string(verdict)),
                    .init("changes", .object(changes)),
                ])
    }
}

/// One visit or log line, merged, as commands and pages show it.
public struct VisitView: Hashable, Sendable {
    /// Which visit or log line it is.
    public struct Header: Hashable, Sendable {
        /// Where in the casebook it stands.
        public enum Place: Hashable, Sendable {
            /// A visit, with its number if the event repeats.
            case visit(event: String, occurrence: Int?)
            /// A line of a log form, by the name that commands take: `AE-3fa1c2d4`.
            case line(form: String, name: String)
            /// What belongs to the participant as such.
            case participant
        }

        /// The participant's number.
        public let participant: String
        public let place: Place
        public let site: SiteCode
        /// A short name of the record, the same on every replica.
        public let record: String
        /// The short id of a repeat whose number another bears too.
        public let shortID: String?

        public init(
            participant: String, place: Place, site: SiteCode, record: String, shortID: String? = nil
        ) {
            (self.participant, self.place, self.site, self.record) = (participant, place, site, record)
            self.shortID = shortID
        }

        /// `BL`, `UNS#2`; `UNS#2~a1f3` where two records bear one number.
        public static func name(of event: String, occurrence: Int?, shortID: String?) -> String {
            guard let occurrence else { return event }
            return "\(event)#\(occurrence)" + (shortID.map { "~\($0)" } ?? "")
        }

        /// `BL`, `UNS#2`, `UNS#2~a1f3`, `AE-3fa1c2d4`; empty for a participant.
        public var eventName: String {
            switch place {
            case .visit(let event, let occurrence):
                Self.name(of: event, occurrence: occurrence, shortID: shortID)
            case .line(_, let name): name
            case .participant: ""
            }
        }

        /// Participant and place, as commands.md names them.
        var members: KeyValuePairs<String, JSON?> {
            switch place {
            case .visit(let event, let occurrence):
                [
                    "participant": .string(participant), "event": .string(event),
                    "repeat": occurrence.map { .int($0) } ?? .null, "shortId": shortID.map(JSON.string),
                ]
            case .line(let form, let name):
                ["participant": .string(participant), "form": .string(form), "line": .string(name)]
            case .participant: ["participant": .string(participant), "event": .null, "repeat": .null]
            }
        }
    }

    public let header: Header
    /// What was shown, as a token for a later `--base`.
    public let base: String
    public let items: [ItemView]
    private let oids: Set<String>
    /// What rules compute for it.
    public let derived: [DerivedValue]
    public let checks: [Finding]
    public let conflicts: [ConflictID]
    public let locked: Bool
    public let voided: Bool
    /// The signatures on it, valid or not.
    public var signatures: [SignatureView] = []
    /// Saves on it that the centre keeps in quarantine: they are in its history, and not in its values.
    public var quarantined = 0
    /// How many changes of this visit are not at the centre yet.
    public let pending: Int
    public var history: [HistoryView]?
    /// Entries of a first sync that are still to come: until then the history may lack some.
    public var historyLeft = 0

    public init(
        header: Header, base: String, items: [ItemView], derived: [DerivedValue], checks: [Finding],
        conflicts: [ConflictID], locked: Bool, voided: Bool, pending: Int
    ) {
        (self.header, self.base, self.items, self.derived) = (header, base, items, derived)
        (self.checks, oids) = (checks, Set(items.map(\.item)))
        (self.conflicts, self.locked, self.voided, self.pending) = (conflicts, locked, voided, pending)
    }

    /// The item beside which a finding stands, wherever the sheet is shown: the first of the finding's items
    /// that is on the sheet. `nil` if none is, because it speaks of another record: it stands at the top.
    public func place(of finding: Finding) -> String? { finding.items.first(where: oids.contains) }

    /// The findings of ``checks`` that stand beside an item; with `nil` those at the top of the sheet. Each
    /// is at one place.
    public func findings(at place: String?) -> [Finding] {
        checks.filter { self.place(of: $0) == place }
    }

    /// The last save that counts, or is to count, in which somebody entered or emptied an item.
    public func lastSave(of item: String) -> EntryStamp? {
        history?.last { entry in
            entry.counts && entry.changes.contains { $0.item == item && $0.entersOrEmpties }
        }?.stamp
    }

    private var reasons: [JSON.Member] {
        derived.compactMap { derived in derived.reason.map { .init(derived.item, .string($0)) } }
    }

    public var json: JSON { json(in: .en) }

    /// With what the findings say in a language; ids and values are the same in all.
    public func json(in language: Language) -> JSON {
        JSON.keyed(header.members).adding([
            "site": .string(header.site.text), "record": .string(header.record), "base": .string(base),
            "items": .object(items.map { .init($0.item, $0.json) }),
            "derived": .object(derived.map { .init($0.item, $0.value.json) }),
            "derivedReasons": reasons.isEmpty ? nil : .object(reasons),
            "checks": .array(checks.map { $0.json(in: language) }),
            "conflicts": .array(conflicts.map { .string($0.hex) }),
            "locked": .bool(locked), "voided": .bool(voided), "signatures": .array(signatures.map(\.json)),
            "pending": .int(pending), "quarantined": quarantined > 0 ? .int(quarantined) : nil,
            "history": history.map { .array($0.map(\.json)) },
            "historyLeft": historyLeft > 0 ? .int(historyLeft) : nil,
        ])
    }
}

extension Finding {
    /// As commands.md gives a finding, in English.
    public var json: JSON { json(in: .en) }

    /// As commands.md gives a finding; `message` and `why` in a language.
    public func json(in language: Language) -> JSON {
        .keyed([
            "check": .string(check.rawValue), "items": .array(items.map(JSON.string)),
            "message": .string(text[language]), "why": .string(check.why(in: language)),
            "severity": .string(severity.rawValue),
            "key": .string(key), "since": since.map(JSON.string), "confirmed": confirmed ? .bool(true) : nil,
            "confirmations": confirmations.isEmpty ? nil : .array(confirmations.map(\.json)),
        ])
    }
}

extension Value {
    /// The coded reason, if the value is missing for one.
    public var missingReason: String? {
        guard case .missing(let reason) = self else { return nil }
        return reason.rawValue
    }

    /// What a person typed, if it was converted to the item's unit.
    public var entered: String? {
        guard case .decimal(let quantity) = self else { return nil }
        return quantity.entered
    }

    /// What the bare value does not say, beside it: `unit`, `missing`, `entered`.
    var details: [JSON.Member] {
        [("unit", unit), ("missing", missingReason), ("entered", entered)].compactMap { name, text in
            text.map { JSON.Member(name, .string($0)) }
        }
    }
}
