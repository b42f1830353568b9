import FoundationEssentials
import GRDB
import SyncProtocol
import TrialModel

/// One transaction on a replica: rows in and out, and the records it touches, each read once and written
/// once.
///
/// Nothing of it outlives the transaction.
final class StoreTransaction {
    let db: Database
    let cipher: any StoreCipher
    private var records: [Data: LoadedRecord] = [:]
    private var touched: [Data] = []
    /// The highest participant number among the records written.
    private(set) var highestNumber = 0
    var people: [String: PersonGrant?] = [:]
    var studies: [Int: StudyDefinition?] = [:]
    var revoked: [DeviceID: Bool] = [:]
    let studyCache: StudyCache
    private let beforeWriting: (@Sendable () throws -> Void)?

    struct LoadedRecord {
        var rowID: Int64?
        var siteRowID: Int64
        var state: RecordState
        var digest: StateDigest
    }

    init(
        _ db: Database, cipher: any StoreCipher, studyCache: StudyCache = StudyCache(),
        beforeWriting: (@Sendable () throws -> Void)? = nil
    ) {
        self.db = db
        self.studyCache = studyCache
        self.beforeWriting = beforeWriting
        self.cipher = cipher
    }

    func execute(_ sql: String, _ arguments: StatementArguments = []) throws {
        try beforeWriting?()
        let statement = try db.cachedStatement(sql: sql)
        try statement.execute(arguments: arguments)
    }

    func row(_ sql: String, _ arguments: StatementArguments = []) throws -> Row? {
        try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
    }

    func rows(_ sql: String, _ arguments: StatementArguments = []) throws -> [Row] {
        try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
    }

    // MARK: Sites

    func siteRowID(_ site: SiteCode) throws -> Int64? {
        try row("SELECT id FROM site WHERE code = ?", [site.text])?[0]
    }

    func makeSite(_ site: SiteCode) throws -> Int64 {
        if let known = try siteRowID(site) { return known }
        try execute("INSERT INTO site (code, digest) VALUES (?, ?)", [site.text, Data(StateDigest().bytes)])
        return db.lastInsertedRowID
    }

    func digest(ofSite rowID: Int64) throws -> StateDigest {
        guard let row = try row("SELECT digest FROM site WHERE id = ?", [rowID]),
            let digest = StateDigest(bytes: row[0] as Data)
        else { throw Problem(.storeDamaged, "the digest of a site cannot be read") }
        return digest
    }

    // MARK: Records

    func lookup(_ key: RecordKey) -> Data { cipher.lookup(.record, key.bytes) }

    func lookup(participant: EnrolmentID) -> Data { cipher.lookup(.participant, participant.bytes) }

    func lookup(_ number: NumberKey) -> Data { cipher.lookup(.number, number.bytes) }

    /// The confirmed state of a record, or an empty one.
    func state(of key: RecordKey, site: Int64) throws -> RecordState { try load(key, site: site).state }

    /// The site that a record belongs to, if there is such a record.
    func home(of key: RecordKey, site: Int64) throws -> Int64? {
        let record = try load(key, site: site)
        return record.rowID == nil ? nil : record.siteRowID
    }

    /// The confirmed state, if there is a record.
    func existingState(_ lookup: Data) throws -> RecordState? {
        guard let row = try row("SELECT state FROM record WHERE key = ?", [lookup]) else { return nil }
        return try decodeState(row[0], lookup)
    }

    func decodeState(_ sealed: Data, _ lookup: Data) throws -> RecordState {
        try StateCodec.decode(try cipher.open(sealed, as: RowIdentity.state(record: lookup)))
    }

    private func load(_ key: RecordKey, site: Int64) throws -> LoadedRecord {
        try load(key, at: lookup(key), site: site)
    }

    private func load(_ key: RecordKey, at lookup: Data, site: Int64) throws -> LoadedRecord {
        if let known = records[lookup] { return known }
        var record = LoadedRecord(siteRowID: site, state: RecordState(key: key), digest: StateDigest())
        if let row = try row("SELECT id, site, digest, state FROM record WHERE key = ?", [lookup]) {
            record.rowID = row[0]
            record.siteRowID = row[1]
            record.digest = StateDigest(bytes: row[2] as Data) ?? StateDigest()
            record.state = try decodeState(row[3], lookup)
        }
        records[lookup] = record
        return record
    }

    /// Merges a change with verdict `applied` or keeps one with verdict `held-lock`. The record is written by
    /// `flush`.
    func merge(_ encoded: EncodedChange, at lookup: Data, verdict: Verdict, site: Int64) throws {
        guard verdict.kind != .quarantined else { return }
        var record = try load(encoded.change.record, at: lookup, site: site)
        // Takes the state out of the table, so that it is changed in place and not copied.
        records[lookup] = nil
        if verdict.kind == .applied {
            try record.state.apply(encoded.change, id: encoded.id) { try self.wasApplied($0, to: lookup) }
        } else {
            record.state.hold(encoded.id)
        }
        records[lookup] = record
        touched.append(lookup)
    }

    /// Marks a change that a first sync is about to merge as replaced in the registers in which a live entry
    /// replaces it: it is dead on arrival there.
    func awaitIfReplaced(_ encoded: EncodedChange, site: Int64) throws {
        let lookup = lookup(encoded.change.record)
        let names = try replacing(lookup).filter { $0.id == encoded.id }.map(\.register)
        guard !names.isEmpty else { return }
        var record = try load(encoded.change.record, at: lookup, site: site)
        for name in names { record.state.expectReplaced(encoded.id, in: name) }
        records[lookup] = record
    }

