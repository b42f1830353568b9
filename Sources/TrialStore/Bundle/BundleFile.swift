package import Crypto
package import Foundation
import SyncProtocol
package import TrialModel

/// A bundle: what one replica of a site passes to another without a network, in one sealed file.
///
/// ```
/// header = "TrialSync bundle" 0x00 version (1) origin (1) length of the site code (1) site code notice
/// notice = nothing (version 1); length of what follows (4), a notice of a site key (version 2)
/// part   = length of what follows (4) sealed
/// sealed = AES-256-GCM (nonce, ciphertext, tag) of a request body (protocol.md, section 5),
///          with the header, the part's number (8) and whether it is the last (1) as associated data
/// ```
///
/// The key is derived from the site's first key, or from the later one whose notice stands in the header: the
/// centre makes it from the notice's id, a laptop opens it with a person's own envelope. Each part is as
/// large as a request at most, and proves itself as one does; a file that was cut, or whose parts were moved,
/// does not open.
package enum BundleFile {
    /// Who wrote a bundle.
    package enum Origin: UInt8, Sendable { case laptop = 1, centre = 2 }

    private static let magic = Data("TrialSync bundle".utf8) + [0]
    private static let (plainVersion, noticeVersion): (UInt8, UInt8) = (1, 2)
    private static let noticeLimitBytes = 1 << 20
    /// A part as large as a request, sealed.
    private static let partLimitBytes = WireLimits.bodyBytes + 64

    private static func header(_ site: SiteCode, _ origin: Origin, _ notice: Data) -> Data {
        let code = Data(site.text.utf8)
        let version = notice.isEmpty ? plainVersion : noticeVersion
        let header = magic + [version, origin.rawValue, UInt8(code.count)] + code
        guard !notice.isEmpty else { return header }
        return header + withUnsafeBytes(of: UInt32(notice.count).bigEndian) { Data($0) } + notice
    }

    /// The key of a site's bundles.
    package static func key(of siteKey: SymmetricKey) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: siteKey, info: Data("trialsync bundle".utf8), outputByteCount: 32)
    }

    private static func identity(_ header: Data, _ number: UInt64, isLast: Bool) -> Data {
        header + withUnsafeBytes(of: number.bigEndian) { Data($0) } + [isLast ? 1 : 0]
    }

    // MARK: Writing

    /// Writes a bundle part by part; the file appears under its name when it is whole.
    package struct Writer: ~Copyable {
        private let path: String
        private let handle: FileHandle
        private let header: Data
        private let key: SymmetricKey
        private var number: UInt64 = 0
        private var waiting: Data?
        package private(set) var bytesWritten: Int

        /// - Throws: `Problem(.alreadyExists)`; `Problem(.fileUnreadable)`.
        package init(
            to path: String, site: SiteCode, origin: Origin, key: SymmetricKey, notice: Data = Data()
        ) throws(Problem) {
            guard !FileManager.default.fileExists(atPath: path) else {
                throw Problem(.alreadyExists, "\(path) exists", remedy: "name another file")
            }
            let partial = path + ".partial"
            guard
                FileManager.default.createFile(
                    atPath: partial, contents: nil, attributes: [.posixPermissions: 0o600]),
                let handle = FileHandle(forWritingAtPath: partial)
            else { throw Problem(.fileUnreadable, "\(path) cannot be written") }
            let header = BundleFile.header(site, origin, notice)
            guard (try? handle.write(contentsOf: header)) != nil else {
                throw Problem(.diskFull, "\(path) cannot be written", remedy: "make room, and try again")
            }
            (self.path, self.handle, self.header, self.key) = (path, handle, header, key)
            bytesWritten = header.count
        }

        package mutating func add(_ body: Data) throws(Problem) {
            if let waiting { try seal(waiting, isLast: false) }
            waiting = body
        }

        /// Seals the last part, and gives the file its name.
        ///
        /// - Throws: `Problem(.fileUnreadable)`, `.diskFull`, `.diskFailed`, with what to do about this file.
        package mutating func finish() throws(Problem) {
            try seal(waiting ?? Data(), isLast: true)
            do {
                try handle.synchronize()
                try handle.close()
                try FileManager.default.moveItem(atPath: path + ".partial", toPath: path)
            } catch { throw Problem(.fileUnreadable, "\(path) cannot be written") }
            do { try DurableNames.flush(directoryOf: path) } catch {
                // The usual remedies are for the disk of the store.
                throw Problem(
                    error.code, error.message,
                    remedy: "name a file on another disk: what is in the store is still there")
            }
        }

        package func abandon() {
            try? handle.close()
            try? FileManager.default.removeItem(atPath: path + ".partial")
        }

        private mutating func seal(_ body: Data, isLast: Bool) throws(Problem) {
            let identity = BundleFile.identity(header, number, isLast: isLast)
            guard let sealed = try? AES.GCM.seal(body, using: key, authenticating: identity).combined else {
                throw Problem(.internalError, "a part of the bundle could not be sealed")
            }
            number += 1
            try write(withUnsafeBytes(of: UInt32(sealed.count).bigEndian) { Data($0) } + sealed)
        }

        private mutating func write(_ bytes: Data) throws(Problem) {
            do { try handle.write(contentsOf: bytes) } catch {
                throw Problem(.diskFull, "\(path) cannot be written", remedy: "make room, and try again")
            }
            bytesWritten += bytes.count
        }
    }

    // MARK: Reading

    /// Reads a bundle part by part, in bounded memory.
    package struct Reader: ~Copyable {
        package let site: SiteCode
        package let origin: Origin
        /// Of the key that it is sealed with; empty for the site's first.
        package let notice: Data
        package private(set) var bytesRead = 0
        private let path: String
        private let handle: FileHandle
        private let header: Data
        private var number: UInt64 = 0
        private var isAtEnd = false

        /// - Throws: `Problem(.fileUnreadable)`; `Problem(.malformed)` if the file is no bundle.
        package init(_ path: String) throws(Problem) {
            guard let handle = FileHandle(forReadingAtPath: path) else {
                throw Problem(.fileUnreadable, "\(path) cannot be read")
            }
            guard let (header, site, origin, notice) = Self.header(handle) else {
                try? handle.close()
                throw Problem(.malformed, "\(path) is no bundle", remedy: "name a file of `bundle export`")
            }
            (self.path, self.handle, self.header) = (path, handle, header)
            (self.site, self.origin, self.notice) = (site, origin, notice)
            bytesRead = header.count
        }

        private static func header(_ handle: FileHandle) -> (Data, SiteCode, Origin, Data)? {
            func read(_ count: Int) -> Data? {
                guard let bytes = try? handle.read(upToCount: count), bytes.count == count else { return nil }
                return bytes
            }
            guard let start = read(magic.count + 3).map({ Data($0) }), start.starts(with: magic),
                [plainVersion, noticeVersion].contains(start[magic.count]),
                let origin = Origin(rawValue: start[magic.count + 1]), start[magic.count + 2] > 0,
                let code = read(Int(start[magic.count + 2])),
                let site = SiteCode(String(decoding: code, as: UTF8.self))
            else { return nil }
            guard start[magic.count] == noticeVersion else { return (start + code, site, origin, Data()) }
            guard let length = read(4), case let count = length.reduce(0, { $0 << 8 | Int($1) }),
                (1...noticeLimitBytes).contains(count), let notice = read(count)
            else { return nil }
            return (start + code + length + notice, site, origin, notice)
        }

        /// The next request body; `nil` at the end.
        ///
        /// - Throws: `Problem(.sealBroken)` if it was altered or sealed for another site;
        ///   `Problem(.bodyIncomplete)` if the file was cut.
        package mutating func next(_ key: SymmetricKey) throws(Problem) -> Data? {
            guard !isAtEnd else { return nil }
            let head = try read(4)
            let count = head.reduce(0) { $0 << 8 | Int($1) }
            guard count <= partLimitBytes else {
                throw Problem(.sealBroken, "\(path) was altered", remedy: "have it made again")
            }
            let sealed = try read(count)
            for isLast in [false, true] {
                let identity = BundleFile.identity(header, number, isLast: isLast)
                guard let box = try? AES.GCM.SealedBox(combined: sealed),
                    let body = try? AES.GCM.open(box, using: key, authenticating: identity)
                else { continue }
                number += 1
                isAtEnd = isLast
                return body.isEmpty ? nil : body
            }
            throw Problem(
                .sealBroken, "\(path) was altered, or sealed with another key than the site's",
                remedy: "have it made again")
        }

        private mutating func read(_ count: Int) throws(Problem) -> Data {
            guard let bytes = try? handle.read(upToCount: count), bytes.count == count else {
                throw Problem(.bodyIncomplete, "\(path) was cut short", remedy: "copy it again")
            }
            bytesRead += count
            return bytes
        }

        deinit { try? handle.close() }
    }
}
