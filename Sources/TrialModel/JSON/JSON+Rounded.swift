extension JSON {
    /// A number that was computed, with the digits that tell it from every other, or null.
    public static func double(_ number: Double?) -> JSON {
        guard let number, number.isFinite else { return .null }
        let digits = number.description
        return .number(digits.hasSuffix(".0") ? String(digits.dropLast(2)) : digits)
    }

    /// A number that was computed, as people read it: to six significant digits and without an exponent, or
    /// null.
    ///
    /// Zeros at the end of the fraction are left out. Only the four operations of arithmetic are used, so the
    /// digits are the same on every platform.
    public static func rounded(_ number: Double?) -> JSON {
        guard let number, number.isFinite else { return .null }
        if number == 0 { return .number("0") }
        // Powers of ten are exact up to 10^22, and so is scaling by them to within one rounding.
        var scale = 0
        var scaled = number.magnitude
        while scaled < 99_999.95, scale < 18 {
            scale += 1
            scaled = number.magnitude * power(of: 10, scale)
        }
        guard scaled < 1e18,
            let decimal = ExactDecimal(
                mantissa: Int64(scaled.rounded(.toNearestOrAwayFromZero)) * (number < 0 ? -1 : 1),
                scale: scale)
        else { return .null }
        return .number(decimal.normalized.description)
    }

    private static func power(of base: Double, _ exponent: Int) -> Double {
        var power = 1.0
        for _ in 0..<exponent { power *= base }
        return power
    }
}
