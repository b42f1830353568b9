import Foundation
import SyncProtocol
import Testing
import TrialModel

@Suite("What a program refuses to write", .tags(.unit))
struct ChangeLimitTests {
    private func code(_ change: Change) -> ProblemCode? {
        problemCode { _ = try EncodedChange(change, site: Fixed.site) }
    }

    private func write(_ register: String, _ item: String, _ value: Value = .empty) -> Change {
        var change = Fixed.change()
        change.writes = [RegisterWrite(register, [ItemValue(item, value)])]
        return change
    }

    @Test(
        "Names of 128 bytes pass, longer ones do not",
        arguments: [(128, nil), (129, ProblemCode.textTooLong)])
    func names(count: Int, expected: ProblemCode?) {
        let name = String(repeating: "n", count: count)
        var change = Fixed.change()
        change.author = name
        #expect(code(change) == expected)
        #expect(code(write(name, "i")) == expected)
        #expect(code(write("r", name)) == expected)
    }

    @Test(
        "A reason of 4000 bytes passes, a longer one does not",
        arguments: [(4000, nil), (4001, ProblemCode.textTooLong)])
    func reason(count: Int, expected: ProblemCode?) {
        var change = Fixed.change()
        change.reason = String(repeating: "r", count: count)
        #expect(code(change) == expected)
    }

    @Test(
        "2000 registers pass, one more does not", arguments: [(2000, nil), (2001, ProblemCode.textTooLong)])
    func writes(count: Int, expected: ProblemCode?) {
        var change = Fixed.change()
        change.writes = (0..<count).map { RegisterWrite("r\($0)", [ItemValue("r\($0)", .empty)]) }
        #expect(code(change) == expected)
    }

    @Test("A change has at most a mebibyte, its signature included")
    func size() throws {
        let overhead =
            try EncodedChange(
                write("r", "r", .text(String(repeating: "a", count: 900_000))), site: Fixed.site
            )
            .bytes.count - 900_000
        let most = String(repeating: "a", count: WireLimits.changeBytes - overhead)
        #expect(code(write("r", "r", .text(most))) == nil)
        #expect(code(write("r", "r", .text(most + "a"))) == .textTooLong)
        #expect(
            problemCode {
                _ = try EncodedChange(
                    write("r", "r", .text(most)), site: Fixed.site, signedWith: Fixed.personKey)
            } == .textTooLong)
    }

    @Test(
        "What a program writes it can read again",
        arguments: [
            { $0.author = "" }, { $0.at = DeviceTime(milliseconds: 0, offsetMinutes: 900) },
            { $0.writes = [RegisterWrite("r", [])] },
            { $0.writes = [RegisterWrite("", [ItemValue("", .empty)])] },
            { $0.writes = [RegisterWrite("r", [ItemValue("a", .empty), ItemValue("a", .empty)])] },
            { $0.cites = (0..<20_001).map { ChangeID(prefixOf: Data("\($0)".utf8)) } },
        ] as [@Sendable (inout Change) -> Void])
    func writesWhatItReads(spoil: @Sendable (inout Change) -> Void) throws {
        var change = Fixed.change()
        spoil(&change)
        guard let encoded = try? EncodedChange(change, site: Fixed.site) else { return }
        #expect(problemCode { _ = try EncodedChange(received: encoded.bytes, id: encoded.id) } == nil)
    }
}
