package import Crypto
import Foundation
import SyncProtocol
package import TrialModel
import TrialStore

/// Everything that reads bytes from outside: whatever comes in, it answers with a value or with a coded
/// problem, and what it took it writes back the same.
package enum FuzzTarget: String, CaseIterable, Sendable {
    /// Frames of a body, decompressed.
    case frames
    /// A body as it comes off the wire, compressed.
    case body
    /// A version vector, as it stands in a request.
    case vector
    case change
    /// The `base` of a visit.
    case base
    case link
    case certificate
    case study
    /// A table of visits, as it is imported; all but what only a store knows.
    case csv
    /// The frames of a bundle's part, sealed as they should be: a laptop and the centre take it over.
    case bundle
    /// A bundle's file as it comes off a stick.
    case bundleFile
    /// Decisions of which a device with a certificate makes a request; the centre takes it.
    case request
    /// Decisions of which the centre, with its own key, makes an answer; a laptop takes it over.
    case response

    /// Whether each input meets a store, which takes some milliseconds.
    package var meetsStore: Bool { [.bundle, .request, .response].contains(self) }

    /// - Throws: ``FuzzFinding``; a coded problem is an answer, not a finding.
    package func feed(_ bytes: [UInt8]) async throws {
        do {
            if meetsStore { try await meet(Data(bytes)) } else { try read(Data(bytes)) }
        } catch is Problem {}
    }

    private func meet(_ bytes: Data) async throws {
        let stores = try await FuzzStores.shared()
        var script = FuzzScript(bytes)
        switch self {
        case .request: try await stores.meetCentre(try stores.material.request(&script).encoded())
        case .response:
            let response = try stores.material.response(&script)
            try await stores.meetLaptop(try SyncAnswer.exchanged(response).encoded())
        default: try await meetBundle(bytes, stores)
        }
    }

    /// The first byte decides who takes it over and from whom it seems to come; the rest is one part.
    private func meetBundle(_ bytes: Data, _ stores: FuzzStores) async throws {
        let first = bytes.first ?? 0
        let path = stores.replicas.path("bundle-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: path) }
        var writer = try BundleFile.Writer(
            to: path, site: stores.replicas.site, origin: first & 2 == 0 ? .laptop : .centre,
            key: stores.seal.key)
        let frames = Data(bytes.dropFirst())
        // Either frames as they are, or decisions of which the parts are made.
        if first & 4 == 0 {
            try writer.add(try Compression.compress(frames))
        } else {
            var script = FuzzScript(frames)
            for _ in 0...script.below(2) {
                // What has a receipt a laptop takes on the centre's word, whoever wrote the bundle.
                let part = try stores.material.request(&script, isFromCentre: first & 1 == 0)
                try writer.add(try part.encoded())
            }
        }
        try writer.finish()
        try await stores.meet(bundle: path, isForCentre: first & 1 == 1)
    }

    private func read(_ bytes: Data) throws {
        switch self {
        case .frames: try readBodies(try Compression.compress(bytes))
        case .body: try readBodies(bytes)
        case .vector: try readVector(bytes)
        case .change: try readChange(bytes)
        case .base:
            let base = try BaseToken.decode(String(decoding: bytes, as: UTF8.self))
            try expect(try BaseToken.decode(try BaseToken.encode(base)) == base, "a base changed")
        case .link:
            let link = try EnrolmentLink(parsing: String(decoding: bytes, as: UTF8.self))
            try expect(try EnrolmentLink(parsing: link.description) == link, "a link changed")
        case .certificate:
            let certificate = try DeviceCertificate(unverified: bytes)
            try expect(certificate.encoded == bytes, "a certificate's bytes changed")
        case .study:
            let study = try StudyDefinition(json: [UInt8](bytes))
            try expect(try StudyDefinition(json: study.json).json == study.json, "a study changed")
        case .csv: try readTable(bytes)
        case .bundleFile: try readBundle(bytes)
        case .bundle, .request, .response: break
        }
    }

    private func readBodies(_ body: Data) throws {
        do {
            let request = try SyncRequest(decoding: body)
            try expect(try SyncRequest(decoding: try request.encoded()) == request, "a request changed")
        } catch is Problem {}
        let answer = try SyncAnswer(decoding: body)
        try expect(try SyncAnswer(decoding: try answer.encoded()) == answer, "an answer changed")
    }

    private func readVector(_ bytes: Data) throws {
        let hello = Hello(site: Self.site, epoch: Data(count: 16))
        var frames = try FrameCodec.decode(
            try Compression.decompress(try SyncRequest(hello: hello).encoded()))
        frames[0].hello.covered = try Trialsync_V1_Vector(decoding: bytes)
        let request = try SyncRequest(decoding: try Compression.compress(try FrameCodec.encode(frames)))
        let vector = request.hello.covered.vector
        try expect(vector.covers(vector) && vector.count <= request.hello.covered.count, "a vector's order")
        // It is written in the order of its journals, and stays so.
        let again = try SyncRequest(decoding: try request.encoded())
        try expect(try again.encoded() == (try request.encoded()), "a vector changed")
    }

    private static let site = SiteCode("PKU") ?? .all

    private func readChange(_ bytes: Data) throws {
        let change = try EncodedChange(received: bytes, id: Chain.changeID(of: bytes))
        try expect(change.bytes == bytes, "the bytes of a change changed")
        var state = RecordState(key: change.change.record)
        state.apply(change.change, id: change.id) { _ in false }
        _ = state.conflicts
        _ = state.digest
    }

    private static let shipped = Result { try StudyDefinition.shipped() }

    /// What a laptop takes out of a table it can send, and the centre takes from it.
    private func readTable(_ bytes: Data) throws {
        let study = try Self.shipped.get()
        let table = try ImportTable(bytes, study: study, participants: ["PKU-001", "PKU-002", "PKU-003"])
        for line in table.lines {
            for (oid, value) in line.values {
                let isTaken = study.item(oid).map { study.accepts(value, for: $0) == nil } ?? false
                try expect(isTaken, "an imported value is not taken")
                try expect(try Trialsync_V1_Value(value).model() == value, "an imported value changed")
            }
        }
    }

    /// The key of bundles that are made up to be read.
    package static let bundleKey = SymmetricKey(data: Data(repeating: 0x42, count: 32))

    private func readBundle(_ bytes: Data) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "trialsync-\(UUID().uuidString)")
            .path
        try bytes.write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        var reader = try BundleFile.Reader(path)
        while let body = try reader.next(Self.bundleKey) { try readBodies(body) }
    }

    private func expect(_ holds: Bool, _ message: String) throws {
        guard holds else { throw FuzzFinding(description: "\(rawValue): \(message)") }
    }
}

/// Bytes that a reader took and did not write back the same.
package struct FuzzFinding: Error, CustomStringConvertible {
    package let description: String
}
