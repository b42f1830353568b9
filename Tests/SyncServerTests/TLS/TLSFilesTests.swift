import Foundation
@testable import SyncServer
import Testing
import TrialModel

@Suite("The certificate files of a server's data directory")
struct TLSFilesTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)
    private static let day: TimeInterval = 86_400
    private static let fileNames = ["ca-key.pem", "ca.pem", "server-key.pem", "server.pem"]

    @Test("what was created is loaded again, with the same fingerprint and names")
    func createAndLoad() throws {
        try withDirectory { directory in
            let made = try TLSFiles.create(in: directory, names: ["trial.example.org"], now: Self.now)
            let read = try TLSFiles.load(from: directory)
            #expect(read.fingerprint == made.fingerprint)
            #expect(read.names == ["trial.example.org", "localhost", "127.0.0.1", "::1"])
            #expect(read.authorityPEM.hasPrefix("-----BEGIN CERTIFICATE-----"))
            #expect(read.chainPEM.components(separatedBy: "BEGIN CERTIFICATE").count == 3)
            _ = try read.serverConfiguration()
        }
    }

    @Test("only the server's own account may read them, and no other file is left behind")
    func modes() throws {
        try withDirectory { directory in
            try TLSFiles.create(in: directory, names: [], now: Self.now)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["tls"])
            let folder = directory.appendingPathComponent("tls").path
            #expect(try mode(folder) == 0o700)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == Self.fileNames)
            for name in Self.fileNames { #expect(try mode(folder + "/" + name) == 0o600) }
        }
    }

    @Test("a second creation is refused and changes nothing")
    func refusesSecond() throws {
        try withDirectory { directory in
            let made = try TLSFiles.create(in: directory, names: [], now: Self.now)
            let problem = #expect(throws: Problem.self) {
                try TLSFiles.create(in: directory, names: [], now: Self.now)
            }
            #expect(problem?.code == .alreadyExists)
            #expect(try TLSFiles.load(from: directory).fingerprint == made.fingerprint)
        }
    }

    @Test("a creation that was cut short is begun anew")
    func cutShort() throws {
        try withDirectory { directory in
            let partial = directory.appendingPathComponent("tls.partial")
            try FileManager.default.createDirectory(at: partial, withIntermediateDirectories: false)
            try Data("half".utf8).write(to: partial.appendingPathComponent("ca-key.pem"))
            try TLSFiles.create(in: directory, names: [], now: Self.now)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["tls"])
        }
    }

    @Test("a missing file is named", arguments: ["ca.pem", "server.pem", "server-key.pem"])
    func missing(name: String) throws {
        try withDirectory { directory in
            try TLSFiles.create(in: directory, names: [], now: Self.now)
            try FileManager.default.removeItem(at: directory.appendingPathComponent("tls/" + name))
            let problem = #expect(throws: Problem.self) { try TLSFiles.load(from: directory) }
            #expect(problem?.code == .fileUnreadable)
            #expect(problem?.message.contains("tls/" + name) == true)
        }
    }

    @Test(
        "files that do not belong together are refused",
        arguments: ["ca.pem", "server.pem", "server-key.pem"])
    func mixed(name: String) throws {
        try withDirectory { directory in
            try withDirectory { other in
                try TLSFiles.create(in: directory, names: [], now: Self.now)
                try TLSFiles.create(in: other, names: [], now: Self.now)
                let path = "tls/" + name
                let text = try String(contentsOf: other.appendingPathComponent(path), encoding: .utf8)
                try text.write(to: directory.appendingPathComponent(path), atomically: true, encoding: .utf8)
                let problem = #expect(throws: Problem.self) { try TLSFiles.load(from: directory) }
                #expect(problem?.code == .malformed)
            }
        }
    }

    @Test(
        "a certificate that ends within thirty days is renewed; names, key and authority stay",
        arguments: [(300.0, false), (340.0, true), (500.0, true)])
    func renewal(days: Double, renewed: Bool) throws {
        try withDirectory { directory in
            let made = try TLSFiles.create(in: directory, names: ["a.example"], now: Self.now)
            let later = Self.now.addingTimeInterval(days * Self.day)
            let loaded = try TLSFiles.loadRenewing(from: directory, now: later)
            #expect((loaded.notValidAfter > made.notValidAfter) == renewed)
            #expect(loaded.names == made.names)
            #expect(loaded.keyPEM == made.keyPEM)
            #expect(loaded.fingerprint == made.fingerprint)
            let folder = directory.appendingPathComponent("tls").path
            #expect(try mode(folder + "/server.pem") == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == Self.fileNames)
        }
    }

    @Test("a certificate that was signed by a clock that ran ahead is renewed when it is set right")
    func clockAhead() throws {
        try withDirectory { directory in
            let made = try TLSFiles.create(in: directory, names: ["a.example"], now: Self.now)
            let ahead = Self.now.addingTimeInterval(3_650 * Self.day)
            let wrong = try TLSFiles.loadRenewing(from: directory, now: ahead)
            #expect(wrong.notValidBefore > Self.now.addingTimeInterval(3_600 * Self.day))
            let today = Self.now.addingTimeInterval(Self.day)
            #expect(wrong.beginsLater(today) && !wrong.endsSoon(today) && !made.beginsLater(today))
            let right = try TLSFiles.loadRenewing(from: directory, now: today)
            #expect(right.notValidBefore <= today && right.notValidAfter > made.notValidAfter)
            #expect(right.fingerprint == made.fingerprint && right.keyPEM == made.keyPEM)
        }
    }

    @Test("a clock that runs behind the authority itself renews nothing: laptops would refuse what it signs")
    func clockBehind() throws {
        try withDirectory { directory in
            let made = try TLSFiles.create(in: directory, names: [], now: Self.now)
            let behind = Self.now.addingTimeInterval(-3_650 * Self.day)
            let loaded = try TLSFiles.loadRenewing(from: directory, now: behind)
            #expect(loaded.chainPEM == made.chainPEM)
        }
    }

    @Test("without the authority's key a certificate serves until its end, then the missing file is named")
    func renewalWithoutKey() throws {
        try withDirectory { directory in
            let made = try TLSFiles.create(in: directory, names: [], now: Self.now)
            try FileManager.default.removeItem(at: directory.appendingPathComponent("tls/ca-key.pem"))
            let near = made.notValidAfter.addingTimeInterval(-Self.day)
            #expect(try TLSFiles.loadRenewing(from: directory, now: near).notValidAfter == made.notValidAfter)
            let past = made.notValidAfter.addingTimeInterval(Self.day)
            let problem = #expect(throws: Problem.self) {
                try TLSFiles.loadRenewing(from: directory, now: past)
            }
            #expect(problem?.message.contains("ca-key.pem") == true)
        }
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require((attributes[.posixPermissions] as? NSNumber)?.intValue)
    }

    private func withDirectory(_ body: (URL) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "tls-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try body(directory)
    }
}
