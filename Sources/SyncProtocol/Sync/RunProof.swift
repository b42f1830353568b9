package import FoundationEssentials
import SwiftProtobuf
package import TrialModel

/// A run's frames without its changes, for keeping beside them.
package enum RunProof {
    package static func encode(
        _ introduction: JournalIntroduction, _ run: EntryRun, _ receipt: Receipt?
    ) throws(Problem) -> Data {
        var frames: [Trialsync_V1_Frame] = [
            .with { $0.journal = Trialsync_V1_Journal(introduction) },
            .with { $0.entries = Trialsync_V1_Entries(run) },
        ]
        if let receipt { frames.append(.with { $0.receipt = Trialsync_V1_Receipt(receipt) }) }
        return try FrameCodec.encode(frames)
    }

    package static func decode(
        _ bytes: Data
    ) throws(Problem) -> (introduction: JournalIntroduction, run: EntryRun, receipt: Receipt?) {
        let frames = try FrameCodec.decode(bytes)
        guard frames.count >= 2, case .journal(let journal)? = frames[0].body,
            case .entries(let entries)? = frames[1].body
        else { throw Problem(.storeDamaged, "the proof of a borrowed run cannot be read") }
        var receipt: Receipt?
        if frames.count > 2, case .receipt(let message)? = frames[2].body { receipt = try message.model() }
        return (try journal.model(), try entries.withoutChanges(), receipt)
    }
}

extension Trialsync_V1_Entries {
    /// The run as it is kept: its changes are elsewhere, so their number is not checked.
    fileprivate func withoutChanges() throws(Problem) -> EntryRun {
        var run = EntryRun(
            journal: try JournalID(wire: journal), firstN: firstN, previous: try ChainHash(wire: previous),
            changes: [])
        run.headSignature = headSignature.isEmpty ? nil : headSignature
        run.judgements = try verdicts.judgements(limit: .max)
        if !previousVerdict.isEmpty { run.previousVerdict = try ChainHash(wire: previousVerdict) }
        return run
    }
}
