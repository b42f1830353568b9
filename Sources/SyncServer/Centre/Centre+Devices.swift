package import Foundation
package import SyncProtocol
package import TrialModel
package import TrialStore

extension Centre {
    /// A laptop, as the coordinator sees it.
    package struct DeviceStatus: Hashable, Sendable {
        package let device: IdentityStore.Device
        package let access: DeviceAccess

        package var isRevoked: Bool { access != .admitted }
    }

    /// How a device stands, by its record of `*`.
    func access(of device: DeviceID) async throws -> DeviceAccess {
        let state = try await replica.view(of: .device(device), site: .all).state
        guard state["@revoked"].standing != nil else { return .admitted }
        return state["@lost"].standing != nil ? .lost : .revoked
    }

    func isRevoked(_ device: DeviceID) async throws -> Bool { try await access(of: device) != .admitted }

    package func devices() async throws -> [DeviceStatus] {
        var all: [DeviceStatus] = []
        for device in try await identities.devices() {
            all.append(DeviceStatus(device: device, access: try await access(of: device.id)))
        }
        return all
    }

    /// Ends a device's access, or gives it back: then it gets the whole of what it lacks at its next sync.
    ///
    /// The line in ``RevocationFile`` comes first: if the power fails between the two, the record follows it
    /// when the store is opened next.
    /// - Parameters:
    ///   - text: the device's name, or the start of its id.
    ///   - author: who does it; `nil` for the operator of the server.
    /// - Throws: `Problem(.notFound)`, `Problem(.ambiguousNumber)`.
    package func set(
        _ access: DeviceAccess, device text: String, by author: Author? = nil
    ) async throws -> DeviceStatus {
        let device = try await device(text).device
        try RevocationFile(url: directory.revocations).note(device.id, access, at: environment.now())
        let name = device.certificate.name
        try await following("the access of \(name) is \(access == .admitted ? "given back" : "ended")") {
            try await write(access, of: device.id, by: author)
        }
        return DeviceStatus(device: device, access: access)
    }

    /// Writes the record of what stands in ``RevocationFile`` already. If that fails, the line takes effect
    /// as soon as the store can be written, so nobody may be told that nothing was done.
    ///
    /// - Parameter what: what the line says.
    func following<Result>(_ what: String, _ body: () async throws -> Result) async throws -> Result {
        do { return try await body() } catch let problem as Problem {
            throw Problem(
                problem.code,
                "\(problem.message), so that the record could not be written; but \(what): that stands in "
                    + "\(directory.revocations.path)",
                remedy: "\(problem.remedy): it takes effect with the next command that can write the store")
        }
    }

    /// - Parameter text: the device's name, or the start of its id.
    /// - Throws: `Problem(.notFound)`, `Problem(.ambiguousNumber)`.
    package func device(_ text: String) async throws -> DeviceStatus {
        let found = try await identities.devices().filter {
            $0.certificate.name == text || (text.count >= 4 && $0.id.hex.hasPrefix(text.lowercased()))
        }
        guard let device = found.first else {
            throw Problem(
                .notFound, "there is no device \(text)",
                remedy: "see `device list`; one that was enrolled before a restore comes back by itself "
                    + "when it syncs")
        }
        guard found.count == 1 else {
            let named = found.map { DeviceStatus(device: $0, access: .admitted) }.map {
                "\($0.shortID) (site \($0.site), enrolled \($0.enrolled))"
            }
            throw Problem(
                .ambiguousNumber, "\(text) names the devices \(named.joined(separator: ", "))",
                remedy: "give the id in place of the name; `device list` says when each was last seen")
        }
        return DeviceStatus(device: device, access: try await access(of: device.id))
    }

    private func write(
        _ access: DeviceAccess, of device: DeviceID, by author: Author? = nil
    ) async throws {
        let (isRevoked, isLost) = (access != .admitted, access == .lost)
        try await administer(
            .device(device),
            [
                RegisterWrite("@revoked", [ItemValue("@revoked", .yesNo(isRevoked))]),
                RegisterWrite("@lost", [ItemValue("@lost", .yesNo(isLost))]),
            ], study: try await study(), by: author)
        if isRevoked { try await identities.endSessions(of: device) }
    }

    /// Brings the store to what ``RevocationFile`` says: after a restore, before anything is given out.
    package func applyRevocations() async throws {
        let content = try RevocationFile(url: directory.revocations).read()
        for (device, access) in content.devices.sorted(by: { $0.key.hex < $1.key.hex })
        where try await self.access(of: device) != access {
            try await write(access, of: device)
        }
        for (name, isDisabled) in content.people.sorted(by: { $0.key < $1.key }) {
            guard let grant = try await PeopleShelf(replica).person(name), grant.isDisabled != isDisabled
            else { continue }
            _ = try await writeDisabled(isDisabled, grant)
        }
        for link in content.links.sorted(by: { Hex.encode($0) < Hex.encode($1) }) {
            _ = try await identities.endInvite(hash: link, now: environment.now())
        }
    }
}

extension Centre.DeviceStatus {
    package var name: String { device.certificate.name }
    package var site: String { device.site.text }
    package var shortID: String { String(device.id.hex.prefix(8)) }
    /// The name with what tells it from others of that name.
    package var fullName: String { "\(name) (\(shortID))" }
    /// When it was certified.
    package var enrolled: String {
        DeviceTime(milliseconds: device.certificate.issuedMilliseconds, offsetMinutes: 0).iso8601
    }
    package var pending: Int { device.pending }
    package var isCopied: Bool { device.isCopied }

    package var lastSeen: String? { Self.time(device.lastSeenMilliseconds) }
    /// When its clock was last seen to have run backwards.
    package var clockRanBack: String? { Self.time(device.clockBackMilliseconds) }

    private static func time(_ milliseconds: Int64?) -> String? {
        milliseconds.map { DeviceTime(milliseconds: $0, offsetMinutes: 0).iso8601 }
    }

    private var offsetSeconds: Int64? { device.clockOffsetMilliseconds.map { $0 / 1000 } }

    /// What is wrong with its clock; `nil` if it is good enough.
    package var clockTrouble: String? {
        var troubles: [String] = []
        if let offset = offsetSeconds, abs(offset) > Int64(ClockTolerance.seconds) {
            troubles.append("\(abs(offset)) s \(offset > 0 ? "ahead" : "behind")")
        }
        if let moment = clockRanBack { troubles.append("ran backwards, seen \(moment)") }
        return troubles.isEmpty ? nil : troubles.joined(separator: ", ")
    }

    package var json: JSON {
        .keyed([
            "device": .string(device.id.hex), "site": .string(site), "name": .string(name),
            "enrolled": .string(enrolled), "lastSeen": .optional(lastSeen),
            "clockOffsetSeconds": offsetSeconds.map { .int($0) } ?? .null,
            "clockRanBack": .optional(clockRanBack),
            "pending": .int(pending), "revoked": .bool(isRevoked), "lost": .bool(access == .lost),
            "copied": .bool(isCopied),
        ])
    }
}
