import Foundation
import TrialSyncTesting

#if os(Linux)
extension PowerDisk {
    private static let sectorBytes = 512

    /// What a file holds at a moment.
    ///
    /// - Parameter fails: whether the power is lost then, and what was not flushed with it.
    func content(
        _ thing: Thing, at moment: Int, _ fails: Bool, _ random: inout SeededGenerator
    ) -> Data {
        var bytes = Data()
        let covered = thing.covered(at: moment)
        // Of some files nearly all is there, of others nearly nothing.
        let chance = Double(Int.random(in: 0...4, using: &random)) / 4
        for change in thing.changes where change.position < moment {
            if !fails || change.position < covered || random.chance(chance) {
                Self.apply(change, to: &bytes)
            } else if change.kind == .written {
                Self.tear(change, in: &bytes, &random)
            }
        }
        return bytes
    }

    private static func apply(_ change: PowerRecord.Entry, to bytes: inout Data) {
        guard change.kind == .resized else { return put(change.bytes, at: change.place, in: &bytes) }
        if change.place < bytes.count {
            bytes.removeLast(bytes.count - change.place)
        } else {
            bytes.append(Data(count: change.place - bytes.count))
        }
    }

    private static func put(_ part: Data, at place: Int, in bytes: inout Data) {
        guard !part.isEmpty else { return }
        if place + part.count > bytes.count { bytes.append(Data(count: place + part.count - bytes.count)) }
        bytes.replaceSubrange(place..<place + part.count, with: part)
    }

    /// Nothing of a write, the sectors before or behind one of its borders, or only its length.
    private static func tear(
        _ change: PowerRecord.Entry, in bytes: inout Data, _ random: inout SeededGenerator
    ) {
        let (place, count) = (change.place, change.bytes.count)
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<3:
            let first = sectorBytes - place % sectorBytes
            let borders = [0] + stride(from: first, to: count, by: sectorBytes) + [count]
            let border = borders.randomElement(using: &random) ?? 0
            if Bool.random(using: &random) {
                put(Data(change.bytes.prefix(border)), at: place, in: &bytes)
            } else {
                put(Data(change.bytes.dropFirst(border)), at: place + border, in: &bytes)
            }
        case 3..<5:
            if place + count > bytes.count { bytes.append(Data(count: place + count - bytes.count)) }
        default: break
        }
    }
}
#endif
