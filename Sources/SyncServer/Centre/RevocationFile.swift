import Foundation
import TrialModel
import TrialStore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// How a device stands with the centre.
package enum DeviceAccess: String, Hashable, Sendable, CaseIterable {
    case admitted
    /// It may only hand in what it has, into quarantine.
    case revoked
    /// The same, and at the next contact it destroys its key slots.
    case lost
}

/// What a database that was put back must not bring back: an append-only list outside of it, of devices and
/// people whose access was ended (or given back) and of links that are used up or taken back.
///
/// One line each, the last of a name counts, and a line without its end was never written:
///
///     device 16-BYTES-IN-HEX admitted|revoked|lost TIME
///     person USER-NAME disabled|enabled TIME
///     link SHA-256-OF-TOKEN-IN-HEX ended TIME
struct RevocationFile: Sendable {
    /// What the lines come to.
    struct Content: Hashable, Sendable {
        var devices: [DeviceID: DeviceAccess] = [:]
        /// Whether each person's access was ended.
        var people: [String: Bool] = [:]
        var links: Set<Data> = []
    }

    let url: URL

    /// Adds a line, which has reached the disk when this returns.
    ///
    /// - Throws: `store-read-only`, `disk-full`.
    func note(_ device: DeviceID, _ access: DeviceAccess, at now: Int64) throws(Problem) {
        try append("device \(device.hex) \(access.rawValue) \(Self.time(now))")
    }

    func note(person name: String, isDisabled: Bool, at now: Int64) throws(Problem) {
        try append("person \(name) \(isDisabled ? "disabled" : "enabled") \(Self.time(now))")
    }

    /// Notes that a link can never be used again.
    func noteEnded(link hash: Data, at now: Int64) throws(Problem) {
        try append("link \(Hex.encode(hash)) ended \(Self.time(now))")
    }

    private static func time(_ now: Int64) -> String {
        DeviceTime(milliseconds: now, offsetMinutes: 0).iso8601
    }

    private func append(_ line: String) throws(Problem) {
        let file = open(url.path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Problem(.storeReadOnly, "\(url.path) cannot be written") }
        defer { _ = close(file) }
        // A line that a power cut left without its end must not swallow this one.
        let isTorn = (try? Data(contentsOf: url)).map { !$0.isEmpty && $0.last != 10 } ?? false
        let bytes = Array(((isTorn ? "\n" : "") + line + "\n").utf8)
        let count = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        guard count == bytes.count, fsync(file) == 0 else {
            throw Problem(.diskFull, "\(url.path) cannot be written")
        }
        // Whoever made the file may have been cut short since.
        try DurableNames.flush(directoryOf: url.path)
    }

    /// - Throws: `store-damaged` for a line that is none: whose access was ended must not be guessed at.
    func read() throws(Problem) -> Content {
        guard FileManager.default.fileExists(atPath: url.path) else { return Content() }
        guard let bytes = try? Data(contentsOf: url) else {
            throw Problem(.fileUnreadable, "\(url.path) cannot be read")
        }
        var content = Content()
        let lines = String(decoding: bytes, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        for line in lines.dropLast() {
            try Self.take(line, into: &content, in: url)
        }
        return content
    }

    private static func take(_ line: Substring, into content: inout Content, in url: URL) throws(Problem) {
        let words = line.split(separator: " ")
        switch words.first {
        case "device":
            if words.count == 4, let bytes = Hex.decode(words[1]), let device = DeviceID(bytes: bytes),
                let access = DeviceAccess(rawValue: String(words[2]))
            {
                content.devices[device] = access
                return
            }
        case "person":
            if words.count == 4, ["disabled", "enabled"].contains(words[2]) {
                content.people[String(words[1])] = words[2] == "disabled"
                return
            }
        case "link":
            if words.count == 4, let bytes = Hex.decode(words[1]), bytes.count == 32 {
                content.links.insert(Data(bytes))
                return
            }
        default: break
        }
        // What a power cut left of a line is followed by one that is whole; it says nothing.
        guard isTorn(line) else {
            throw Problem(
                .storeDamaged, "a line of \(url.path) cannot be read", remedy: "restore it from the backup")
        }
    }

    private static func isTorn(_ line: Substring) -> Bool {
        line.isEmpty || ["device ", "person ", "link "].contains { $0.hasPrefix(line) || line.hasPrefix($0) }
    }
}
