import Foundation
import SwiftProtobuf
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@Suite("Bodies as frames", .tags(.unit))
struct FrameCodecTests {
    private func frames() -> [Trialsync_V1_Frame] {
        [
            .with { $0.hello.program = String(repeating: "p", count: 200) },
            .with { $0.prove.journal = [Data(repeating: 1, count: 16)] },
            .with { $0.entries.changes = [Data(repeating: 2, count: 90), Data()] },
            .with { $0.summary.more = true },
        ]
    }

    @Test("Frames read back in their order")
    func roundTrip() throws {
        #expect(try FrameCodec.decode(try FrameCodec.encode(frames())) == frames())
        #expect(try FrameCodec.decode(try FrameCodec.encode([])) == [])
    }

    @Test("A body that is cut at any byte never passes")
    func cutAnywhere() throws {
        let body = try FrameCodec.encode(frames())
        for count in 0..<body.count {
            let code = problemCode { _ = try FrameCodec.decode(body.prefix(count)) }
            #expect(code == .bodyIncomplete || code == .malformed, "cut at \(count)")
        }
    }

    @Test("A body cut at any byte passes neither where it is a slice of something longer")
    func sliceOfLonger() throws {
        let body = try FrameCodec.encode(frames())
        let longer = Data([1, 2, 3]) + body + Data([4, 5])
        #expect(try FrameCodec.decode(longer[3..<3 + body.count]) == frames())
    }

    @Test("A body cut where a frame ends is incomplete, even though each of its frames is whole")
    func cutBetweenFrames() throws {
        let whole = try FrameCodec.encode(frames())
        let end = try FrameCodec.encode([]).count
        #expect(problemCode { _ = try FrameCodec.decode(whole.dropLast(end)) } == .bodyIncomplete)
        let joined = whole.dropLast(end) + (try FrameCodec.encode(Array(frames().prefix(2))))
        #expect(problemCode { _ = try FrameCodec.decode(joined) } == .malformed)
    }

    @Test("Anything after the end is malformed")
    func afterEnd() throws {
        let body = try FrameCodec.encode(frames())
        #expect(problemCode { _ = try FrameCodec.decode(body + Data([0])) } == .malformed)
        #expect(problemCode { _ = try FrameCodec.decode(body + body) } == .malformed)
    }

    @Test("A body has at most 20,000 frames", arguments: [(20_000, nil), (20_001, ProblemCode.malformed)])
    func tooManyFrames(count: Int, expected: ProblemCode?) throws {
        let body = try FrameCodec.encode(Array(repeating: Trialsync_V1_Frame(), count: count))
        #expect(problemCode { _ = try FrameCodec.decode(body) } == expected)
    }

    @Test(
        "A length that is no number, or longer than the body, is refused before anything is read",
        arguments: [
            ([255, 255, 255, 255, 255, 1], ProblemCode.malformed),
            ([128, 128, 128, 128, 128, 0], .malformed),
            ([255, 255, 255, 255, 127], .bodyIncomplete), ([128], .bodyIncomplete), ([1], .bodyIncomplete),
            ([255, 255, 255, 255, 15, 0, 0], .bodyIncomplete), ([], .bodyIncomplete),
        ] as [([UInt8], ProblemCode)])
    func lengths(bytes: [UInt8], code: ProblemCode) {
        #expect(problemCode { _ = try FrameCodec.decode(Data(bytes)) } == code)
    }

    @Test("Garbage never passes and never crashes")
    func garbage() {
        var random = SeededGenerator(seed: 6)
        for _ in 0..<5000 {
            let count = Int.random(in: 0...60, using: &random)
            let body = Data((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
            let code = problemCode { _ = try FrameCodec.decode(body) }
            #expect(code == .bodyIncomplete || code == .malformed)
        }
    }

    @Test("Millions of empty messages in a small body are refused before they are decoded")
    func emptyMessages() {
        // Entries with nothing but empty verdicts; the length as a varint.
        let verdicts = Array(repeating: [0x32, 0x00] as [UInt8], count: WireLimits.fields).flatMap(\.self)
        func framed(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
            [tag] + varint(content.count) + content
        }
        let frame = framed(0x1A, verdicts)
        let body = Data(varint(frame.count) + frame)
        #expect(problemCode { _ = try FrameCodec.decode(body) } == .bodyTooLarge)
        // The same hidden in a register of a live record.
        let record = framed(0x62, framed(0x12, verdicts))
        let hidden = Data(varint(record.count) + record)
        #expect(problemCode { _ = try FrameCodec.decode(hidden) } == .bodyTooLarge)
    }

    private func varint(_ count: Int) -> [UInt8] {
        var (bytes, rest) = ([UInt8](), count)
        while rest > 127 {
            bytes.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
