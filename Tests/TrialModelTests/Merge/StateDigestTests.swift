import Testing
import TrialModel
import TrialSyncTesting

@Suite("The digest of a set of records", .tags(.unit))
struct StateDigestTests {
    private func random(_ random: inout SeededGenerator) -> StateDigest {
        // Words of all ones and all zeros make the carries run.
        var bytes: [UInt8] = []
        for _ in 0..<4 {
            let word = [0, UInt64.max, random.next()].randomElement(using: &random)!
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return StateDigest(bytes: bytes)!
    }

    /// Schoolbook addition of big-endian bytes, dropping the last carry.
    private func sum(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 32)
        var carry = 0
        for index in (0..<32).reversed() {
            let total = Int(left[index]) + Int(right[index]) + carry
            result[index] = UInt8(total & 255)
            carry = total >> 8
        }
        return result
    }

    @Test("Adding is addition modulo 2^256, in any order, and subtracting takes it back")
    func laws() {
        for seed in UInt64(0)..<3000 {
            var generator = SeededGenerator(seed: seed)
            let (left, right) = (random(&generator), random(&generator))
            var there = left
            there.add(right)
            var other = right
            other.add(left)
            #expect(there == other, "seed \(seed)")
            #expect(there.bytes == sum(left.bytes, right.bytes), "seed \(seed)")
            there.subtract(right)
            #expect(there == left, "seed \(seed)")
            there.subtract(left)
            #expect(there == StateDigest(), "seed \(seed)")
        }
    }

    @Test("One less than nothing is all ones, and one more is nothing again")
    func wrapsAround() {
        let one = StateDigest(bytes: [UInt8](repeating: 0, count: 31) + [1])!
        var digest = StateDigest()
        digest.subtract(one)
        #expect(digest.bytes == [UInt8](repeating: 255, count: 32))
        digest.add(one)
        #expect(digest == StateDigest())
    }

    @Test("A digest has 32 bytes and reads back from them")
    func bytes() {
        let bytes = (0..<32).map(UInt8.init)
        #expect(StateDigest(bytes: bytes)?.bytes == bytes)
        #expect(StateDigest(bytes: bytes)?.hex.hasPrefix("0001020304") == true)
        #expect(StateDigest(bytes: bytes.dropLast()) == nil)
        #expect(StateDigest(bytes: bytes + [0]) == nil)
    }

    @Test("A record with nothing live and nothing held counts for nothing")
    func emptyRecord() {
        var state = RecordState(key: .person("li"))
        #expect(state.digest == StateDigest())
        state.registers["r"] = RegisterState(awaited: [.numbered(1)])
        state.cited = [.numbered(2)]
        #expect(state.digest == StateDigest())
    }

    @Test("Key, register, live ids and held ids all count")
    func everyPartCounts() {
        func digest(_ key: RecordKey, _ register: String, _ ids: [UInt8], held: [UInt8] = []) -> StateDigest {
            var state = RecordState(key: key)
            state.registers[register] = RegisterState(
                live: ids.map { Version(id: .numbered($0), values: []) })
            state.held = held.map(ChangeID.numbered)
            return state.digest
        }
        let digests = [
            digest(.person("li"), "r", [1]), digest(.person("wu"), "r", [1]), digest(.person("li"), "s", [1]),
            digest(.person("li"), "r", [2]), digest(.person("li"), "r", [1, 2]),
            digest(.person("li"), "r", [1], held: [2]), digest(.person("li"), "r", [], held: [1]),
        ]
        #expect(Set(digests).count == digests.count)
    }

    @Test("What a value says does not count: only ids travel in the digest")
    func valuesDoNotCount() {
        var state = RecordState(key: .person("li"))
        state.registers["r"] = RegisterState(live: [Version(id: .numbered(1), values: [])])
        let before = state.digest
        state.registers["r"]?.live = [Version(id: .numbered(1), values: [ItemValue("r", .integer(1))])]
        state.registers["s"] = RegisterState()
        #expect(state.digest == before)
    }
}
