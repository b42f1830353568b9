package import Crypto
package import FoundationEssentials
import SwiftProtobuf
public import TrialModel

/// A change with the bytes that stand for it for ever, and the id they give it.
public struct EncodedChange: Hashable, Sendable {
    package let bytes: Data
    public let id: ChangeID
    public let change: Change

    /// Encodes a change once. With a key, the person's signature follows as the last 66 bytes.
    ///
    /// - Throws: `Problem(.textTooLong)` if it exceeds a limit of ``WireLimits``.
    package init(
        _ change: Change, site: SiteCode, signedWith key: Curve25519.Signing.PrivateKey? = nil
    ) throws(Problem) {
        var bytes = try ChangeCodec.encode(change)
        if let key {
            let signature = try Signing.sign(.change, site: site, bytes, with: key)
            bytes.append(contentsOf: ChangeCodec.signaturePrefix)
            bytes.append(signature)
        }
        guard bytes.count <= WireLimits.changeBytes else {
            throw Problem(.textTooLong, "the save is larger than \(WireLimits.changeBytes) bytes")
        }
        (self.bytes, self.change) = (bytes, change)
        id = Chain.changeID(of: bytes)
    }

    /// Decodes a change as it was received.
    ///
    /// - Throws: `Problem(.undecodable)` or `Problem(.kindUnknown)`: the entry is kept in quarantine.
    package init(received bytes: Data, id: ChangeID) throws(Problem) {
        (self.bytes, self.id) = (bytes, id)
        change = try ChangeCodec.decode(bytes)
    }

    /// Whether the change ends with a valid signature of the person who has this public key.
    package func isSigned(by publicKey: Data, site: SiteCode) -> Bool {
        guard let (body, signature) = ChangeCodec.splitSignature(bytes) else { return false }
        return Signing.isValid(signature, .change, site: site, body, by: publicKey)
    }
}

/// Changes to and from `proto/trialsync/v1/change.proto`.
enum ChangeCodec {
    /// Tag of field 15, length-delimited, and the length 64.
    static let signaturePrefix: [UInt8] = [15 << 3 | 2, 64]

    static func splitSignature(_ bytes: Data) -> (body: Data, signature: Data)? {
        let suffix = signaturePrefix.count + Signing.byteCount
        guard bytes.count > suffix, bytes.suffix(suffix).prefix(2).elementsEqual(signaturePrefix) else {
            return nil
        }
        return (Data(bytes.dropLast(suffix)), Data(bytes.suffix(Signing.byteCount)))
    }

    // MARK: Encoding

    static func encode(_ change: Change) throws(Problem) -> Data {
        try check(change)
        var message = Trialsync_V1_Change()
        var ids = IDTable()
        message.kind = UInt32(change.kind.rawValue)
        message.record = Data(change.record.bytes)
        message.salt = change.salt
        message.author = change.author
        message.role = UInt32(change.role.rawValue)
        message.atMs = change.at.milliseconds
        message.atOffsetMinutes = Int32(clamping: change.at.offsetMinutes)
        message.studyVersion = UInt32(clamping: change.studyVersion)
        message.reason = change.reason
        message.registers = change.writes.map(\.register)
        message.writes = change.writes.map { write in
            var encoded = Trialsync_V1_Write()
            if write.values.count != 1 || write.values[0].item != write.register {
                encoded.items = write.values.map(\.item)
            }
            encoded.values = write.values.map { Trialsync_V1_Value($0.value) }
            encoded.replaces = write.replaces.map { ids.index(of: $0) }
            encoded.through = write.through.map { ids.index(of: $0) }
            return encoded
        }
        message.guards = change.guards.map { ids.index(of: $0) }
        message.cites = change.cites.map { ids.index(of: $0) }
        if let conflict = change.conflict { message.conflict = Data(conflict.bytes) }
        guard ids.list.count <= WireLimits.idsPerChange else {
            throw Problem(.textTooLong, "one save names at most \(WireLimits.idsPerChange) others")
        }
        message.referenced = ids.list.map { Data($0.bytes) }
        return try message.encoded()
    }

    private static func check(_ change: Change) throws(Problem) {
        let names =
            [change.author] + change.writes.map(\.register) + change.writes.flatMap { $0.values.map(\.item) }
        if let long = names.first(where: { $0.utf8.count > WireLimits.nameBytes }) {
            throw Problem(
                .textTooLong, "the name \(long.prefix(40))… is longer than \(WireLimits.nameBytes) bytes")
        }
        let isWhole = change.writes.allSatisfy { write in
            !write.register.isEmpty && !write.values.isEmpty
                && Set(write.values.map(\.item)).count == write.values.count
        }
        guard isWhole, !change.author.isEmpty, (-14 * 60...14 * 60).contains(change.at.offsetMinutes),
            Set(change.writes.map(\.register)).count == change.writes.count
        else { throw Problem(.internalError, "a save that could not be read again was not made") }
        guard change.reason.utf8.count <= WireLimits.reasonBytes else {
            throw Problem(.textTooLong, "the reason is longer than \(WireLimits.reasonBytes) bytes")
        }
        guard change.writes.count <= WireLimits.writesPerChange else {
            throw Problem(.textTooLong, "one save writes at most \(WireLimits.writesPerChange) items")
        }
    }

