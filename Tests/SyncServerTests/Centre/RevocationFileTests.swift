import Foundation
@testable import SyncServer
import Testing
import TrialModel

@Suite("The revocation file")
struct RevocationFileTests {
    private let url = FileManager.default.temporaryDirectory.appending(
        path: "revocations-\(UUID().uuidString)")
    private let devices = (1...3).map { DeviceID(prefixOf: [UInt8($0)]) }

    private func withFile(_ body: (RevocationFile) throws -> Void) throws {
        defer { try? FileManager.default.removeItem(at: url) }
        try body(RevocationFile(url: url))
    }

    @Test("The last line of a device counts, and lines are only ever added")
    func lines() throws {
        try withFile { file in
            #expect(try file.read() == .init())
            try file.note(devices[0], .revoked, at: 1000)
            let first = try Data(contentsOf: url)
            try file.note(devices[1], .lost, at: 2000)
            try file.note(devices[0], .admitted, at: 3000)
            try file.noteEnded(link: Data(repeating: 9, count: 32), at: 4000)
            let content = try file.read()
            #expect(content.devices == [devices[0]: .admitted, devices[1]: .lost])
            #expect(content.links == [Data(repeating: 9, count: 32)])
            #expect(try Data(contentsOf: url).starts(with: first))
            let mode = try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test(
        "A line that a power cut left short is passed over, and does not swallow the next", arguments: 1...80)
    func torn(cut: Int) throws {
        try withFile { file in
            try file.note(devices[0], .revoked, at: 1000)
            let whole = try Data(contentsOf: url)
            try file.note(devices[1], .lost, at: 2000)
            let both = try Data(contentsOf: url)
            guard whole.count + cut < both.count else { return }
            try both.prefix(whole.count + cut).write(to: url)
            #expect(try file.read().devices == [devices[0]: .revoked])
            try file.note(devices[2], .revoked, at: 3000)
            let content = try file.read()
            #expect(content.devices[devices[0]] == .revoked && content.devices[devices[2]] == .revoked)
        }
    }

    @Test("A file that is something else is refused: nobody guesses whose access was ended")
    func foreign() throws {
        try withFile { file in
            try Data("nonsense\n".utf8).write(to: url)
            let problem = #expect(throws: Problem.self) { try file.read() }
            #expect(problem?.code == .storeDamaged)
        }
    }
}
