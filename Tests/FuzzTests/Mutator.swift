import TrialSyncTesting

/// Seeded changes to bytes, of the kinds that break parsers: turned bits, extreme numbers, cuts, pieces
/// twice, pieces of another file.
struct Mutator {
    private var random: SeededGenerator
    private let files: [[UInt8]]
    private static let extremes: [[UInt8]] = [
        [0], [0xFF], [0x7F], [0x80], [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF],
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], Array("99999999999999999999".utf8),
        Array("-1e400".utf8), [0xC3, 0x28], [0xE2, 0x80, 0xAE], Array("\"\"\"".utf8),
    ]

    init(seed: UInt64, files: [[UInt8]]) {
        random = SeededGenerator(seed: seed)
        self.files = files
    }

    mutating func next() -> [UInt8] {
        guard var bytes = files.randomElement(using: &random) else { return [] }
        for _ in 0..<Int.random(in: 1...6, using: &random) { mutate(&bytes) }
        return bytes
    }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        let place = bytes.isEmpty ? 0 : Int.random(in: bytes.indices, using: &random)
        let end = min(bytes.count, place + Int.random(in: 0...32, using: &random))
        switch Int.random(in: 0..<7, using: &random) {
        case 0 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1 where !bytes.isEmpty: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
        case 2: bytes.insert(contentsOf: Self.extremes.randomElement(using: &random) ?? [], at: place)
        case 3: bytes.removeSubrange(place..<end)
        case 4: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 5: bytes.removeSubrange(place...)
        default:
            guard let other = files.randomElement(using: &random), !other.isEmpty else { return }
            let from = Int.random(in: other.indices, using: &random)
            let to = min(other.count, from + Int.random(in: 0...64, using: &random))
            bytes.replaceSubrange(place..<end, with: other[from..<to])
        }
    }
}
