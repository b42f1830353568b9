/// A decimal number exactly as it was written: `8.10` stays `8.10`, and equals `8.1` only when compared as a
/// number.
///
/// The value is `mantissa` x 10^-`scale`; at most eighteen digits, at most eighteen of them after the point.
public struct ExactDecimal: Sendable {
    public let mantissa: Int64
    /// Digits after the point.
    public let scale: Int

    public static let digitLimit = 18

    /// - Returns: `nil` if there are too many digits.
    public init?(mantissa: Int64, scale: Int) {
        guard (0...Self.digitLimit).contains(scale), mantissa.magnitude < 1_000_000_000_000_000_000 else {
            return nil
        }
        (self.mantissa, self.scale) = (mantissa, scale)
    }

    public init(_ integer: Int32) { (mantissa, scale) = (Int64(integer), 0) }

    /// Reads `-12.50`, `3`, `0.8`: an optional minus, digits, optionally a point and digits. No comma, no
    /// exponent.
    public init?(_ text: some StringProtocol) {
        var rest = text.utf8[...]
        let negative = rest.first == UInt8(ascii: "-")
        if negative { rest = rest.dropFirst() }
        var mantissa: Int64 = 0
        var digits = 0
        var scale: Int?
        for character in rest {
            if character == UInt8(ascii: "."), scale == nil, digits > 0 {
                scale = 0
                continue
            }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character), digits < Self.digitLimit else {
                return nil
            }
            mantissa = mantissa * 10 + Int64(character - UInt8(ascii: "0"))
            digits += 1
            if let known = scale { scale = known + 1 }
        }
        guard digits > 0, scale != 0 else { return nil }
        (self.mantissa, self.scale) = (negative ? -mantissa : mantissa, scale ?? 0)
    }

    /// The same number without zeros at the end of its fraction.
    public var normalized: ExactDecimal {
        var (mantissa, scale) = (mantissa, scale)
        while scale > 0, mantissa.isMultiple(of: 10) {
            mantissa /= 10
            scale -= 1
        }
        return ExactDecimal(mantissa: mantissa, scale: scale) ?? self
    }

    /// The nearest binary number, for statistics and drawing; never for comparing.
    public var approximate: Double {
        var power = 1.0
        for _ in 0..<scale { power *= 10 }
        return Double(mantissa) / power
    }

    /// The exact product, or `nil` if it has too many digits.
    public func multiplied(by other: ExactDecimal) -> ExactDecimal? {
        let (left, right) = (normalized, other.normalized)
        var product = Int128(left.mantissa) * Int128(right.mantissa)
        var scale = left.scale + right.scale
        while scale > 0, product.isMultiple(of: 10) {
            product /= 10
            scale -= 1
        }
        guard let mantissa = Int64(exactly: product) else { return nil }
        return ExactDecimal(mantissa: mantissa, scale: scale)
    }
}

extension ExactDecimal: Comparable {
    /// Numerically equal: 8.1 = 8.10.
    public static func == (left: Self, right: Self) -> Bool {
        let (left, right) = (left.normalized, right.normalized)
        return left.mantissa == right.mantissa && left.scale == right.scale
    }

    public static func < (left: Self, right: Self) -> Bool {
        let scale = max(left.scale, right.scale)
        return left.scaled(to: scale) < right.scaled(to: scale)
    }

    /// The mantissa at a larger scale; at most 36 digits, so it fits.
    func scaled(to scale: Int) -> Int128 {
        var value = Int128(mantissa)
        for _ in self.scale..<scale { value *= 10 }
        return value
    }
}

extension ExactDecimal: Hashable {
    public func hash(into hasher: inout Hasher) {
        let canonical = normalized
        hasher.combine(canonical.mantissa)
        hasher.combine(canonical.scale)
    }
}

extension ExactDecimal: CustomStringConvertible {
    /// As it was written.
    public var description: String {
        guard scale > 0 else { return String(mantissa) }
        let digits = String(mantissa.magnitude)
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        return (mantissa < 0 ? "-" : "") + padded.dropLast(scale) + "." + padded.suffix(scale)
    }
}
