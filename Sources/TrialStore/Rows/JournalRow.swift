import FoundationEssentials
import GRDB
import SyncProtocol
import TrialModel

/// A journal as this replica holds it, with the head of what is confirmed.
struct JournalRow {
    let rowID: Int64
    let siteRowID: Int64
    let introduction: JournalIntroduction
    var n: UInt64
    var hash: ChainHash
    var verdictHash: ChainHash
    /// How much of it the centre holds: less than `n` only after the centre was restored.
    var centreN: UInt64
    let isOwn: Bool
    var isOpen: Bool

    var id: JournalID { introduction.id }
    var place: Place { Place(journal: id, n: n, verdict: verdictHash) }

    static let columns = "id, site, header, segment, n, hash, verdict_hash, centre_n, own, open"

    /// - Throws: `Problem(.storeDamaged)` if the row cannot be read.
    init(_ row: Row) throws {
        rowID = row[0]
        siteRowID = row[1]
        introduction = try JournalIntroduction(header: row[2], segment: Self.segment(row[3]))
        guard let hash = ChainHash(row[5] as Data), let verdictHash = ChainHash(row[6] as Data),
            let n = UInt64(exactly: row[4] as Int64), let centreN = UInt64(exactly: row[7] as Int64)
        else {
            throw Problem(.storeDamaged, "the head of a journal cannot be read")
        }
        (self.hash, self.verdictHash) = (hash, verdictHash)
        (self.n, self.centreN) = (n, centreN)
        isOwn = row[8]
        isOpen = row[9]
    }

    /// after (8 bytes, big-endian) ‖ previous ‖ first.
    static func encode(_ segment: JournalIntroduction.Segment?) -> Data? {
        guard let segment else { return nil }
        var bytes = Data()
        bytes.append(bigEndian: segment.after)
        bytes.append(segment.previous.data)
        bytes.append(segment.first.data)
        return bytes
    }

    static func segment(_ bytes: Data?) throws(Problem) -> JournalIntroduction.Segment? {
        guard let bytes else { return nil }
        let parts = Data(bytes)
        guard parts.count == 72, let previous = ChainHash(Data(parts[8..<40])),
            let first = ChainHash(Data(parts[40..<72]))
        else { throw Problem(.storeDamaged, "a segment's place cannot be read") }
        let after = parts[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return JournalIntroduction.Segment(after: after, previous: previous, first: first)
    }
}
