import Foundation
import SyncProtocol
import Testing
import TrialModel

@Suite("Key slots", .tags(.unit))
struct KeySlotTests {
    private let secret = Data((0..<64).map(UInt8.init))

    private func slot(_ password: String = "correct horse", salt: UInt8 = 1) throws -> KeySlot {
        try KeySlot(
            wrapping: secret, password: password, salt: Data(repeating: salt, count: 16),
            cost: KeySlot.Cost(log2Rounds: 10))
    }

    @Test("A slot opens with its password")
    func opens() throws {
        let slot = try slot()
        #expect(try slot.open(password: "correct horse") == secret)
        #expect(try KeySlot(bytes: slot.bytes).open(password: "correct horse") == secret)
        #expect(slot.bytes.prefix(20) == Data([1, 10, 8, 1]) + Data(repeating: 1, count: 16))
        #expect(slot.bytes.count == 20 + 12 + 64 + 16)
    }

    @Test("Any other password is wrong", arguments: ["", "correct hors", "correct horse ", "Correct horse"])
    func wrongPassword(password: String) throws {
        let slot = try slot()
        #expect(problemCode { _ = try slot.open(password: password) } == .wrongPassword)
    }

    @Test("A slot altered in any byte does not open")
    func altered() throws {
        let bytes = try slot().bytes
        // Not bytes 1 to 3: what they cost is for the test below.
        for offset in [0] + Array(4..<bytes.count) {
            let code = problemCode {
                _ = try KeySlot(bytes: bytes.flipped(at: offset)).open(password: "correct horse")
            }
            #expect(code == (offset == 0 ? .storeDamaged : .wrongPassword), "byte \(offset)")
        }
    }

    @Test(
        "A slot whose price was altered does not open",
        arguments: [(1, UInt8(9)), (1, 11), (2, 7), (2, 0), (3, 2), (3, 0)])
    func priceAltered(offset: Int, value: UInt8) throws {
        var bytes = try slot().bytes
        bytes[offset] = value
        #expect(
            problemCode { _ = try KeySlot(bytes: bytes).open(password: "correct horse") } == .wrongPassword)
    }

    @Test("A slot that asks for too much memory is refused", arguments: [UInt8(0), 20, 63, 64, 255])
    func tooDear(log2Rounds: UInt8) throws {
        var bytes = try slot().bytes
        bytes[1] = log2Rounds
        #expect(
            problemCode { _ = try KeySlot(bytes: bytes).open(password: "correct horse") } == .storeDamaged)
    }

    @Test("A slot cut anywhere does not open")
    func cut() throws {
        let bytes = try slot().bytes
        for count in [0, 1, 19, 20, 21, 47, 48, bytes.count - 1] {
            let code = problemCode {
                _ = try KeySlot(bytes: bytes.prefix(count)).open(password: "correct horse")
            }
            #expect(code == (count < 20 ? .storeDamaged : .wrongPassword), "cut at \(count)")
        }
    }

    @Test("Two slots of one password differ")
    func salted() throws {
        #expect(try slot(salt: 1).bytes.dropFirst(32) != slot(salt: 2).bytes.dropFirst(32))
    }

    @Test("A salt has sixteen bytes")
    func salt() {
        #expect(
            problemCode {
                _ = try KeySlot(
                    wrapping: secret, password: "p", salt: Data(count: 15), cost: KeySlot.Cost(log2Rounds: 10)
                )
            } == .internalError)
    }

    @Test("A password typed composed or decomposed is the same password")
    func normalized() throws {
        let slot = try slot("p\u{e4}ssw\u{f6}rter")
        #expect(problemCode { _ = try slot.open(password: "pa\u{308}sswo\u{308}rter") } == nil)
    }
}

@Suite("Names and passwords", .tags(.unit))
struct CredentialsTests {
    @Test(
        "A password has 8 to 200 characters", arguments: [(7, false), (8, true), (200, true), (201, false)])
    func password(count: Int, passes: Bool) {
        #expect(
            (problemCode { try Credentials.check(password: String(repeating: "密", count: count)) } == nil)
                == passes)
    }

    @Test(
        "A user name has letters, digits, dot, underscore and dash",
        arguments: [
            ("li.wei", true), ("a", true), ("A_b-9", true), (String(repeating: "a", count: 64), true),
            ("", false),
            (String(repeating: "a", count: 65), false), ("li wei", false), ("李伟", false), ("a/b", false),
            ("a\n", false),
        ])
    func userName(name: String, passes: Bool) {
        #expect((problemCode { try Credentials.check(userName: name) } == nil) == passes)
    }
}

@Suite("Messages outside a sync", .tags(.unit))
struct IdentityMessageTests {
    @Test("A problem travels in JSON, and an unknown code counts as the server's")
    func problems() throws {
        let known = Data(#"{"error":{"code":"link-used","message":"m","remedy":"r"}}"#.utf8)
        #expect(
            try JSONDecoder().decode(ProblemReply.self, from: known).problem
                == Problem(.linkUsed, "m", remedy: "r"))
        let unknown = Data(#"{"error":{"code":"of-tomorrow","message":"m","remedy":"r"}}"#.utf8)
        #expect(try JSONDecoder().decode(ProblemReply.self, from: unknown).problem.code == .serverFailed)
    }

    @Test("What a device signs is server key, device, nonce and expiry")
    func challenge() throws {
        let reply = ChallengeReply(nonce: Data([5, 6]), expiresMilliseconds: 258)
        let device = DeviceID(prefixOf: [9])
        let expected = Data([1, 2]) + Data(device.bytes) + Data([5, 6, 0, 0, 0, 0, 0, 0, 1, 2])
        #expect(reply.signed(serverKey: Data([1, 2]), device: device) == expected)
    }

    @Test("What a new device proves is that it holds the key for this token")
    func enrolment() {
        #expect(EnrolmentRequest.proven(token: "ab", publicKey: Data([1])) == Data([0x61, 0x62, 1]))
    }
}
