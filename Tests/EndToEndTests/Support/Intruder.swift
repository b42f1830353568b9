import Crypto
import Foundation
import SyncProtocol
import Testing
import TrialModel

/// Someone who reaches the daemon's port with tools of their own.
struct Intruder: Sendable {
    struct Answer: Sendable {
        /// 0 if none came.
        let status: Int
        let body: Data
        let elapsed: Duration
    }

    let trial: Trial

    /// One request with curl.
    ///
    /// - Parameter input: a file that is sent as the body, or `nil`.
    func request(
        _ path: String, _ options: [String] = [], token: String? = nil, body: Data? = nil,
        input: String = "/dev/null"
    ) async throws -> Answer {
        let name = trial.scratch.appending(path: "body-\(UUID().uuidString)")
        var arguments = [
            "-sS", "-k", "--noproxy", "*", "--max-time", "30", "-o", name.path, "-w", "%{http_code}",
        ]
        if let token { arguments += ["-H", "Authorization: Bearer \(token)"] }
        if let body {
            try body.write(to: URL(fileURLWithPath: name.path + ".in"))
            arguments += ["--data-binary", "@" + name.path + ".in", "-H", "Content-Type: application/json"]
        }
        let running = try trial.run(
            URL(fileURLWithPath: "/usr/bin/curl"), arguments + options + [trial.address + path],
            environment: ["PATH": "/usr/bin:/bin"], input: input)
        let reply = await running.reply()
        return Answer(
            status: Int(reply.out) ?? 0, body: (try? Data(contentsOf: name)) ?? Data(), elapsed: reply.elapsed
        )
    }

    /// Admits a device whose key this test holds.
    ///
    /// - Returns: the token of its session.
    func token(site: SiteCode = SiteCode("PKU")!, user: String = "nurse-1") async throws -> String {
        let key = Curve25519.Signing.PrivateKey()
        let link = try EnrolmentLink(parsing: try await trial.link(site: site.text))
        let publicKey = key.publicKey.rawRepresentation
        let proven = EnrolmentRequest.proven(token: link.token, publicKey: publicKey)
        let enrolled = try await post(
            "/v1/enroll",
            EnrolmentRequest(
                token: link.token, publicKey: publicKey, deviceName: "intruder",
                proof: try Signing.sign(.enrolment, site: site, proven, with: key), user: user,
                password: Trial.password(user)), as: EnrolmentReply.self)
        let certificate = try DeviceCertificate(enrolled.certificate, serverKey: enrolled.serverKey)
        let device = Data(certificate.device.bytes)
        let challenge = try await post(
            "/v1/challenge", ChallengeRequest(device: device), as: ChallengeReply.self)
        let value = challenge.signed(serverKey: enrolled.serverKey, device: certificate.device)
        let signature = try Signing.sign(.challenge, site: site, value, with: key)
        return try await post(
            "/v1/session", SessionRequest(device: device, nonce: challenge.nonce, signature: signature),
            as: SessionReply.self
        ).token
    }

    private func post<Reply: Decodable>(_ path: String, _ body: some Encodable, as: Reply.Type) async throws
        -> Reply
    {
        let answer = try await request(path, body: try JSONEncoder().encode(body))
        guard answer.status == 200 else {
            throw Failure("\(path): \(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
        }
        return try JSONDecoder().decode(Reply.self, from: answer.body)
    }

    /// Sends a sync body.
    func sync(_ body: Data, token: String, site: String = "PKU") async throws -> Answer {
        try await request(
            "/v1/sites/\(site)/sync",
            ["-H", "Content-Type: application/x-trialsync", "-H", "Content-Encoding: zstd"], token: token,
            body: body)
    }
}

extension Trial {
    /// The most memory that the daemon ever held, in MiB.
    func peakMebibytes() throws -> Int {
        let status = try String(
            contentsOfFile: "/proc/\(try running.processIdentifier)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? .max) / 1024
    }
}
