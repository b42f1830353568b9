import Testing
import TrialModel
import TrialSyncTesting

@Suite("Exact decimals", .tags(.unit))
struct ExactDecimalTests {
    @Test(
        "A number reads exactly and prints as it was written",
        arguments: [
            ("0", Int64(0), 0), ("3", 3, 0), ("-3", -3, 0), ("8.1", 81, 1), ("8.10", 810, 2),
            ("-12.50", -1250, 2),
            ("0.8", 8, 1), ("-0.05", -5, 2), ("0.000", 0, 3),
            ("123456789012345678", 123_456_789_012_345_678, 0),
            ("999999999999999999", 999_999_999_999_999_999, 0), ("0.00000000000000001", 1, 17),
            ("-99999999.9999999999", -999_999_999_999_999_999, 10),
        ])
    func parses(text: String, mantissa: Int64, scale: Int) throws {
        let number = try #require(ExactDecimal(text))
        #expect(number.mantissa == mantissa)
        #expect(number.scale == scale)
        #expect(number.description == text)
    }

    @Test(
        "What is no plain decimal is refused",
        arguments: [
            "", "-", "+1", ".", ".5", "5.", "-.5", "-5.", "1.2.3", "1,5", "1e5", "1E5", " 1", "1 ", "--1",
            "1-", "0x1",
            "NaN", "inf", "１", "1234567890123456789", "0.123456789012345678", "1\n",
        ])
    func refuses(text: String) { #expect(ExactDecimal(text) == nil) }

    @Test("Mantissa and scale keep to eighteen digits")
    func limits() {
        #expect(ExactDecimal(mantissa: 999_999_999_999_999_999, scale: 18) != nil)
        #expect(ExactDecimal(mantissa: 1_000_000_000_000_000_000, scale: 0) == nil)
        #expect(ExactDecimal(mantissa: .min, scale: 0) == nil)
        #expect(ExactDecimal(mantissa: .max, scale: 0) == nil)
        #expect(ExactDecimal(mantissa: 1, scale: 19) == nil)
        #expect(ExactDecimal(mantissa: 1, scale: -1) == nil)
    }

    @Test(
        "Numbers are compared as numbers",
        arguments: [
            ("8.1", "8.2"), ("-8.2", "-8.1"), ("-1", "0"), ("0.9", "1"), ("9", "10"), ("8.09", "8.1"),
            ("999999999999999998", "999999999999999999"), ("0.00000000000000001", "999999999999999999"),
            ("-999999999999999999", "0.00000000000000001"),
        ])
    func order(smaller: String, larger: String) {
        let (smaller, larger) = (ExactDecimal(smaller)!, ExactDecimal(larger)!)
        #expect(smaller < larger)
        #expect(!(larger < smaller))
        #expect(smaller != larger)
    }

    @Test(
        "Zeros at the end do not make another number",
        arguments: [("8.1", "8.10"), ("0", "0.00"), ("-5", "-5.0")])
    func equal(left: String, right: String) {
        let (left, right) = (ExactDecimal(left)!, ExactDecimal(right)!)
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
        #expect(!(left < right) && !(right < left))
        #expect(left.description != right.description)
        #expect(right.normalized.description == left.description)
    }

    @Test(
        "Products are exact",
        arguments: [
            ("350", "0.01", "3.5"), ("8.10", "2", "16.2"), ("-0.5", "-0.5", "0.25"), ("0", "-7.25", "0"),
            ("999999999", "999999999", "999999998000000001"), ("0.000000001", "1000000000", "1"),
        ])
    func products(left: String, right: String, product: String) {
        #expect(ExactDecimal(left)!.multiplied(by: ExactDecimal(right)!)?.description == product)
        #expect(ExactDecimal(right)!.multiplied(by: ExactDecimal(left)!)?.description == product)
    }

    @Test(
        "A product with too many digits is none",
        arguments: [
            ("999999999999999999", "11"), ("0.0000000001", "0.0000000001"), ("1234567890.5", "1234567890.5"),
        ])
    func productTooLong(left: String, right: String) {
        #expect(ExactDecimal(left)!.multiplied(by: ExactDecimal(right)!) == nil)
    }

    @Test(
        "A product that fits once its zeros are dropped is given",
        arguments: [
            ("999999999999999998", "0.5", "499999999999999999"),
            ("0.000000005", "0.0000000002", "0.000000000000000001"),
        ])
    func productFitsNormalized(left: String, right: String, product: String) {
        #expect(ExactDecimal(left)!.multiplied(by: ExactDecimal(right)!)?.description == product)
    }

    @Test("Random numbers read back from their text, and compare as integers of a common scale do")
    func randomNumbers() {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<3000 {
            let scale = Int.random(in: 0...4, using: &random)
            let left = ExactDecimal(
                mantissa: Int64.random(in: -100_000...100_000, using: &random), scale: scale)!
            let right = ExactDecimal(
                mantissa: Int64.random(in: -100_000...100_000, using: &random), scale: scale)!
            #expect(ExactDecimal(left.description)?.mantissa == left.mantissa)
            #expect(ExactDecimal(left.description)?.scale == scale)
            #expect((left < right) == (left.mantissa < right.mantissa))
            #expect((left == right) == (left.mantissa == right.mantissa))
            #expect(
                left.multiplied(by: right)
                    == ExactDecimal(mantissa: left.mantissa * right.mantissa, scale: 2 * scale))
        }
    }

    @Test("The nearest binary number is for drawing")
    func approximate() {
        #expect(ExactDecimal("8.10")!.approximate == 8.1)
        #expect(ExactDecimal("-3")!.approximate == -3)
        #expect(ExactDecimal(Int32(-7)) == ExactDecimal("-7"))
    }
}
