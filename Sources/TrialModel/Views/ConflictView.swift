/// A conflict with everything a person needs to decide it.
public struct ConflictView: Hashable, Sendable {
    /// How it was decided.
    public struct Resolution: Hashable, Sendable {
        public let stamp: EntryStamp
        public let values: [ItemValue]

        public init(stamp: EntryStamp, values: [ItemValue]) { (self.stamp, self.values) = (stamp, values) }
    }

    public let id: ConflictID
    public let kind: ConflictKind
    public let visit: VisitView.Header
    public let register: String
    public let items: [String]
    public let versions: [VersionView]
    /// `nil` while it is open.
    public let resolution: Resolution?
    /// Of an edit against a lock or void: what stands on the record without the edit.
    public var before: [ItemValue] = []
    /// Who entered that, each save once; whose entry is not here yet is not named.
    public var enteredBefore: [EntryStamp] = []

    public init(
        id: ConflictID, kind: ConflictKind, visit: VisitView.Header, register: String, items: [String],
        versions: [VersionView], resolution: Resolution?
    ) {
        (self.id, self.kind, self.visit, self.register) = (id, kind, visit, register)
        (self.items, self.versions, self.resolution) = (items, versions, resolution)
    }

    public var json: JSON {
        .keyed(["id": .string(id.hex), "kind": .string(kind.rawValue)]).adding(visit.members).adding([
            "site": .string(visit.site.text), "register": .string(register),
            "items": .array(items.map(JSON.string)),
            "versions": .array(versions.map(\.json)),
            "status": .string(resolution == nil ? "open" : "resolved"),
            "resolution": resolution?.json,
        ])
    }
}

extension ConflictView.Resolution {
    var json: JSON {
        let members = values.map { JSON.Member($0.item, $0.value.json) }
        return .object(
            [.init("entry", .string(stamp.entry)), .init("values", .object(members))] + stamp.members)
    }
}

/// A participant, as lists show one.
public struct ParticipantView: Hashable, Sendable {
    /// The number people use, with a short id after `~` where two records bear it.
    public let participant: String
    public let site: SiteCode
    /// The day of enrolment where the laptop was.
    public let enrolled: String
    public let status: String
    /// The events that have a visit, repeats as `UNS#2`.
    public let visits: [String]
    /// Those of them that are void.
    public var voided: Set<String> = []
    /// Where the participant stands in the study; `nil` for one whose records went elsewhere.
    public var standing: ParticipantStanding?

    public init(participant: String, site: SiteCode, enrolled: String, status: String, visits: [String]) {
        (self.participant, self.site, self.enrolled) = (participant, site, enrolled)
        (self.status, self.visits) = (status, visits)
    }

    public var json: JSON {
        .keyed([
            "participant": .string(participant), "site": .string(site.text), "enrolled": .string(enrolled),
            "status": .string(status), "visits": .array(visits.map(JSON.string)),
            "state": standing.map { .string($0.state.rawValue) } ?? .null,
            "unmet": .array((standing?.unmet ?? []).map(JSON.string)),
            "endReason": .optional(standing?.endReason),
        ])
    }
}
