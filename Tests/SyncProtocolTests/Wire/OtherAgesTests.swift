import Crypto
import Foundation
import SwiftProtobuf
import SyncProtocol
import Testing
import TrialModel
import TrialSyncTesting

/// What a program reads of one that is older or newer: the last section of docs/protocol.md.
@Suite("Programs of other ages, on the wire", .tags(.unit))
struct OtherAgesTests {
    private func golden(_ name: String) throws -> Data {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return try Data(contentsOf: folder.appending(path: "Golden/\(name).bin"))
    }

    private func body(_ name: String) throws -> Data { try Compression.compress(try golden(name)) }

    private func problem(_ read: () throws -> Void) -> Problem? {
        do {
            try read()
            return nil
        } catch { return error as? Problem }
    }

    // MARK: Newer fields

    @Test("What a newer program adds to any message of a request is passed over")
    func newerRequest() throws {
        let grown = try NewerProgram.grown(body: try body("request"))
        #expect(try SyncRequest(decoding: grown) == SyncRequest(decoding: try body("request")))
        // It did stand there, in the messages within messages too.
        let frames = try FrameCodec.decode(try Compression.decompress(grown))
        let hello = frames[0].hello
        var messages: [any SwiftProtobuf.Message] = [
            hello, hello.covered, hello.coveredAll, frames[1].journal, frames[4].entries,
            frames[4].entries.verdicts[0], frames[5].receipt,
        ]
        for frame in frames { messages.append(frame) }
        #expect(messages.allSatisfy { $0.unknownFields.data == NewerProgram.fields + NewerProgram.fields })
    }

    @Test("The same in a request of a first sync, of a repair, and with numbers")
    func newerHello() throws {
        var request = SyncRequest(hello: Hello(site: Fixed.site, epoch: Fixed.epoch))
        var cursor = LiveCursor()
        (cursor.cursor, cursor.at) = (Data([1, 2]), [Place(journal: Fixed.journal(1), n: 3, verdict: .zero)])
        (request.hello.live, request.hello.compare) = (cursor, [Data([7])])
        request.hello.numbersHeld = [NumberLease(first: 22, last: 40)]
        let grown = try NewerProgram.grown(body: try request.encoded())
        #expect(try SyncRequest(decoding: grown) == request)
    }

    @Test(
        "What a newer program adds to any message of an answer is passed over",
        arguments: ["exchanged", "more", "epochChanged", "prove", "failed"])
    func newerAnswer(name: String) throws {
        let kept = try body("answer-\(name)")
        let grown = try NewerProgram.grown(body: kept)
        #expect(grown != kept)
        #expect(try SyncAnswer(decoding: grown) == SyncAnswer(decoding: kept))
    }

    @Test("The same in an answer with live records and a comparison")
    func newerLivePage() throws {
        var response = try SyncAnswerTests.full()
        var cursor = LiveCursor()
        (cursor.cursor, cursor.at) = (Data([1, 2]), [Place(journal: Fixed.journal(1), n: 3, verdict: .zero)])
        response.livePage = LivePage(cursor: cursor, more: true, historyLeft: 7)
        response.live.runs = [try SyncRequestTests.full().runs[1]]
        response.live.records = [
            LiveRecord(
                key: Fixed.record,
                registers: [.init(name: "VS.weight", live: [Fixed.id(1)], awaited: [Fixed.id(2)])],
                held: [Fixed.id(3)], cited: [])
        ]
        var comparison = Comparison(asked: [Data([1])])
        comparison.sums[Data([1, 2])] = StateDigest(bytes: Data(repeating: 3, count: 32))
        response.comparison = comparison
        let grown = try NewerProgram.grown(body: try SyncAnswer.exchanged(response).encoded())
        #expect(try SyncAnswer(decoding: grown) == .exchanged(response))
    }

