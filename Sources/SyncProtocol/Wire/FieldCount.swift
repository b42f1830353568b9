import FoundationEssentials
import TrialModel

/// Counts the fields of messages before they are decoded: an empty message is two bytes on the wire and a
/// hundred in memory.
struct FieldCount {
    private var left: Int

    init(limit: Int) { left = limit }

    /// Frames whose messages hold messages that repeat: a vector in a hello or a cursor, registers of a
    /// record.
    private static let nested: Set<UInt64> = [1, 6, 11, 12]

    /// - Throws: `Problem(.bodyTooLarge)` past the limit. What is no protobuf is left to the decoder.
    mutating func add(frame: Data) throws(Problem) {
        let bytes = Array(frame)
        try scan(Span(bytes, bytes.indices), depth: 0, isNested: false)
    }

    /// A part of a frame.
    private struct Span {
        let bytes: [UInt8]
        var position: Int
        let end: Int

        init(_ bytes: [UInt8], _ range: Range<Int>) {
            (self.bytes, position, end) = (bytes, range.lowerBound, range.upperBound)
        }

        mutating func varint() -> UInt64? {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while position < end, shift < 64 {
                let byte = bytes[position]
                position += 1
                value |= UInt64(byte & 127) << shift
                if byte < 128 { return value }
                shift += 7
            }
            return nil
        }
    }

    private mutating func scan(_ span: Span, depth: Int, isNested: Bool) throws(Problem) {
        var span = span
        while span.position < span.end {
            left -= 1
            guard left >= 0 else {
                throw Problem(.bodyTooLarge, "the body has more than \(WireLimits.fields) fields")
            }
            guard let tag = span.varint() else { return }
            switch tag & 7 {
            case 0: guard span.varint() != nil else { return }
            case 1: span.position += 8
            case 5: span.position += 4
            case 2:
                guard let length = span.varint(), length <= UInt64(span.end - span.position) else { return }
                let inner = span.position..<span.position + Int(length)
                let goesOn = depth == 0 || depth == 1 && isNested
                if goesOn {
                    try scan(
                        Span(span.bytes, inner), depth: depth + 1,
                        isNested: depth == 0 && Self.nested.contains(tag >> 3))
                }
                span.position = inner.upperBound
            default: return
            }
        }
    }
}