    /// What the applied entries of a record replace.
    func replacing(_ lookup: Data) throws -> [(register: String, id: ChangeID)] {
        try rows("SELECT change, hash, body FROM entry WHERE record = ? AND verdict = 1", [lookup])
            .flatMap { row -> [(register: String, id: ChangeID)] in
                guard let id = ChangeID(bytes: row[0] as Data),
                    let encoded = try? EncodedChange(received: try openBody(row[2], hash: row[1]), id: id)
                else { return [] }
                return encoded.change.writes.flatMap { write in
                    (write.replaces + write.through).map { (write.register, $0) }
                }
            }
    }

    /// Puts another state in a record's place.
    func replace(_ state: RecordState, site: Int64) throws {
        var record = try load(state.key, site: site)
        record.state = state
        records[lookup(state.key)] = record
        touched.append(lookup(state.key))
    }

    /// Writes the touched records, and moves each site's digest by what they moved.
    func flush() throws {
        var digests: [Int64: StateDigest] = [:]
        var written: Set<Data> = []
        for lookup in touched where written.insert(lookup).inserted {
            guard var record = records[lookup] else { continue }
            var digest = try digests[record.siteRowID] ?? digest(ofSite: record.siteRowID)
            digest.subtract(record.digest)
            record.digest = record.state.digest
            digest.add(record.digest)
            digests[record.siteRowID] = digest
            try write(&record, lookup)
            records[lookup] = record
        }
        touched = []
        for (site, digest) in digests.sorted(by: { $0.key < $1.key }) {
            try execute("UPDATE site SET digest = ? WHERE id = ?", [Data(digest.bytes), site])
        }
    }

    private func write(_ record: inout LoadedRecord, _ lookup: Data) throws {
        let state = try cipher.seal(
            StateCodec.encode(record.state), as: RowIdentity.state(record: lookup))
        let number = NumberKey(record.state).map { self.lookup($0) }
        let conflicts = record.state.hasConflict ? record.state.conflicts.count : 0
        let digest = Data(record.digest.bytes)
        if record.state.key.kind == .participant, let number = record.state.number {
            try note(number, site: record.siteRowID)
        }
        if let rowID = record.rowID {
            try execute(
                "UPDATE record SET number = ?, conflicts = ?, digest = ?, state = ? WHERE id = ?",
                [number, conflicts, digest, state, rowID])
        } else {
            let key = record.state.key
            try execute(
                """
                INSERT INTO record (site, kind, key, participant, number, conflicts, digest, state)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    record.siteRowID, Int(key.kind.rawValue), lookup,
                    key.participant.map { self.lookup(participant: $0) },
                    number, conflicts, digest, state,
                ])
            record.rowID = db.lastInsertedRowID
        }
    }

    /// Notes a participant's number if it is one of the site's own: who came from another site bears one of
    /// that site's.
    private func note(_ number: String, site: Int64) throws {
        let parts = number.split(separator: "-", maxSplits: 1)
        guard parts.count == 2, let value = Int(parts[1]), value > highestNumber,
            let code: String = try row("SELECT code FROM site WHERE id = ?", [site])?[0], code == parts[0]
        else { return }
        highestNumber = value
    }

    // MARK: Changes

    /// Whether a change took effect on this record: a copy cites changes of another.
    func wasApplied(_ id: ChangeID, to record: Data) throws -> Bool {
        try row(
            "SELECT 1 FROM entry WHERE change = ? AND verdict = 1 AND record = ? LIMIT 1",
            [Data(id.bytes), record]) != nil
    }

    /// The verdict that a change has here; `applied` before any other.
    func verdict(of id: ChangeID) throws -> Verdict? {
        guard
            let row = try row(
                "SELECT verdict, code FROM entry WHERE change = ? ORDER BY verdict LIMIT 1", [Data(id.bytes)])
        else { return nil }
        return try Self.verdict(row[0], row[1])
    }

    static func verdict(_ kind: Int, _ code: String?) throws(Problem) -> Verdict {
        switch Verdict.Kind(rawValue: UInt8(clamping: kind)) {
        case .applied: .applied
        case .heldLock: .heldLock
        case .quarantined: .quarantined(code ?? "")
        case nil: throw Problem(.storeDamaged, "the verdict of an entry cannot be read")
        }
    }

    /// A change that has a verdict here, decoded; `nil` if there is none or its bytes are no change.
    func change(_ id: ChangeID) throws -> Change? {
        guard let row = try row("SELECT hash, body FROM entry WHERE change = ? LIMIT 1", [Data(id.bytes)])
        else { return nil }
        return try? EncodedChange(received: try openBody(row[1], hash: row[0]), id: id).change
    }

    func openBody(_ sealed: Data, hash: Data) throws -> Data {
        guard let hash = ChainHash(hash) else {
            throw Problem(.storeDamaged, "the hash of an entry cannot be read")
        }
        return try cipher.open(sealed, as: RowIdentity.entry(hash: hash))
    }
}

extension RecordState {
    /// The number people use for the record, as it is displayed: a participant's, or the repeat of a visit.
    package var number: String? {
        guard let version = self[RegisterName.number].live.first,
            case .text(let text)? = version.values.first?.value
        else { return nil }
        return text
    }
}
