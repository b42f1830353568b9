package import FoundationEssentials
import SwiftProtobuf
package import TrialModel

/// Everything a reader needs to know of a journal before its first entry: its header, and, for a segment,
/// where in the journal it was cut out.
package struct JournalIntroduction: Hashable, Sendable {
    /// Why a journal was opened.
    package enum Reason: String, Sendable { case enrolled, copied, fork, epoch, centre }

    /// A run that did not continue its journal at the centre and so became a journal of its own.
    package struct Segment: Hashable, Sendable {
        /// The place in the journal just before the segment's first entry.
        package let after: UInt64
        /// The chain hash at that place.
        package let previous: ChainHash
        /// The chain hash of the segment's first entry.
        package let first: ChainHash

        package init(after: UInt64, previous: ChainHash, first: ChainHash) {
            (self.after, self.previous, self.first) = (after, previous, first)
        }
    }

    /// The header's bytes: entry 0.
    package let header: Data
    package let site: SiteCode
    package let certificate: DeviceCertificate
    package let epoch: Data
    package let reason: String
    package let segment: Segment?
    /// The journal that the header names; a segment's entries are chained in it.
    package let origin: JournalID
    /// The journal's own name: the origin's, or the segment's.
    package let id: JournalID

    /// Opens a new journal.
    package init(
        opening site: SiteCode, certificate: DeviceCertificate, epoch: Data, reason: Reason, salt: Data
    ) throws(Problem) {
        var header = Trialsync_V1_JournalHeader()
        (header.site, header.deviceCertificate, header.epoch) = (site.text, certificate.encoded, epoch)
        (header.reason, header.salt) = (reason.rawValue, salt)
        try self.init(header: try header.encoded())
    }

    /// Reads a header. Whether its device is one of this server's is for the caller to check.
    package init(header bytes: Data, segment: Segment? = nil) throws(Problem) {
        guard bytes.count <= WireLimits.headerBytes else {
            throw Problem(.malformed, "a journal header is larger than \(WireLimits.headerBytes) bytes")
        }
        let message = try Trialsync_V1_JournalHeader(decoding: bytes)
        guard let site = SiteCode(message.site), message.epoch.count == 16, message.reason.utf8.count <= 32
        else {
            throw Problem(.malformed, "a journal header is not of the expected form")
        }
        header = bytes
        self.site = site
        certificate = try DeviceCertificate(unverified: message.deviceCertificate)
        epoch = message.epoch
        reason = message.reason
        self.segment = segment
        origin = Chain.journalID(ofHeader: bytes)
        id =
            segment.map { [origin] in Chain.segmentID(of: origin, after: $0.after, first: $0.first) }
            ?? origin
    }

    /// The chain hash just before the first entry: of entry 0, or where the segment was cut.
    package var root: ChainHash {
        segment?.previous ?? Chain.hash(journal: origin, n: 0, previous: .zero, bytes: header)
    }

    /// The same header as a segment.
    package func cut(after n: UInt64, previous: ChainHash, first: ChainHash) throws(Problem)
        -> JournalIntroduction
    {
        try JournalIntroduction(header: header, segment: Segment(after: n, previous: previous, first: first))
    }

    /// The hash of this journal's entry `n` (1 for the first one here): chained at its place in the origin.
    package func hash(n: UInt64, previous: ChainHash, bytes: Data) -> ChainHash {
        Chain.hash(journal: origin, n: (segment?.after ?? 0) + n, previous: previous, bytes: bytes)
    }
}
