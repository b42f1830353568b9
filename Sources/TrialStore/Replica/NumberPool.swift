package import FoundationEssentials
package import SyncProtocol
import TrialModel

/// The participant numbers that this laptop was leased and has not given out.
package struct NumberPool: Hashable, Sendable {
    /// Blocks in the order they are used.
    package private(set) var blocks: [NumberLease] = []
    /// The highest number that was ever seen here.
    package private(set) var highestSeen = 0

    package var left: Int { blocks.reduce(0) { $0 + $1.last - $1.first + 1 } }

    package init() {}

    init(decoding bytes: Data) {
        let numbers = String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
        highestSeen = numbers.first ?? 0
        for index in stride(from: 1, to: numbers.count - 1, by: 2) {
            blocks.append(NumberLease(first: numbers[index], last: numbers[index + 1]))
        }
    }

    var encoded: Data {
        Data(
            ([highestSeen] + blocks.flatMap { [$0.first, $0.last] }).map(String.init).joined(separator: " ")
                .utf8)
    }

    mutating func add(_ lease: NumberLease) {
        guard !blocks.contains(lease) else { return }
        blocks.append(lease)
        highestSeen = max(highestSeen, lease.last)
    }

    mutating func note(_ number: Int) { highestSeen = max(highestSeen, number) }

    /// Gives out the next number.
    mutating func take() -> Int? {
        guard let block = blocks.first else { return nil }
        blocks.removeFirst()
        if block.first < block.last {
            blocks.insert(NumberLease(first: block.first + 1, last: block.last), at: 0)
        }
        return block.first
    }

    mutating func dropAll() { blocks = [] }

    /// Drops what another laptop was leased, and keeps the rest of each block.
    mutating func withdraw(_ taken: NumberLease) {
        blocks = blocks.flatMap { block -> [NumberLease] in
            guard block.first <= taken.last, taken.first <= block.last else { return [block] }
            return [
                NumberLease(first: block.first, last: taken.first - 1),
                NumberLease(first: taken.last + 1, last: block.last),
            ].filter { $0.first <= $0.last }
        }
    }
}

extension StoreTransaction {
    private static let numbersSetting = "numbers"

    func numbers() throws -> NumberPool {
        try setting(Self.numbersSetting).map { NumberPool(decoding: $0) } ?? NumberPool()
    }

    func set(_ pool: NumberPool) throws { try set(Self.numbersSetting, to: pool.encoded) }

    /// Remembers the highest number that any participant here bears: a restored centre leases past it.
    func noteHighestNumber() throws {
        var pool = try numbers()
        // A number that no centre has leased is somebody's mistake or mischief, and is passed on to nobody.
        guard highestNumber > pool.highestSeen, highestNumber <= WireLimits.participantNumber else { return }
        pool.note(highestNumber)
        try set(pool)
    }

    /// Gives none of these out any more: the centre has leased them to another laptop.
    func withdraw(_ leases: [NumberLease]) throws {
        guard !leases.isEmpty else { return }
        var pool = try numbers()
        for lease in leases { pool.withdraw(lease) }
        try set(pool)
    }

    func addLease(_ lease: NumberLease) throws {
        var pool = try numbers()
        pool.add(lease)
        try set(pool)
    }
}

extension SQLiteReplica {
    package func numbers() async throws -> NumberPool { try await read { try $0.numbers() } }

    package func addLease(_ lease: NumberLease) async throws { try await write { try $0.addLease(lease) } }

    /// - Throws: `Problem(.numbersExhausted)`.
    package func takeNumber() async throws -> Int {
        try await write { store in
            var pool = try store.numbers()
            guard let number = pool.take() else {
                throw Problem(.numbersExhausted, "all leased participant numbers are used")
            }
            try store.set(pool)
            return number
        }
    }
}
