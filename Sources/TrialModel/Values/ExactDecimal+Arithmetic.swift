extension ExactDecimal {
    /// The exact sum, or `nil` if it has too many digits.
    public func adding(_ other: ExactDecimal) -> ExactDecimal? {
        let scale = max(scale, other.scale)
        return Self(scaled(to: scale) + other.scaled(to: scale), scale: scale)
    }

    /// The exact difference, or `nil` if it has too many digits.
    public func subtracting(_ other: ExactDecimal) -> ExactDecimal? {
        let scale = max(scale, other.scale)
        return Self(scaled(to: scale) - other.scaled(to: scale), scale: scale)
    }

    /// The nearest multiple of a step; from the middle between two, the greater.
    ///
    /// - Returns: `nil` if the step is not more than 0 or the multiple has too many digits.
    public func rounded(toMultipleOf step: ExactDecimal) -> ExactDecimal? {
        multiple(of: step) { number, step in (2 * number + step).flooredQuotient(by: 2 * step) }
    }

    /// The greatest multiple of a step that is no more than this number.
    ///
    /// - Returns: `nil` if the step is not more than 0 or the multiple has too many digits.
    public func roundedDown(toMultipleOf step: ExactDecimal) -> ExactDecimal? {
        multiple(of: step) { number, step in number.flooredQuotient(by: step) }
    }

    private func multiple(of step: ExactDecimal, count: (Int128, Int128) -> Int128) -> ExactDecimal? {
        guard step.mantissa > 0 else { return nil }
        let scale = max(scale, step.scale)
        let size = step.scaled(to: scale)
        return Self(count(scaled(to: scale), size) * size, scale: scale)
    }

    /// Without zeros at the end of its fraction; `nil` if there are too many digits.
    private init?(_ wide: Int128, scale: Int) {
        var (mantissa, scale) = (wide, scale)
        while scale > 0, mantissa.isMultiple(of: 10) {
            mantissa /= 10
            scale -= 1
        }
        guard let mantissa = Int64(exactly: mantissa) else { return nil }
        self.init(mantissa: mantissa, scale: scale)
    }
}

extension Int128 {
    /// Division that rounds towards minus infinity, by a divisor greater than 0.
    fileprivate func flooredQuotient(by divisor: Int128) -> Int128 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
