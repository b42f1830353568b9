package import Synchronization

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same numbers, everywhere.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The seed is mixed first: streams of neighbouring seeds would else be one stream, begun a number later,
    /// and two runs that draw from it would soon be at the same place for good.
    package init(seed: UInt64) { state = Self.mixed(seed &+ 0x1234_5678_9ABC_DEF1) }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mixed(state)
    }

    private static func mixed(_ number: UInt64) -> UInt64 {
        var mixed = number
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    package mutating func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &self) < probability
    }
}

/// A seeded generator that several closures may draw from.
package final class SharedGenerator: Sendable {
    private let generator: Mutex<SeededGenerator>

    package init(seed: UInt64) { generator = Mutex(SeededGenerator(seed: seed)) }

    private init(_ generator: SeededGenerator) { self.generator = Mutex(generator) }

    /// Another one that will draw the same numbers as this one from now on.
    func twin() -> SharedGenerator { SharedGenerator(generator.withLock { $0 }) }

    package func next() -> UInt64 { generator.withLock { $0.next() } }

    package func chance(_ probability: Double) -> Bool { generator.withLock { $0.chance(probability) } }

    package func below(_ limit: Int) -> Int { generator.withLock { Int.random(in: 0..<limit, using: &$0) } }
}

/// A count that many may take the next number of.
final class SharedCounter: Sendable {
    private let count = Mutex<Int64>(0)

    func next() -> Int64 {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
