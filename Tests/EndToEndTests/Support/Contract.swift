import Testing

/// The keys of each answer, word for word from the page of the command line contract.
enum Contract {
    static let visit: Set = [
        "participant", "event", "repeat", "site", "record", "base", "items", "derived", "checks", "conflicts",
        "locked", "voided", "signatures", "pending",
    ]
    static let item: Set = ["value", "state"]
    static let check: Set = ["check", "items", "message", "severity"]
    static let checkToo: Set = ["confirmed", "why", "key", "since"]
    static let history: Set = [
        "entry", "author", "role", "device", "site", "at", "receivedAt", "reason", "verdict", "changes",
    ]
    static let conflict: Set = [
        "id", "kind", "participant", "event", "repeat", "register", "items", "versions", "status",
    ]
    static let version: Set = ["entry", "values", "author", "device", "site", "at", "receivedAt", "reason"]
    static let stampToo: Set = ["role", "kind", "studyVersion", "authorship"]
    static let participant: Set = ["participant", "site", "enrolled", "status", "visits"]
    static let participantToo: Set = ["state", "unmet", "endReason"]
    static let sync: Set = [
        "pushed", "pulled", "conflicts", "quarantined", "bytesSent", "bytesReceived", "roundTrips", "inStep",
        "repaired", "broughtBack", "passedOn", "missing",
    ]
    static let laptopStatus: Set = [
        "site", "device", "pending", "lastSync", "openConflicts", "openQueries", "inStep",
    ]
    static let centreStatus: Set = [
        "study", "participants", "target", "records", "entries", "quarantined", "openConflicts",
        "openQueries",
        "seriousEvents", "sites",
    ]
    static let siteStatus: Set = ["site", "participants", "devices", "lastSync", "openConflicts"]
    static let query: Set = ["id", "participant", "event", "item", "status", "messages"]
    static let message: Set = ["author", "at", "text"]
    static let device: Set = [
        "device", "site", "name", "lastSeen", "clockOffsetSeconds", "pending", "revoked", "copied",
    ]
    static let quarantine: Set = ["entry", "code", "author", "device", "site", "at", "record"]
    static let verify: Set = ["journals", "entries", "records", "problems"]
    static let digest: Set = ["records", "entries", "digest"]
}

/// Expects every promised key, and no other but those that were added with care.
func expectKeys(
    _ node: JSONNode, _ promised: Set<String>, adding added: Set<String> = [],
    at location: SourceLocation = #_sourceLocation
) {
    #expect(promised.subtracting(node.keys).isEmpty, "missing", sourceLocation: location)
    #expect(node.keys.subtracting(promised).subtracting(added).isEmpty, "unknown", sourceLocation: location)
}
