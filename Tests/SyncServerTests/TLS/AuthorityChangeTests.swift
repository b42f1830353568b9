import Foundation
@testable import SyncServer
import Testing
import TrialModel

@Suite("Another authority for the server's certificate")
struct AuthorityChangeTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    @Test("A next authority is made, takes over, and the old one goes; names and the server's key stay")
    func change() throws {
        try withDirectory { directory in
            let first = try TLSFiles.create(in: directory, names: ["a.example"], now: Self.now)
            #expect(try TLSFiles.authorities(in: directory).pinsPEM == first.authorityPEM)
            let problem = #expect(throws: Problem.self) {
                try TLSFiles.switchAuthority(in: directory, now: Self.now)
            }
            #expect(problem?.code == .notFound)
            let prepared = try TLSFiles.prepareAuthority(in: directory, now: Self.now)
            #expect(prepared.pinsPEM == first.authorityPEM + (prepared.next ?? ""))
            #expect(try TLSFiles.prepareAuthority(in: directory, now: Self.now).next == prepared.next)
            #expect(try TLSFiles.load(from: directory).fingerprint == first.fingerprint)
            #expect(throws: Problem.self) { try TLSFiles.retireAuthority(in: directory) }

            #expect(try TLSFiles.switchAuthority(in: directory, now: Self.now).isSwitched)
            let switched = try TLSFiles.load(from: directory)
            #expect(switched.fingerprint != first.fingerprint && switched.authorityPEM == prepared.next)
            #expect(switched.names == first.names && switched.keyPEM == first.keyPEM)
            #expect(try TLSFiles.renew(in: directory, now: Self.now).fingerprint == switched.fingerprint)

            let settled = try TLSFiles.retireAuthority(in: directory)
            #expect(settled.pinsPEM == switched.authorityPEM && settled.next == nil)
            #expect(try TLSFiles.renew(in: directory, now: Self.now).fingerprint == switched.fingerprint)
        }
    }

    @Test("A change that was cut short between its two last files still serves and renews")
    func cutShort() throws {
        try withDirectory { directory in
            try TLSFiles.create(in: directory, names: [], now: Self.now)
            _ = try TLSFiles.prepareAuthority(in: directory, now: Self.now)
            let switched = try TLSFiles.switchAuthority(in: directory, now: Self.now)
            let tls = directory.appendingPathComponent("tls").path
            try PrivateFile.move(tls + "/next-ca-key.pem", to: tls + "/ca-key.pem")
            #expect(try TLSFiles.load(from: directory).authorityPEM == switched.next)
        }
    }

    @Test("A certificate of another authority is taken with its key, pinned only if that is wanted")
    func own() throws {
        try withDirectory { directory in
            let private_ = try TLSFiles.create(in: directory, names: [], now: Self.now)
            let elsewhere = try CertificateAuthority.create(commonName: "made-up institution", now: Self.now)
            let issued = try elsewhere.issueServerCertificate(names: ["trial.example.org"], now: Self.now)
            let (chain, key, ca) = (file("chain", directory), file("key", directory), file("ca", directory))
            try PrivateFile.create(chain, try issued.certificatePEM)
            try PrivateFile.create(key, issued.keyPEM)
            try PrivateFile.create(ca, try elsewhere.certificatePEM)
            func install(_ chain: String, _ key: String, _ ca: String?, at now: Date = Self.now) throws
                -> TLSFiles
            {
                try TLSFiles.install(in: directory, chain: chain, key: key, authority: ca, now: now)
            }
            let late = Self.now.addingTimeInterval(400 * 86_400)
            #expect(
                #expect(throws: Problem.self) { try install(chain, key, nil, at: late) }?.code == .notAllowed)
            let wrong = directory.appendingPathComponent("tls/server-key.pem").path
            #expect(#expect(throws: Problem.self) { try install(chain, wrong, nil) }?.code == .malformed)
            let stranger = directory.appendingPathComponent("tls/ca.pem").path
            #expect(#expect(throws: Problem.self) { try install(chain, key, stranger) }?.code == .malformed)
            #expect(try TLSFiles.load(from: directory).fingerprint == private_.fingerprint, "nothing changed")

            let pinned = try install(chain, key, ca)
            #expect(try pinned.isOwn && pinned.fingerprint == elsewhere.fingerprint)
            #expect(pinned.names.contains("trial.example.org"))
            let open = try install(chain, key, nil)
            #expect(open.fingerprint.isEmpty && open.authorityPEM.isEmpty)
            let problem = #expect(throws: Problem.self) { try TLSFiles.renew(in: directory, now: Self.now) }
            #expect(problem?.code == .notAllowed)
            #expect(try TLSFiles.loadRenewing(from: directory, now: late).isOwn)
        }
    }

    private func file(_ name: String, _ directory: URL) -> String {
        directory.appendingPathComponent(name).path
    }

    private func withDirectory(_ body: (URL) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "tls-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try body(directory)
    }
}
