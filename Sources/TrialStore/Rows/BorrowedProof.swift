import FoundationEssentials
import SwiftProtobuf
import SyncProtocol

/// What came with a borrowed run and proves it: its journal, its place, the author's signed head, or verdicts
/// and the receipt of an earlier epoch. Kept as the frames it travels in, without the changes.
struct BorrowedProof {
    let introduction: JournalIntroduction
    /// Without its changes.
    let run: EntryRun
    let receipt: Receipt?

    init(introduction: JournalIntroduction, run: EntryRun, receipt: Receipt?) {
        self.introduction = introduction
        var bare = run
        bare.changes = []
        self.run = bare
        self.receipt = receipt
    }

    func encoded() throws -> Data { try RunProof.encode(introduction, run, receipt) }

    init(decoding bytes: Data) throws {
        (introduction, run, receipt) = try RunProof.decode(bytes)
    }
}
