import Foundation
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@Suite("Compressed bodies", .tags(.unit))
struct CompressionTests {
    private func bytes(_ count: Int, seed: UInt64 = 1) -> Data {
        var random = SeededGenerator(seed: seed)
        return Data((0..<count).map { _ in UInt8.random(in: 0...15, using: &random) })
    }

    /// A frame by hand: `blocks` blocks that each repeat one byte 128 KiB times.
    private func bomb(blocks: Int, windowLog: UInt8) -> Data {
        var frame = Data([0x28, 0xB5, 0x2F, 0xFD, 0x00, (windowLog - 10) << 3])
        for block in 1...blocks {
            let header: UInt32 = (block == blocks ? 1 : 0) | 1 << 1 | 131_072 << 3
            frame.append(contentsOf: [
                UInt8(header & 255), UInt8(header >> 8 & 255), UInt8(header >> 16), 0x61,
            ])
        }
        return frame
    }

    @Test("What was compressed comes back", arguments: [0, 1, 100, 131_071, 131_072, 300_000])
    func roundTrip(count: Int) throws {
        let bytes = bytes(count)
        #expect(try Compression.decompress(try Compression.compress(bytes)) == bytes)
    }

    @Test("A body cut at any byte never passes")
    func cut() throws {
        let body = try Compression.compress(bytes(700))
        for count in 0..<body.count {
            let code = problemCode { _ = try Compression.decompress(body.prefix(count)) }
            #expect(code == .bodyIncomplete || code == .malformed, "cut at \(count)")
        }
    }

    @Test("A body altered at any byte is malformed or says the same: the checksum sees it")
    func altered() throws {
        let plain = bytes(700)
        let body = try Compression.compress(plain)
        for offset in 0..<body.count {
            for bit in 0..<8 {
                let altered = body.flipped(at: offset, bit: 1 << UInt8(bit))
                guard let read = try? Compression.decompress(altered) else { continue }
                #expect(read == plain, "byte \(offset), bit \(bit)")
            }
        }
        #expect(
            problemCode { _ = try Compression.decompress(body.flipped(at: body.count - 1)) } == .malformed)
    }

    @Test("A body grows to its limit and no further")
    func limit() throws {
        let body = try Compression.compress(bytes(300_000))
        #expect(try Compression.decompress(body, limitBytes: 300_000).count == 300_000)
        #expect(problemCode { _ = try Compression.decompress(body, limitBytes: 299_999) } == .bodyTooLarge)
    }

    @Test("A few kilobytes that would grow to gigabytes are refused, and take no memory")
    func bombIsRefused() throws {
        #expect(try Compression.decompress(bomb(blocks: 2, windowLog: 17)).count == 262_144)
        let before = try peakBytes()
        let small = bomb(blocks: 16_384, windowLog: 17)
        #expect(small.count < 70_000)
        #expect(problemCode { _ = try Compression.decompress(small) } == .bodyTooLarge)
        #expect(try peakBytes() - before < 256 << 20)
    }

    @Test(
        "A window larger than a body may be is refused before memory is taken",
        arguments: [UInt8(25), 27, 31, 41])
    func window(log: UInt8) {
        #expect(problemCode { _ = try Compression.decompress(bomb(blocks: 1, windowLog: log)) } == .malformed)
    }

    @Test("The largest window that is of use is taken")
    func largestWindow() throws {
        #expect(try Compression.decompress(bomb(blocks: 1, windowLog: 24)).count == 131_072)
    }

    @Test("Garbage is malformed or incomplete, and never crashes")
    func garbage() {
        for seed in UInt64(0)..<2000 {
            var body = bytes(Int(seed % 50), seed: seed)
            if seed.isMultiple(of: 2) { body = Data([0x28, 0xB5, 0x2F, 0xFD]) + body }
            let code = problemCode { _ = try Compression.decompress(body) }
            #expect(code == .malformed || code == .bodyIncomplete || code == .bodyTooLarge)
        }
    }

    /// The most memory this process ever held.
    private func peakBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(Int(line.split(whereSeparator: { !$0.isNumber }).first ?? "")) << 10
    }
}
