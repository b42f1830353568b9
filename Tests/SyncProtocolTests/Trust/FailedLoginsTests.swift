import Foundation
import SyncProtocol
import Testing
import TrialModel

@Suite("Failed log-ins", .tags(.unit)) struct FailedLoginsTests {
    private let minute = FailedLogins.pauseMilliseconds

    private func after(_ count: Int, at now: Int64 = 0) -> FailedLogins {
        var failed = FailedLogins()
        for _ in 0..<count { _ = failed.begin(at: now) }
        return failed
    }

    @Test("Five tries are free, then there is one a minute, however long it goes on")
    func oneAMinute() {
        var failed = FailedLogins()
        for _ in 1...5 { #expect(failed.begin(at: 1000) == nil) }
        var now: Int64 = 1000
        for _ in 1...4 {
            #expect(failed.begin(at: now) == minute)
            #expect(failed.begin(at: now + minute - 1) == 1)
            now += minute
            #expect(failed.begin(at: now) == nil)
        }
        #expect(failed.count == 9, "tries that were refused are no tries")
    }

    @Test("A right password gives five free tries again")
    func success() {
        var failed = after(5)
        failed.succeed()
        for _ in 1...5 { #expect(failed.begin(at: 1) == nil) }
        #expect(failed.begin(at: 2) != nil)
    }

    @Test("A clock that is set back costs a whole minute and wins nothing")
    func clockSetBack() {
        var failed = after(5, at: 1_000_000)
        #expect(failed.begin(at: 400_000) == minute)
        #expect(failed.begin(at: 400_000 + minute - 1) == 1)
        #expect(failed.begin(at: 400_000 + minute) == nil)
    }

    @Test("A clock that was far ahead locks nobody out for long")
    func clockWasAhead() {
        var failed = after(5, at: .max / 2)
        #expect(failed.begin(at: 0) == minute)
        #expect(failed.begin(at: minute) == nil)
    }

    @Test("The refusal says how many seconds are left, rounded up")
    func message() {
        let problem = Problem.tooManyAttempts("nurse-1", waitMilliseconds: 42_001)
        #expect(problem.code == .tooManyAttempts && problem.remedy.contains("wait 43 s"))
    }
}

@Suite("What a key slot holds", .tags(.unit)) struct SlotContentsTests {
    private let contents = SlotContents(
        user: "nurse-1", role: .investigator, generation: 258, siteKey: Data(repeating: 1, count: 32),
        signingKey: Data(repeating: 2, count: 32))

    @Test("It is read back as it was written, in the layout of the protocol's page")
    func layout() throws {
        let bytes = contents.encoded
        #expect(bytes.prefix(9) == Data([2, 0, 0, 0, 0, 0, 0, 1, 2]))
        #expect(bytes.count == 75 + 7)
        #expect(try SlotContents(decoding: bytes) == contents)
        #expect(try SlotContents(decoding: (Data([9]) + bytes).dropFirst()) == contents, "a slice too")
        let later = [
            SiteKey(id: Data(repeating: 3, count: 8), order: 7, key: Data(repeating: 4, count: 32)),
            SiteKey(id: Data(repeating: 5, count: 8), order: .max, key: Data(repeating: 6, count: 32)),
        ]
        let grown = SlotContents(
            user: "nurse-1", role: .investigator, generation: 1, siteKey: Data(repeating: 1, count: 32),
            signingKey: Data(repeating: 2, count: 32), laterKeys: later)
        #expect(grown.encoded.count == 75 + 2 * 48 + 7)
        #expect(try SlotContents(decoding: grown.encoded) == grown)
        #expect(
            problemCode { _ = try SlotContents(decoding: grown.encoded.prefix(75 + 48)) } == .storeDamaged)
    }

    @Test("Anything shorter, without a name or with an unknown role is refused", arguments: [0, 1, 74, 75])
    func cut(count: Int) {
        #expect(
            problemCode { _ = try SlotContents(decoding: contents.encoded.prefix(count)) } == .storeDamaged)
        #expect(
            problemCode { _ = try SlotContents(decoding: Data([99]) + contents.encoded.dropFirst()) }
                == .storeDamaged)
    }

    @Test("A slot file is told from any other file")
    func file() throws {
        let slot = KeySlot(bytes: Data([1, 2, 3]))
        let file = SlotFile.encode(slot)
        #expect(try SlotFile.decode(file) == slot)
        for bytes in [
            Data(), Data("trialsync slot v2\n".utf8), Data(file.dropFirst()),
            file + Data(count: SlotFile.limitBytes),
        ] {
            #expect(problemCode { _ = try SlotFile.decode(bytes) } == .malformed)
        }
    }
}
