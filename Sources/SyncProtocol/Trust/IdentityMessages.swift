package import FoundationEssentials
package import TrialModel

/// What travels outside a sync: enrolment, log-in and the challenge that opens a session. JSON; bytes as
/// base64.

package struct EnrolmentRequest: Codable, Sendable {
    package var token: String
    package var publicKey: Data
    package var deviceName: String
    /// Ed25519 by the new device key over token ‖ public key: the link is used up together with this proof.
    package var proof: Data
    package var user: String
    package var password: String

    package init(
        token: String, publicKey: Data, deviceName: String, proof: Data, user: String, password: String
    ) {
        (self.token, self.publicKey, self.deviceName) = (token, publicKey, deviceName)
        (self.proof, self.user, self.password) = (proof, user, password)
    }

    /// What the proof is over.
    package static func proven(token: String, publicKey: Data) -> Data { Data(token.utf8) + publicKey }
}

package struct EnrolmentReply: Codable, Sendable {
    package var site: String
    package var certificate: Data
    package var serverKey: Data
    package var epoch: Data
    package var study: String
    package var login: LoginReply
    package var leaseFirst: Int
    package var leaseLast: Int

    package init(
        site: String, certificate: Data, serverKey: Data, epoch: Data, study: String, login: LoginReply,
        lease: NumberLease
    ) {
        (self.site, self.certificate, self.serverKey, self.epoch) = (site, certificate, serverKey, epoch)
        (self.study, self.login, leaseFirst, leaseLast) = (study, login, lease.first, lease.last)
    }
}

/// A person's log-in on a laptop that is enrolled. There is no session yet: the device's key is sealed under
/// the site key, which who logs in here for the first time does not have.
package struct LoginRequest: Codable, Sendable {
    package var device: Data
    package var user: String
    package var password: String
    package init(device: Data, user: String, password: String) {
        (self.device, self.user, self.password) = (device, user, password)
    }
}

/// A person's new password, from a laptop on which the person has logged in.
package struct PasswordRequest: Codable, Sendable {
    package var user: String
    package var password: String
    package var newPassword: String
    package init(user: String, password: String, newPassword: String) {
        (self.user, self.password, self.newPassword) = (user, password, newPassword)
    }
}

/// The keys that a person's slot on a laptop holds, given out over TLS to a device of the site.
package struct LoginReply: Codable, Sendable {
    package var user: String
    package var role: String
    /// How often the person's password has been set: an older slot is dropped.
    package var generation: Int
    package var siteKey: Data
    package var signingKey: Data
    /// The site's keys after the first. Absent if there are none.
    package var laterKeys: [SiteKey]?

    package init(
        user: String, role: String, generation: Int, siteKey: Data, signingKey: Data,
        laterKeys: [SiteKey]? = nil
    ) {
        (self.user, self.role, self.generation) = (user, role, generation)
        (self.siteKey, self.signingKey, self.laterKeys) = (siteKey, signingKey, laterKeys)
    }
}

package struct ChallengeRequest: Codable, Sendable {
    package var device: Data
    /// The device's certificate, for a server that does not know the device any more: one that was put back
    /// to a state before its enrolment.
    package var certificate: Data?
    package init(device: Data, certificate: Data? = nil) {
        (self.device, self.certificate) = (device, certificate)
    }
}

package struct ChallengeReply: Codable, Sendable {
    package var nonce: Data
    package var expiresMilliseconds: Int64
    package init(nonce: Data, expiresMilliseconds: Int64) {
        (self.nonce, self.expiresMilliseconds) = (nonce, expiresMilliseconds)
    }

    /// What the device signs: server key ‖ device ‖ nonce ‖ expiry (8 bytes, big-endian). The site is in
    /// every signature.
    package func signed(serverKey: Data, device: DeviceID) -> Data {
        var value = serverKey
        value.append(contentsOf: device.bytes)
        value.append(nonce)
        value.append(bigEndian: UInt64(bitPattern: expiresMilliseconds))
        return value
    }
}

package struct SessionRequest: Codable, Sendable {
    package var device: Data
    package var nonce: Data
    package var signature: Data
    /// As in ``ChallengeRequest``.
    package var certificate: Data?
    package init(device: Data, nonce: Data, signature: Data, certificate: Data? = nil) {
        (self.device, self.nonce, self.signature) = (device, nonce, signature)
        self.certificate = certificate
    }
}

package struct SessionReply: Codable, Sendable {
    package var token: String
    package var expiresSeconds: Int
    /// The laptop was reported lost: it destroys its key slots now. Absent otherwise.
    package var lost: Bool?
    package init(token: String, expiresSeconds: Int, lost: Bool? = nil) {
        (self.token, self.expiresSeconds, self.lost) = (token, expiresSeconds, lost)
    }
}

/// How a problem travels in JSON.
package struct ProblemReply: Codable, Sendable {
    package struct Body: Codable, Sendable {
        package var code: String
        package var message: String
        package var remedy: String
    }

    package var error: Body

    /// The problem; an unknown code counts as `server-failed`.
    package var problem: Problem {
        Problem(ProblemCode(rawValue: error.code) ?? .serverFailed, error.message, remedy: error.remedy)
    }
}
