/// The difference of two decimals, exactly: `mantissa` x 10^-`scale`.
struct ExactDifference {
    let mantissa: Int128
    let scale: Int

    init(_ left: ExactDecimal, minus right: ExactDecimal) {
        let (left, right) = (left.normalized, right.normalized)
        scale = max(left.scale, right.scale)
        mantissa =
            Int128(left.mantissa) * powerOfTen(scale - left.scale)
            - Int128(right.mantissa) * powerOfTen(scale - right.scale)
    }
}

/// Mean and sample standard deviation (n - 1).
///
/// Sums are exact, so that equal differences have a deviation of zero and the order of participants means
/// nothing. Only numbers of so many digits that 128 bits do not hold a sum are summed approximately, in the
/// order of their size.
struct SampleMoments {
    /// `nil` without any number.
    let mean: Double?
    /// `nil` for fewer than two numbers.
    let sd: Double?

    init(of numbers: [ExactDifference]) {
        let count = numbers.count
        guard count > 0 else {
            (mean, sd) = (nil, nil)
            return
        }
        let scale = numbers.map(\.scale).max() ?? 0
        let unit = Double(powerOfTen(scale))
        let sums = Self.exactSums(of: numbers, scale: scale)
        guard let sums else {
            let values = numbers.map { Double($0.mantissa) / Double(powerOfTen($0.scale)) }.sorted()
            let mean = values.reduce(0, +) / Double(count)
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            (self.mean, sd) = (mean, count < 2 ? nil : (squares / Double(count - 1)).squareRoot())
            return
        }
        mean = Double(sums.sum) / Double(count) / unit
        let variance = Double(sums.spread) / Double(count) / Double(max(1, count - 1))
        sd = count < 2 ? nil : variance.squareRoot() / unit
    }

    /// The sum, and n times the sum of squares less the square of the sum; `nil` if one does not fit.
    private static func exactSums(
        of numbers: [ExactDifference], scale: Int
    ) -> (sum: Int128, spread: Int128)? {
        var sum: Int128 = 0
        var squares: Int128 = 0
        var overflow = false
        func checked(_ result: (partialValue: Int128, overflow: Bool)) -> Int128 {
            overflow = overflow || result.overflow
            return result.partialValue
        }
        for number in numbers {
            let value = checked(
                number.mantissa.multipliedReportingOverflow(by: powerOfTen(scale - number.scale)))
            sum = checked(sum.addingReportingOverflow(value))
            squares = checked(
                squares.addingReportingOverflow(checked(value.multipliedReportingOverflow(by: value))))
        }
        let scaled = checked(squares.multipliedReportingOverflow(by: Int128(numbers.count)))
        let spread = checked(
            scaled.subtractingReportingOverflow(checked(sum.multipliedReportingOverflow(by: sum))))
        return overflow ? nil : (sum, spread)
    }
}

/// Ten to a power of at most 36.
private func powerOfTen(_ exponent: Int) -> Int128 {
    var power: Int128 = 1
    for _ in 0..<exponent { power *= 10 }
    return power
}