    @Test("Headers, certificates and changes keep a newer program's bytes, with what was signed over them")
    func keptBytes() throws {
        var about = Trialsync_V1_DeviceCertificateBody()
        (about.publicKey, about.site) = (Fixed.publicKey(Fixed.deviceKey), Fixed.site.text)
        about.name = "laptop 1"
        var certificate = Trialsync_V1_DeviceCertificate()
        certificate.body = try about.encoded() + NewerProgram.fields
        certificate.signature = try Signing.sign(
            .device, site: Fixed.site, certificate.body, with: Fixed.serverKey)
        let encoded = try certificate.encoded() + NewerProgram.fields
        let serverKey = Fixed.publicKey(Fixed.serverKey)
        #expect(try DeviceCertificate(encoded, serverKey: serverKey).encoded == encoded)

        var header = Trialsync_V1_JournalHeader()
        (header.site, header.epoch) = (Fixed.site.text, Fixed.epoch)
        (header.deviceCertificate, header.reason) = (encoded, "of-tomorrow")
        let journal = try JournalIntroduction(header: try header.encoded() + NewerProgram.fields)
        let changes = try (1...2).map { salt in
            NewerProgram.grown(
                change: try EncodedChange(Fixed.change(salt: UInt64(salt)), site: Fixed.site).bytes)
        }
        var run = EntryRun(journal: journal.id, firstN: 1, previous: journal.root, changes: changes)
        let last = ChainedRun(run, in: journal).last
        run.headSignature = try Signing.sign(
            .head, site: Fixed.site, SignedHead.value(journal: journal.origin, n: run.lastN, hash: last),
            with: Fixed.deviceKey)
        var request = SyncRequest(hello: Hello(site: Fixed.site, epoch: Fixed.epoch))
        (request.introductions, request.runs) = ([journal], [run])

        let received = try SyncRequest(decoding: try NewerProgram.grown(body: try request.encoded()))
        #expect(received == request)
        let chain = try RunCheck.verify(
            received.runs[0], received.introductions[0], receipts: [], serverKey: serverKey
        ).chain
        #expect(chain.last == last)
        #expect(received.runs[0].changes == changes && received.introductions[0].header == journal.header)
    }

    @Test(
        "A newer program's change is read alike, is another by its id, and its signature is over all of it",
        arguments: ["change", "change-signed"])
    func newerChange(name: String) throws {
        let person = Fixed.publicKey(Fixed.personKey)
        let kept = try golden(name)
        let known = try EncodedChange(received: kept, id: Chain.changeID(of: kept))
        let newer = NewerProgram.grown(change: kept)
        let received = try EncodedChange(received: newer, id: Chain.changeID(of: newer))
        #expect(received.change == known.change)
        #expect(received.bytes == newer && received.id != known.id)
        #expect(!received.isSigned(by: person, site: Fixed.site))
        let signature = try Signing.sign(.change, site: Fixed.site, newer, with: Fixed.personKey)
        let signed = newer + Data([0x7A, 64]) + signature
        let whole = try EncodedChange(received: signed, id: Chain.changeID(of: signed))
        #expect(whole.change == known.change && whole.isSigned(by: person, site: Fixed.site))
    }

    // MARK: Newer kinds

    @Test("A frame of a newer kind is refused wherever it stands, and the refusal says what to do")
    func unknownFrame() throws {
        let newer = try Trialsync_V1_Frame(decoding: NewerProgram.frame)
        for name in ["request", "answer-exchanged", "answer-more"] {
            let frames = try FrameCodec.decode(try golden(name))
            for place in 0...frames.count {
                var more = frames
                more.insert(newer, at: place)
                let body = try Compression.compress(try FrameCodec.encode(more))
                let found = problem {
                    if name == "request" {
                        _ = try SyncRequest(decoding: body)
                    } else {
                        _ = try SyncAnswer(decoding: body)
                    }
                }
                #expect(found?.code == .malformed, "\(name), \(place)")
                #expect(found?.remedy == "update the older program", "\(name), \(place)")
            }
        }
    }

