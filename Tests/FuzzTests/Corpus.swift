import Crypto
import Foundation
import SyncProtocol
import Testing
import TrialModel
import TrialStore
import TrialSyncTesting

/// The kept files, one folder a reader. `make golden` writes those called `seed-…` anew.
enum Corpus {
    private static let isWriting = ProcessInfo.processInfo.environment["TRIALSYNC_GOLDEN"] == "write"
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")

    static func files(of target: FuzzTarget) throws -> [[UInt8]] {
        let folder = folder.appending(path: target.rawValue)
        if isWriting { try write(target, to: folder) }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
            [UInt8](try Data(contentsOf: folder.appending(path: $0)))
        }
    }

    private static func write(_ target: FuzzTarget, to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, bytes) in try seeds(of: target) {
            try bytes.write(to: folder.appending(path: "seed-\(name)"))
        }
    }

    /// The wire's golden files, and for the rest a sample of each.
    private static func seeds(of target: FuzzTarget) throws -> [(String, Data)] {
        switch target {
        case .frames: return try golden { $0.hasPrefix("answer-") || $0 == "request" }
        case .body:
            return try golden { $0.hasPrefix("answer-") || $0 == "request" }.map {
                ($0, try Compression.compress($1))
            }
        case .vector:
            // As protobuf has it: journals (field 1), numbers (2, packed), beginnings of verdict chains (3).
            let journals = [UInt8(1), 2].map { Data([0x0A, 16]) + Data(repeating: $0, count: 16) }
            let verdicts = [UInt8(3), 4].map { Data([0x1A, 8]) + Data(repeating: $0, count: 8) }
            let numbers = Data([0x12, 3, 5, 0x80, 0x08])
            return [("two", journals[0] + journals[1] + numbers + verdicts[0] + verdicts[1])]
        case .change: return try golden { ["change", "change-signed"].contains($0) }
        case .base: return [("visit", Data(try sampleBase().utf8))]
        case .link:
            let site = try #require(SiteCode("PKU"))
            let token = String(repeating: "a1", count: 32)
            let tls = EnrolmentLink(
                server: "https://127.0.0.1:8443", site: site, token: token,
                fingerprint: String(repeating: "0f", count: 32))
            let plain = EnrolmentLink(
                server: "http://[::1]:8080", site: site, token: token, fingerprint: "")
            return [("tls", Data(tls.description.utf8)), ("plain", Data(plain.description.utf8))]
        case .certificate:
            let key = Curve25519.Signing.PrivateKey()
            let certificate = try DeviceCertificate.issue(
                publicKey: key.publicKey.rawRepresentation, site: try #require(SiteCode("PKU")),
                name: "ward 1", atMilliseconds: 1_772_000_000_000, by: key)
            return [("device", certificate.encoded)]
        case .study: return [("shipped", Data(try StudyDefinition.shipped().json))]
        case .csv:
            let text = """
                participant,event,VS.weight,SV.date,LB.date
                PKU-001,BL,71.5,2026-03-02,
                PKU-002,"UNS#2","70,5","2026-03",@notDone
                PKU-003,W12,"with ""quotes"" and
                a line",,\r

                """
            // Each kind of value, of a visit and of a line of a log.
            let values = """
                participant,event,VS.weight,SV.date,SV.type,RI.orbit.urgent,\
                PK.sampleTime,AE.term,AE.grade,AE.start
                PKU-001,UNS#1,71500 g,2026-03-02,onSite,Y,2026-03-02T09:12:30+08:00,,,
                PKU-002,AE,,,,,,"flu, mild",2,2026-03

                """
            return [
                ("visits", Data(text.utf8)), ("mark", Data([0xEF, 0xBB, 0xBF]) + Data(text.utf8)),
                ("values", Data(values.utf8)),
            ]
        case .bundleFile: return [("request", try sampleBundle())]
        case .bundle:
            let frames = try golden { $0 == "request" }.map { ($0, Data([1]) + $1) }
            return frames + decisions(beginningWith: [4, 5, 6, 7])
        case .request, .response: return decisions(beginningWith: [])
        }
    }

    /// Rows of decisions, one a first byte; what comes of them is decided by the target.
    private static func decisions(beginningWith firsts: [UInt8]) -> [(String, Data)] {
        (0..<max(12, firsts.count)).map { number in
            var random = SeededGenerator(seed: UInt64(100 + number))
            let bytes = (0..<160).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let first = firsts.isEmpty ? [] : [firsts[number % firsts.count]]
            return ("decisions-\(number)", Data(first + bytes))
        }
    }

    private static func golden(_ fits: (String) -> Bool) throws -> [(String, Data)] {
        let golden = folder.deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "SyncProtocolTests/Golden")
        let names = try FileManager.default.contentsOfDirectory(atPath: golden.path)
            .map { String($0.dropLast(".bin".count)) }
        return try names.sorted().filter(fits).map {
            ($0, try Data(contentsOf: golden.appending(path: $0 + ".bin")))
        }
    }

    private static func sampleBase() throws -> String {
        var base = Base()
        base.guards = [ChangeID(prefixOf: [1])]
        base.registers["VS.weight"] = .init(
            shown: [ChangeID(prefixOf: [2]), ChangeID(prefixOf: [3])], through: [ChangeID(prefixOf: [4])])
        return try BaseToken.encode(base)
    }

    private static func sampleBundle() throws -> Data {
        let path = FileManager.default.temporaryDirectory.appending(path: "trialsync-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: path) }
        var writer = try BundleFile.Writer(
            to: path.path, site: try #require(SiteCode("PKU")), origin: .laptop, key: FuzzTarget.bundleKey)
        for (_, frames) in try golden({ $0 == "request" }) {
            try writer.add(try Compression.compress(frames))
        }
        try writer.finish()
        return try Data(contentsOf: path)
    }
}
