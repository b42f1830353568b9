import Foundation
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

@testable import TrialStore

@Suite(.tags(.store), .timeLimit(.minutes(10))) struct NumberPoolTests {
    let replicas: TestReplicas

    init() throws { replicas = try TestReplicas() }

    @Test("Leased numbers are given out in order, each once, until none is left")
    func numbersInOrder() async throws {
        let laptop = try await replicas.makeLaptop("a")
        try await laptop.addLease(NumberLease(first: 5, last: 6))
        try await laptop.addLease(NumberLease(first: 21, last: 22))
        try await laptop.addLease(NumberLease(first: 5, last: 6))
        #expect(try await laptop.numbers().left == 4)
        var taken: [Int] = []
        for _ in 0..<4 { taken.append(try await laptop.takeNumber()) }
        #expect(taken == [5, 6, 21, 22])
        await expectProblem(.numbersExhausted) { _ = try await laptop.takeNumber() }
        #expect(try await laptop.numbers().highestSeen == 22)
    }

    @Test("Numbers asked for at once are all different")
    func numbersAtOnce() async throws {
        let laptop = try await replicas.makeLaptop("a")
        try await laptop.addLease(NumberLease(first: 1, last: 40))
        let taken = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<40 { group.addTask { try await laptop.takeNumber() } }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(taken.sorted() == Array(1...40))
    }

    @Test("A store that was copied drops its numbers, and remembers the highest it saw")
    func copiedStoresDropNumbers() async throws {
        let laptop = try await replicas.makeLaptop("a")
        try await laptop.addLease(NumberLease(first: 1, last: 20))
        _ = try await laptop.takeNumber()
        try await laptop.closeJournals()
        #expect(try await laptop.numbers().left == 0)
        #expect(try await laptop.numbers().highestSeen == 20)
        await expectProblem(.numbersExhausted) { _ = try await laptop.takeNumber() }
    }

    @Test("What another laptop was leased is dropped, and the rest of each block stays")
    func withdrawn() {
        var pool = NumberPool()
        pool.add(NumberLease(first: 5, last: 9))
        pool.add(NumberLease(first: 21, last: 30))
        pool.withdraw(NumberLease(first: 8, last: 22))
        #expect(pool.blocks == [NumberLease(first: 5, last: 7), NumberLease(first: 23, last: 30)])
        pool.withdraw(NumberLease(first: 25, last: 26))
        #expect(
            pool.blocks == [
                NumberLease(first: 5, last: 7), NumberLease(first: 23, last: 24),
                NumberLease(first: 27, last: 30),
            ])
        let before = pool
        pool.withdraw(NumberLease(first: 31, last: 90))
        #expect(pool == before)
        pool.withdraw(NumberLease(first: 1, last: 90))
        #expect(pool.blocks.isEmpty && pool.highestSeen == 30)
    }

    @Test("A pool reads back as it was written")
    func poolRoundTrip() {
        var pool = NumberPool()
        #expect(NumberPool(decoding: pool.encoded) == pool)
        pool.add(NumberLease(first: 3, last: 9))
        pool.add(NumberLease(first: 30, last: 30))
        _ = pool.take()
        #expect(NumberPool(decoding: pool.encoded) == pool)
        pool.dropAll()
        #expect(NumberPool(decoding: pool.encoded) == pool && pool.highestSeen == 30)
    }
}
