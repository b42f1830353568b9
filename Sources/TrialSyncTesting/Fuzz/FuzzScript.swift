import Foundation

/// Made-up bytes, read as a row of decisions; after its end every decision is the first.
struct FuzzScript {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: Data) { self.bytes = ArraySlice([UInt8](bytes)) }

    mutating func byte() -> UInt8 { bytes.popFirst() ?? 0 }

    mutating func below(_ limit: Int) -> Int { limit > 0 ? Int(byte()) % limit : 0 }

    /// Once in so many.
    mutating func once(in count: Int) -> Bool { below(count) == count - 1 }

    mutating func pick<Element>(_ choices: [Element]) -> Element? {
        choices.isEmpty ? nil : choices[below(choices.count)]
    }

    mutating func data(_ limit: Int) -> Data {
        let count = min(below(limit + 1), bytes.count)
        defer { bytes = bytes.dropFirst(count) }
        return Data(bytes.prefix(count))
    }

    /// A number as counters, places and times have them: small as a rule, or at an edge.
    mutating func number() -> UInt64 {
        let edges: [UInt64] = [
            0, 1, 2, 0xFF, 1 << 31, 1 << 32, (1 << 53) - 1, 1 << 53, 1 << 63, .max - 1, .max,
        ]
        return once(in: 4) ? pick(edges) ?? 0 : UInt64(below(8))
    }
}
