package import Foundation
import SyncProtocol

/// What a program of a later version may put on the wire: fields that nobody here knows, in every message of
/// a body or of a change.
package enum NewerProgram {
    /// Fields 1000 to 1003: a number, eight bytes, a string of bytes, four bytes.
    package static let fields = Data([
        0xC0, 0x3E, 0x2A, 0xC9, 0x3E, 1, 2, 3, 4, 5, 6, 7, 8, 0xD2, 0x3E, 3, 0xFF, 0x00, 0x80, 0xDD, 0x3E, 9,
        8, 7, 6,
    ])

    /// A frame of a kind that nobody here knows: field 900, a message of one field.
    package static let frame = Data([0xA2, 0x38, 2, 0x08, 0x01])

    /// The compressed body with such fields before and after what stands in each of its messages.
    package static func grown(body: Data) throws -> Data {
        let bytes = [UInt8](try Compression.decompress(body))
        var (grown, position) = ([UInt8](), 0)
        while position < bytes.count {
            let count = Int(varint(bytes, &position))
            let frame = self.grown(Array(bytes[position..<position + count]), .frame)
            position += count
            grown += varint(UInt64(frame.count)) + frame
        }
        return try Compression.compress(Data(grown))
    }

    /// The change with such fields in each of its messages; what was signed is not so any more.
    package static func grown(change: Data) -> Data { Data(grown([UInt8](change), .change)) }

    /// The messages that a message holds, by the number of their field.
    private struct Shape: Sendable {
        var parts: [UInt64: Shape] = [:]

        static let leaf = Shape()
        static let value = Shape(parts: [3: leaf, 8: leaf])
        static let change = Shape(parts: [12: Shape(parts: [2: value])])
        static let hello = Shape(parts: [5: leaf, 6: leaf, 14: Shape(parts: [2: leaf])])
        static let entries = Shape(parts: [6: leaf])
        static let outcome = Shape(parts: [4: leaf, 5: leaf])
        static let frame = Shape(parts: [
            1: hello, 2: leaf, 3: entries, 4: leaf, 5: leaf, 6: outcome, 7: Shape(parts: [2: leaf, 3: leaf]),
            8: leaf, 9: leaf, 10: leaf, 11: Shape(parts: [2: leaf]), 12: Shape(parts: [2: leaf]), 13: entries,
            14: leaf, 15: leaf,
        ])
    }

    private static func grown(_ message: [UInt8], _ shape: Shape) -> [UInt8] {
        var (grown, position) = ([UInt8](fields), 0)
        while position < message.count {
            let start = position
            let tag = varint(message, &position)
            switch tag & 7 {
            case 0: _ = varint(message, &position)
            case 1: position += 8
            case 5: position += 4
            default:
                let count = Int(varint(message, &position))
                position += count
                if let part = shape.parts[tag >> 3] {
                    let inner = self.grown(Array(message[position - count..<position]), part)
                    grown += varint(tag) + varint(UInt64(inner.count)) + inner
                    continue
                }
            }
            grown += message[start..<position]
        }
        return grown + [UInt8](fields)
    }

    private static func varint(_ bytes: [UInt8], _ position: inout Int) -> UInt64 {
        var (value, shift) = (UInt64(0), UInt64(0))
        while position < bytes.count, shift < 64 {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 127) << shift
            if byte < 128 { break }
            shift += 7
        }
        return value
    }

    private static func varint(_ number: UInt64) -> [UInt8] {
        var (bytes, rest) = ([UInt8](), number)
        while rest > 127 {
            bytes.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
