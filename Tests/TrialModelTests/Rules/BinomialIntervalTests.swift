import Testing
import TrialModel

@Suite(.tags(.unit)) struct BinomialIntervalTests {
    /// Computed apart from this code: the regularised incomplete beta function of mpmath 1.3 at 30 digits,
    /// inverted by 110 bisections, and compared with `scipy.stats.beta.ppf` (SciPy 1.17.1) to 1e-9.
    static let table: [(n: Int, total: Int, confidence: Double, low: Double, high: Double)] = [
        (0, 1, 0.95, 0.0, 0.975),
        (1, 1, 0.95, 0.025, 1.0),
        (0, 20, 0.95, 0.0, 0.168433470983085),
        (1, 20, 0.95, 0.0012650894979498, 0.248732762772028),
        (7, 20, 0.95, 0.153909204784541, 0.592188534532828),
        (10, 20, 0.95, 0.271957849560792, 0.728042150439208),
        (19, 20, 0.95, 0.751267237227972, 0.99873491050205),
        (20, 20, 0.95, 0.831566529016915, 1.0),
        (13, 17, 0.95, 0.50100672679542, 0.931892259562643),
        (7, 20, 0.9, 0.177310917574449, 0.558034511315489),
        (7, 20, 0.99, 0.113879763266732, 0.656568584231921),
        (0, 1000, 0.95, 0.0, 0.00368208389686567),
        (1, 1000, 0.95, 2.5317487491294e-5, 0.00555892427982667),
        (10, 1000, 0.95, 0.00480551069104931, 0.0183132430551125),
        (500, 1000, 0.95, 0.468549172971792, 0.531450827028208),
        (999, 1000, 0.95, 0.994441075720173, 0.999974682512509),
        (1000, 1000, 0.95, 0.996317916103134, 1.0),
    ]

    @Test(arguments: table)
    func `The interval is that of independent computation`(
        row: (n: Int, total: Int, confidence: Double, low: Double, high: Double)
    ) throws {
        let interval = try #require(BinomialInterval(of: row.n, among: row.total, confidence: row.confidence))
        #expect(abs(interval.low - row.low) < 1e-12)
        #expect(abs(interval.high - row.high) < 1e-12)
    }

    @Test(arguments: [50_000, 1, 99_999]) func `Many trials neither overflow nor stall`(n: Int) throws {
        let interval = try #require(BinomialInterval(of: n, among: 100_000, confidence: 0.999))
        let rate = Double(n) / 100_000
        #expect(interval.low < rate && rate < interval.high)
        #expect(interval.high - interval.low < 0.011)
    }

    @Test(arguments: 1...60) func `Events and their absence mirror each other`(total: Int) throws {
        for n in 0...total {
            let interval = try #require(BinomialInterval(of: n, among: total, confidence: 0.95))
            let mirror = try #require(BinomialInterval(of: total - n, among: total, confidence: 0.95))
            #expect(interval.low >= 0 && interval.high <= 1 && interval.low < interval.high)
            #expect(abs(interval.low - (1 - mirror.high)) < 1e-15)
            #expect((n == 0) == (interval.low == 0))
            #expect((n == total) == (interval.high == 1))
        }
    }

    @Test(
        arguments: [(0, 0, 0.95), (-1, 3, 0.95), (4, 3, 0.95), (1, 3, 0), (1, 3, 1)] as [(Int, Int, Double)])
    func `There is none without trials, or of what cannot be`(n: Int, total: Int, confidence: Double) {
        #expect(BinomialInterval(of: n, among: total, confidence: confidence) == nil)
    }

    @Test(
        arguments: [
            (0, "0"), (1, "1"), (0.5, "0.5"), (1.0 / 3, "0.333333"), (2.0 / 3, "0.666667"), (34.75, "34.75"),
            (-12.3456789, "-12.3457"), (99.99999, "100"), (999_999.4, "999999"), (1_234_567.8, "1234568"),
            (2.5317487491294e-5, "0.0000253175"), (1e-30, "0"), (0.000999999999, "0.001"),
        ] as [(Double, String)])
    func `Computed numbers have six significant digits and no exponent`(number: Double, text: String) {
        #expect(JSON.rounded(number).text == text)
    }

    @Test(
        arguments: [
            (0, "0"), (1, "1"), (1.0 / 3, "0.3333333333333333"), (-12.3456789, "-12.3456789"), (20.0, "20"),
        ] as [(Double, String)])
    func `In JSON computed numbers keep all their digits`(number: Double, text: String) {
        #expect(JSON.double(number).text == text)
        #expect(Double(JSON.double(number).text) == number)
    }

    @Test(arguments: [nil, .nan, .infinity, 1e30] as [Double?])
    func `What is no number that can be shown is null`(number: Double?) {
        #expect(JSON.rounded(number) == .null)
    }
}