    // MARK: Decoding

    static func decode(_ bytes: Data) throws(Problem) -> Change {
        let message: Trialsync_V1_Change
        do { message = try Trialsync_V1_Change(serializedBytes: bytes) } catch {
            throw Problem(.undecodable, "the bytes are not a change")
        }
        guard let kind = UInt8(exactly: message.kind).flatMap(ChangeKind.init(rawValue:)),
            let role = UInt8(exactly: message.role).flatMap(Role.init(rawValue:)),
            let record = RecordKey(bytes: message.record)
        else { throw Problem(.kindUnknown, "the change is of a kind this program does not know") }
        guard isWithinLimits(message) else { throw Problem(.undecodable, "the change exceeds the limits") }
        let table = try ids(message.referenced)
        var writes: [RegisterWrite] = []
        writes.reserveCapacity(message.registers.count)
        for (register, write) in zip(message.registers, message.writes) {
            writes.append(try decode(write, of: register, table))
        }
        var change = Change(
            kind: kind, record: record, writes: writes, author: message.author, role: role,
            at: DeviceTime(milliseconds: message.atMs, offsetMinutes: Int(message.atOffsetMinutes)),
            studyVersion: Int(message.studyVersion), salt: message.salt)
        change.reason = message.reason
        change.guards = try ids(message.guards, in: table)
        change.cites = try ids(message.cites, in: table)
        change.conflict = message.conflict.isEmpty ? nil : ConflictID(bytes: message.conflict)
        return change
    }

    private static func isWithinLimits(_ message: Trialsync_V1_Change) -> Bool {
        message.registers.count == message.writes.count && message.writes.count <= WireLimits.writesPerChange
            && message.referenced.count <= WireLimits.idsPerChange
            && message.reason.utf8.count <= WireLimits.reasonBytes
            && !message.author.isEmpty && message.author.utf8.count <= WireLimits.nameBytes
            && (-14 * 60...14 * 60).contains(message.atOffsetMinutes)
            && (message.conflict.isEmpty || message.conflict.count == ConflictID.byteCount)
            && Set(message.registers).count == message.registers.count
            && message.registers.allSatisfy { !$0.isEmpty && $0.utf8.count <= WireLimits.nameBytes }
    }

    private static func decode(
        _ write: Trialsync_V1_Write, of register: String, _ table: [ChangeID]
    ) throws(Problem) -> RegisterWrite {
        let items = write.items.isEmpty ? [register] : write.items
        guard items.count == write.values.count, items.allSatisfy({ $0.utf8.count <= WireLimits.nameBytes }),
            write.items.count < 2 || Set(items).count == items.count
        else {
            throw Problem(.undecodable, "a register's items and values do not match")
        }
        var values: [ItemValue] = []
        values.reserveCapacity(items.count)
        for (item, value) in zip(items, write.values) { values.append(ItemValue(item, try value.model())) }
        return RegisterWrite(
            register, values, replaces: try ids(write.replaces, in: table),
            through: try ids(write.through, in: table))
    }

    private static func ids(_ bytes: [Data]) throws(Problem) -> [ChangeID] {
        var ids: [ChangeID] = []
        for bytes in bytes {
            guard let id = ChangeID(bytes: bytes) else {
                throw Problem(.undecodable, "a change id has not 16 bytes")
            }
            ids.append(id)
        }
        return ids
    }

    private static func ids(_ indices: [UInt32], in table: [ChangeID]) throws(Problem) -> [ChangeID] {
        guard !indices.isEmpty else { return [] }
        var ids: [ChangeID] = []
        for index in indices {
            guard index < table.count else {
                throw Problem(.undecodable, "an index points outside the id table")
            }
            ids.append(table[Int(index)])
        }
        return ids
    }
}

/// Names each change id once and hands out its place.
package struct IDTable {
    package private(set) var list: [ChangeID] = []
    /// Only of long lists: a few ids are found sooner by looking through them.
    private var places: [ChangeID: UInt32] = [:]
    private static let shortList = 12

    package init() {}

    package mutating func index(of id: ChangeID) -> UInt32 {
        let isShort = list.count <= Self.shortList
        if let known = isShort ? list.firstIndex(of: id).map(UInt32.init) : places[id] { return known }
        let place = UInt32(list.count)
        list.append(id)
        if list.count > Self.shortList {
            if isShort { for (place, id) in list.enumerated() { places[id] = UInt32(place) } }
            places[id] = place
        }
        return place
    }
}
