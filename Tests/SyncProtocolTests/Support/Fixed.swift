import Crypto
import Foundation
import SyncProtocol
import TrialModel

/// Keys, names and journals that are the same in every run.
enum Fixed {
    static let site = SiteCode("PKU")!
    static let otherSite = SiteCode("XH")!
    static let epoch = Data(repeating: 0xE0, count: 16)
    static let serverKey = key(1)
    static let deviceKey = key(2)
    static let personKey = key(3)
    static let otherKey = key(4)
    static let participant = EnrolmentID(bytes: (1...16).map(UInt8.init))!
    static let record = RecordKey.visit(participant, event: "BL")

    static func key(_ seed: UInt8) -> Curve25519.Signing.PrivateKey {
        (try? Curve25519.Signing.PrivateKey(rawRepresentation: Data(repeating: seed, count: 32)))!
    }

    static func publicKey(_ key: Curve25519.Signing.PrivateKey) -> Data { key.publicKey.rawRepresentation }

    static func id(_ number: UInt8) -> ChangeID { ChangeID(prefixOf: [0xC0, number]) }
    static func journal(_ number: UInt8) -> JournalID { JournalID(prefixOf: [0x10, number]) }
    static func hash(_ number: UInt8) -> ChainHash { ChainHash(Data(repeating: number, count: 32))! }

    static func certificate(site: SiteCode = site, name: String = "laptop 1") throws -> DeviceCertificate {
        try DeviceCertificate.issue(
            publicKey: publicKey(site == .all ? serverKey : deviceKey), site: site, name: name,
            atMilliseconds: 1_772_000_000_000, by: serverKey)
    }

    static func introduction(
        site: SiteCode = site, device: SiteCode = site, salt: UInt8 = 7,
        reason: JournalIntroduction.Reason = .enrolled
    ) throws -> JournalIntroduction {
        try JournalIntroduction(
            opening: site, certificate: try certificate(site: device), epoch: epoch, reason: reason,
            salt: Data(repeating: salt, count: 16))
    }

    /// A save of one value.
    static func change(
        _ value: Value = .integer(1), kind: ChangeKind = .save, record: RecordKey = record,
        register: String = "DM.birthYear",
        salt: UInt64 = 1
    ) -> Change {
        Change(
            kind: kind, record: record, writes: [RegisterWrite(register, [ItemValue(register, value)])],
            author: "li.wei",
            role: .dataEntry, at: DeviceTime(milliseconds: 1_772_000_000_000, offsetMinutes: 480),
            studyVersion: 1,
            salt: salt)
    }
}

extension Data {
    /// The bytes with one bit of one byte turned over.
    func flipped(at offset: Int, bit: UInt8 = 1) -> Data {
        var copy = Data(self)
        copy[copy.startIndex + offset] ^= bit
        return copy
    }
}

/// The code of the problem that the call throws; `nil` if it throws none.
func problemCode(_ call: () throws -> Void) -> ProblemCode? {
    do {
        try call()
        return nil
    } catch let problem as Problem {
        return problem.code
    } catch {
        return .internalError
    }
}
