import FoundationEssentials
import SwiftProtobuf
import TrialModel

extension SyncResponse {
    var liveFrames: [Trialsync_V1_Frame] {
        var frames: [Trialsync_V1_Frame] = []
        if let livePage {
            frames.append(
                .with {
                    $0.livePage.cursor = livePage.cursor.cursor
                    $0.livePage.at = Trialsync_V1_Vector(livePage.cursor.at)
                    $0.livePage.more = livePage.more
                    $0.livePage.historyLeft = livePage.historyLeft
                    $0.livePage.restart = livePage.restarts
                })
        }
        frames += live.runs.map { run in .with { $0.liveEntries = Trialsync_V1_Entries(run) } }
        frames += live.records.map { record in .with { $0.liveRecord = Trialsync_V1_LiveRecord(record) } }
        if let comparison {
            let sums = comparison.sums.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            frames.append(
                .with {
                    $0.comparison.asked = comparison.asked
                    $0.comparison.prefix = sums.map(\.key)
                    $0.comparison.digest = sums.map { Data($0.value.bytes) }
                })
        }
        return frames
    }

    mutating func takeLive(_ frame: Trialsync_V1_Frame) throws(Problem) {
        switch frame.body {
        case .livePage(let page):
            guard page.historyLeft <= WireLimits.placeLimit else {
                throw Problem(.malformed, "a live page names more entries than there can be")
            }
            var cursor = Trialsync_V1_LiveCursor()
            (cursor.cursor, cursor.at) = (page.cursor, page.at)
            livePage = LivePage(
                cursor: try cursor.model(), more: page.more, historyLeft: page.historyLeft)
            livePage?.restarts = page.restart
        case .liveRecord(let record): live.records.append(try record.model())
        case .liveEntries(let entries):
            let run = try entries.model()
            guard run.judgements.count == run.changes.count else {
                throw Problem(.malformed, "live entries came without verdicts")
            }
            live.runs.append(run)
        case .comparison(let found): comparison = try found.model()
        default: throw Problem(.malformed, "an answer has no such frame")
        }
    }
}

extension Trialsync_V1_LiveCursor {
    init(_ cursor: LiveCursor) {
        self.init()
        self.cursor = cursor.cursor
        at = Trialsync_V1_Vector(cursor.at)
    }

    func model() throws(Problem) -> LiveCursor {
        guard cursor.count <= WireLimits.cursorBytes else {
            throw Problem(.malformed, "a cursor is too long")
        }
        var model = LiveCursor()
        (model.cursor, model.at) = (cursor, try at.model())
        return model
    }
}

extension Trialsync_V1_LiveRecord {
    init(_ record: LiveRecord) {
        self.init()
        self.record = Data(record.key.bytes)
        registers = record.registers.map { register in
            .with {
                $0.name = register.name
                $0.live = register.live.map { Data($0.bytes) }
                $0.awaited = register.awaited.map { Data($0.bytes) }
            }
        }
        held = record.held.map { Data($0.bytes) }
        cited = record.cited.map { Data($0.bytes) }
    }

    func model() throws(Problem) -> LiveRecord {
        guard let key = RecordKey(bytes: Array(record)) else {
            throw Problem(.malformed, "a live record has no key")
        }
        var parts: [LiveRecord.Register] = []
        for register in registers {
            guard !register.name.isEmpty, register.name.utf8.count <= WireLimits.nameBytes else {
                throw Problem(.malformed, "a live register has no name")
            }
            parts.append(
                LiveRecord.Register(
                    name: register.name, live: try ChangeID.sorted(register.live),
                    awaited: try ChangeID.sorted(register.awaited)))
        }
        guard Set(parts.map(\.name)).count == parts.count else {
            throw Problem(.malformed, "a live record names a register twice")
        }
        return LiveRecord(
            key: key, registers: parts, held: try ChangeID.sorted(held), cited: try ChangeID.sorted(cited))
    }
}

extension ChangeID {
    /// Ids in the order that a merged state keeps, each once.
    fileprivate static func sorted(_ list: [Data]) throws(Problem) -> [ChangeID] {
        var ids: Set<ChangeID> = []
        for bytes in list {
            guard let id = ChangeID(bytes: bytes) else {
                throw Problem(.malformed, "a ChangeID has 16 bytes")
            }
            ids.insert(id)
        }
        return ids.sorted()
    }
}

extension Trialsync_V1_Comparison {
    func model() throws(Problem) -> Comparison {
        guard asked.count <= WireLimits.comparedPrefixes, prefix.count == digest.count,
            prefix.allSatisfy({ $0.count <= Comparison.recordPrefixBytes })
        else { throw Problem(.malformed, "a comparison is not of the expected form") }
        var comparison = Comparison(asked: asked)
        for (prefix, bytes) in zip(prefix, digest) {
            guard let sum = StateDigest(bytes: bytes) else {
                throw Problem(.malformed, "a digest has 32 bytes")
            }
            comparison.sums[prefix] = sum
        }
        return comparison
    }
}
