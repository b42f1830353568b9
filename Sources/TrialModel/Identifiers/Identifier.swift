/// Sixteen bytes that name one thing for ever; `Tag` keeps the kinds of name apart.
///
/// Kept as two words, so that comparing, hashing and copying cost no allocation. The order is that of the
/// bytes. What other rooms do with each change is `@inlinable`: through generics that are looked up at run
/// time it took a fifth of the reading of a history.
public struct Identifier<Tag>: Hashable, Comparable, Sendable {
    @usableFromInline let high: UInt64
    @usableFromInline let low: UInt64

    /// The number of bytes of every identifier.
    @inlinable public static var byteCount: Int { 16 }

    /// - Returns: `nil` unless there are exactly sixteen bytes.
    @inlinable public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init(prefixOf: bytes)
    }

    /// The first sixteen bytes of a longer value, a hash for instance; missing bytes count as zero.
    @inlinable public init(prefixOf bytes: some Sequence<UInt8>) {
        let whole = bytes.withContiguousStorageIfAvailable { buffer -> (UInt64, UInt64)? in
            guard buffer.count >= Self.byteCount else { return nil }
            let raw = UnsafeRawBufferPointer(buffer)
            return (
                UInt64(bigEndian: raw.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        if let words = whole.flatMap(\.self) {
            (high, low) = words
            return
        }
        var words: (UInt64, UInt64) = (0, 0)
        var count = 0
        for byte in bytes.prefix(Self.byteCount) {
            if count < 8 {
                words.0 |= UInt64(byte) << UInt64(56 - 8 * count)
            } else {
                words.1 |= UInt64(byte) << UInt64(120 - 8 * count)
            }
            count += 1
        }
        (high, low) = words
    }

    /// A fresh random identifier from the given generator.
    public init(using generator: inout some RandomNumberGenerator) {
        high = generator.next()
        low = generator.next()
    }

    /// - Returns: `nil` unless `hex` is thirty-two hexadecimal digits.
    public init?(hex: some StringProtocol) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes: bytes)
    }

    @inlinable public var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            for index in 0..<8 {
                buffer[index] = UInt8(truncatingIfNeeded: high >> UInt64(56 - 8 * index))
                buffer[index + 8] = UInt8(truncatingIfNeeded: low >> UInt64(56 - 8 * index))
            }
            count = Self.byteCount
        }
    }

    /// Thirty-two lower-case hexadecimal digits.
    public var hex: String { Hex.encode(bytes) }

    @inlinable public static func == (left: Self, right: Self) -> Bool {
        left.high == right.high && left.low == right.low
    }

    @inlinable public func hash(into hasher: inout Hasher) {
        hasher.combine(high)
        hasher.combine(low)
    }

    @inlinable public static func < (left: Self, right: Self) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }
}

extension Identifier: CustomStringConvertible {
    public var description: String { hex }
}

public enum ChangeTag {}
public enum EnrolmentTag {}
public enum RecordTag {}
public enum JournalTag {}
public enum DeviceTag {}
public enum ConflictTag {}

/// The one name of a change: the first 16 bytes of SHA-256 over a label and its bytes.
public typealias ChangeID = Identifier<ChangeTag>
/// The random id that a participant keeps for ever, whatever number people use.
public typealias EnrolmentID = Identifier<EnrolmentTag>
/// The random id of a record that has no natural key: an unscheduled visit, a log line, a query.
public typealias RecordID = Identifier<RecordTag>
/// The name of a journal: the first 16 bytes of SHA-256 over a label and its header.
public typealias JournalID = Identifier<JournalTag>
/// The name of a laptop or of the server: the first 16 bytes of SHA-256 over its public key.
public typealias DeviceID = Identifier<DeviceTag>
/// The name of a conflict, the same on every replica.
public typealias ConflictID = Identifier<ConflictTag>
