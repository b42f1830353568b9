package import FoundationEssentials
import SwiftProtobuf
package import TrialModel

/// Bodies as frames: a varint length and a message of that many bytes, again and again; the last frame is
/// `end`, which says how many came before it. A body that was cut anywhere therefore never passes for a whole
/// one.
package enum FrameCodec {
    package static func encode(_ frames: [Trialsync_V1_Frame]) throws(Problem) -> Data {
        var body = Data()
        for frame in frames { try append(frame, to: &body) }
        var end = Trialsync_V1_Frame()
        end.end.frames = UInt32(frames.count)
        try append(end, to: &body)
        return body
    }

    private static func append(_ frame: Trialsync_V1_Frame, to body: inout Data) throws(Problem) {
        let bytes = try frame.encoded()
        var count = UInt64(bytes.count)
        while count >= 128 {
            body.append(UInt8(count & 127) | 128)
            count >>= 7
        }
        body.append(UInt8(count))
        body.append(bytes)
    }

    /// - Throws: `Problem(.bodyIncomplete)` if the body was cut; `Problem(.malformed)` for anything else that
    ///   is wrong.
    package static func decode(_ body: Data) throws(Problem) -> [Trialsync_V1_Frame] {
        var frames: [Trialsync_V1_Frame] = []
        var position = body.startIndex
        var fields = FieldCount(limit: WireLimits.fields)
        while position < body.endIndex {
            let count = try readCount(body, &position)
            guard count <= body.endIndex - position else {
                throw Problem(.bodyIncomplete, "a frame is cut short")
            }
            try fields.add(frame: body[position..<position + count])
            let frame = try Trialsync_V1_Frame(decoding: body[position..<position + count])
            position += count
            if case .end(let end) = frame.body {
                guard end.frames == frames.count, position == body.endIndex else {
                    throw Problem(.malformed, "the end of the body does not match its frames")
                }
                return frames
            }
            guard frames.count < WireLimits.frames else {
                throw Problem(.malformed, "the body has too many frames")
            }
            frames.append(frame)
        }
        throw Problem(.bodyIncomplete, "the body has no end")
    }

    private static func readCount(_ body: Data, _ position: inout Data.Index) throws(Problem) -> Int {
        var count = 0
        for shift in stride(from: 0, to: 35, by: 7) {
            guard position < body.endIndex else {
                throw Problem(.bodyIncomplete, "a frame's length is cut short")
            }
            let byte = body[position]
            position += 1
            count |= Int(byte & 127) << shift
            if byte < 128 { return count }
        }
        throw Problem(.malformed, "a frame's length is not a number")
    }
}
