/// What kind of thing a record is. Raw values travel on the wire and never change.
public enum RecordKind: UInt8, Hashable, Sendable, CaseIterable {
    /// A participant: key = enrolment id.
    case participant = 1
    /// A planned visit: key = enrolment id and event.
    case scheduledVisit = 2
    /// A repeat of a repeating event: key = enrolment id, random id and event.
    case unscheduledVisit = 3
    /// A line of a log form: key = enrolment id, random id and form.
    case logLine = 4
    /// A data query: key = enrolment id and random id.
    case query = 5
    /// A version of the study definition (only at `*`): key = version number.
    case study = 16
    /// A site (only at `*`): key = site code.
    case site = 17
    /// A person's name, role, sites and signing key (only at `*`): key = user name.
    case person = 18
    /// A device and whether it was revoked (only at `*`): key = device id in hexadecimal.
    case device = 19

    var hasParticipant: Bool { rawValue < RecordKind.study.rawValue }
    var hasName: Bool { self != .participant && self != .query }
    var hasID: Bool { self == .unscheduledVisit || self == .logLine || self == .query }
    /// Whether records of this kind live at the pseudo-site `*` and are written only by the centre.
    public var isStudyWide: Bool { !hasParticipant }
}

/// The key of a record: what it is about. It never changes, and it belongs to one site for ever.
///
/// Bytes on the wire: kind (1) ‖ enrolment id (16, kinds 1 to 5) ‖ random id (16, kinds 3 to 5) ‖ UTF-8 of
/// `name`.
public struct RecordKey: Hashable, Sendable {
    public let kind: RecordKind
    /// The participant, for kinds 1 to 5.
    public let participant: EnrolmentID?
    /// The random id of an unscheduled visit, a log line or a query.
    public let id: RecordID?
    /// The event of a visit, the form of a log line, the name of a study-wide record; else empty.
    public let name: String

    /// The longest `name` in UTF-8 bytes.
    public static let nameLimitBytes = 128

    private init(_ kind: RecordKind, _ participant: EnrolmentID?, _ id: RecordID?, _ name: String) {
        (self.kind, self.participant, self.id, self.name) = (kind, participant, id, name)
    }

    public static func participant(_ participant: EnrolmentID) -> Self {
        .init(.participant, participant, nil, "")
    }

    public static func visit(_ participant: EnrolmentID, event: String) -> Self {
        .init(.scheduledVisit, participant, nil, event)
    }

    public static func unscheduledVisit(_ participant: EnrolmentID, event: String, id: RecordID) -> Self {
        .init(.unscheduledVisit, participant, id, event)
    }

    public static func logLine(_ participant: EnrolmentID, form: String, id: RecordID) -> Self {
        .init(.logLine, participant, id, form)
    }

    public static func query(_ participant: EnrolmentID, id: RecordID) -> Self {
        .init(.query, participant, id, "")
    }

    public static func study(version: Int) -> Self { .init(.study, nil, nil, String(version)) }
    public static func site(_ code: SiteCode) -> Self { .init(.site, nil, nil, code.text) }
    public static func person(_ name: String) -> Self { .init(.person, nil, nil, name) }
    public static func device(_ device: DeviceID) -> Self { .init(.device, nil, nil, device.hex) }

    public var bytes: [UInt8] {
        var bytes = [kind.rawValue]
        bytes.reserveCapacity(33 + name.utf8.count)
        if let participant { bytes += participant.bytes }
        if let id { bytes += id.bytes }
        bytes += Array(name.utf8)
        return bytes
    }

    /// - Returns: `nil` if the bytes are no key: an unknown kind, too short, or a name that is too long or
    ///   not UTF-8.
    public init?(bytes: some Collection<UInt8>) {
        guard let first = bytes.first, let kind = RecordKind(rawValue: first) else { return nil }
        var rest = bytes.dropFirst()
        var participant: EnrolmentID?
        var id: RecordID?
        if kind.hasParticipant {
            guard let found = EnrolmentID(bytes: rest.prefix(16)) else { return nil }
            participant = found
            rest = rest.dropFirst(16)
        }
        if kind.hasID {
            guard let found = RecordID(bytes: rest.prefix(16)) else { return nil }
            id = found
            rest = rest.dropFirst(16)
        }
        guard kind.hasName || rest.isEmpty else { return nil }
        guard rest.count <= Self.nameLimitBytes, let name = String(validating: rest, as: UTF8.self) else {
            return nil
        }
        self.init(kind, participant, id, name)
    }
}