    @Test(
        "A kind of outcome or verdict that is not known is never taken for one that is",
        arguments: [
            { $0.outcome.kind = 6 }, { $0.outcome.kind = .max }, { $0.outcome.verdicts[0].kind = 4 },
            { $0.outcome.verdicts[0].kind = 258 },
        ] as [@Sendable (inout Trialsync_V1_Frame) -> Void])
    func unknownKind(spoil: @Sendable (inout Trialsync_V1_Frame) -> Void) throws {
        var frames = try FrameCodec.decode(try golden("answer-exchanged"))
        spoil(&frames[1])
        let body = try Compression.compress(try FrameCodec.encode(frames))
        let found = problem { _ = try SyncAnswer(decoding: body) }
        #expect(found?.code == .malformed && found?.remedy == "update the older program")
    }

    @Test("A reason for quarantine that is not known is kept as it came")
    func unknownReason() throws {
        var frames = try FrameCodec.decode(try golden("answer-exchanged"))
        (frames[1].outcome.verdicts[0].kind, frames[1].outcome.verdicts[0].code) = (3, "of-tomorrow")
        let body = try Compression.compress(try FrameCodec.encode(frames))
        guard case .exchanged(let response) = try SyncAnswer(decoding: body) else {
            Issue.record("the answer is of another kind")
            return
        }
        #expect(response.outcomes[0].judgements[0].verdict == .quarantined("of-tomorrow"))
    }

    @Test("Another version of the protocol is named as that, whatever else the body holds")
    func versionFirst() throws {
        let newer = try Trialsync_V1_Frame(decoding: NewerProgram.frame)
        var request = try FrameCodec.decode(try golden("request"))
        request[0].hello.protocol = 2
        let asked = try Compression.compress(try FrameCodec.encode(request + [newer]))
        #expect(problem { _ = try SyncRequest(decoding: asked) }?.code == .protocolUnsupported)
        var answer = try FrameCodec.decode(try golden("answer-more"))
        answer[0].welcome.protocol = 2
        let told = try Compression.compress(try FrameCodec.encode(answer + [newer]))
        #expect(problem { _ = try SyncAnswer(decoding: told) }?.code == .protocolUnsupported)
    }

    // MARK: Older programs

    @Test("Bodies of before there were blocks of numbers in them say nothing of any")
    func older() throws {
        let hello = try SyncRequest(decoding: try body("request")).hello
        #expect(hello.numbersHeld.isEmpty && hello.numbersLeft == 4 && hello.digestsEqual == nil)
        guard case .exchanged(let response) = try SyncAnswer(decoding: try body("answer-exchanged")) else {
            Issue.record("the answer is of another kind")
            return
        }
        #expect(response.withdrawn.isEmpty && response.lease == NumberLease(first: 11, last: 30))
    }

    @Test("JSON without what came later is read, and what comes later still is passed over")
    func json() throws {
        func read<Body: Decodable>(_ text: String, as body: Body.Type) throws -> Body {
            try JSONDecoder().decode(body, from: Data(text.utf8))
        }
        let session = try read(#"{"token":"t","expiresSeconds":5,"soon":{"a":[1]}}"#, as: SessionReply.self)
        #expect(session.token == "t" && session.lost == nil)
        let login = try read(
            #"{"user":"u","role":"admin","generation":1,"siteKey":"","signingKey":"","soon":null}"#,
            as: LoginReply.self)
        #expect(login.generation == 1 && login.laterKeys == nil)
        let asked = try read(#"{"device":"","soon":"x"}"#, as: ChallengeRequest.self)
        #expect(asked.certificate == nil)
        let refused = try read(
            #"{"error":{"code":"of-tomorrow","message":"m","remedy":"r","soon":1}}"#, as: ProblemReply.self)
        #expect(refused.problem == Problem(.serverFailed, "m", remedy: "r"))
    }
}
