/// What a change does. Raw values travel on the wire and never change.
public enum ChangeKind: UInt8, Hashable, Sendable, CaseIterable {
    /// An ordinary save of data.
    case save = 1
    /// A person's decision on a conflict.
    case resolve = 2
    case lock = 3
    case unlock = 4
    case void = 5
    case sign = 6
    /// A coordinator's admission of a held or quarantined change, which it cites.
    case release = 7
    /// A message, answer or closing of a data query.
    case query = 8
    /// "Confirmed as correct" on a finding.
    case confirm = 9
    /// The centre's own records at `*`: study versions, sites, people, devices.
    case administer = 10

    /// Whether the change must carry the person's own signature to be applied.
    public var needsSignature: Bool {
        switch self {
        case .save, .query, .confirm, .administer: false
        case .resolve, .lock, .unlock, .void, .sign, .release: true
        }
    }
}

/// The write of one register: its items' values, and what it replaces.
public struct RegisterWrite: Hashable, Sendable {
    /// The item's OID, or the OID of an atomic item group, or a name that starts with `@` (`@number`).
    public let register: String
    /// Sorted by item.
    public let values: [ItemValue]
    /// The versions the person was shown.
    public let replaces: [ChangeID]
    /// What those shown versions replace that had no verdict yet, recursively.
    public let through: [ChangeID]

    public init(
        _ register: String, _ values: [ItemValue], replaces: [ChangeID] = [], through: [ChangeID] = []
    ) {
        self.register = register
        self.values = values.count < 2 ? values : values.sorted { $0.item < $1.item }
        (self.replaces, self.through) = (replaces, through)
    }
}

/// One deliberate save by one person on one record. Its encoded bytes, not this value, are what is kept for
/// ever.
public struct Change: Hashable, Sendable {
    public var kind: ChangeKind
    public var record: RecordKey
    public var writes: [RegisterWrite]
    /// The lock and void versions the author was shown.
    public var guards: [ChangeID] = []
    /// What the change speaks of without replacing it: the entry that is released, the versions that a void
    /// saw.
    public var cites: [ChangeID] = []
    /// The conflict that a resolution decides.
    public var conflict: ConflictID?
    /// User name, as the device reports it.
    public var author: String
    public var role: Role
    /// The reason for change.
    public var reason: String = ""
    public var at: DeviceTime
    public var studyVersion: Int
    /// Eight random bytes, so that the same edit made twice is two changes.
    public var salt: UInt64

    public init(
        kind: ChangeKind, record: RecordKey, writes: [RegisterWrite], author: String, role: Role,
        at: DeviceTime,
        studyVersion: Int, salt: UInt64
    ) {
        (self.kind, self.record, self.writes, self.author, self.role) = (kind, record, writes, author, role)
        (self.at, self.studyVersion, self.salt) = (at, studyVersion, salt)
    }
}
