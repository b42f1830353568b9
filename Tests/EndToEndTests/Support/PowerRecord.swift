import Foundation

#if os(Linux)
/// What programs do to the files below a folder, call by call, and what a test was answered in between: for
/// those that are started with its environment, on Linux.
///
/// A library that stands before the C library's own functions appends a record to one file, which lies
/// elsewhere; ``PowerDisk`` gives what a disk could hold after any of them.
final class PowerRecord: Sendable {
    /// One call, or one note of the test.
    struct Entry {
        enum Kind: UInt32 {
            case created = 1
            case written, resized, flushed, renamed, unlinked, linked, madeFolder, removedFolder
            case noted = 20
        }

        /// Where it begins in the record, in bytes: the order of all.
        let position: Int
        let kind: Kind
        /// The file's or folder's number in its file system.
        let number: UInt64
        /// Where in the file it was written, or how long it became; of a flush, how long the record was as
        /// the call began.
        let place: Int
        /// Names below the folder.
        let from: [String]
        let to: [String]
        let bytes: Data
    }

    let root: URL
    let environment: [String: String]
    private let file: URL

    /// - Parameters:
    ///   - root: what is recorded; only folders stand in it yet that matter.
    ///   - scratch: another folder of the same file system.
    init(of root: URL, in scratch: URL) async throws {
        self.root = root.resolvingSymlinksInPath()
        file = scratch.appending(path: "record")
        try Data().write(to: file)
        environment = [
            "LD_PRELOAD": try await PreloadedLibrary.shared.path("power", Self.library),
            "POWER_ROOT": self.root.path, "POWER_RECORD": file.path,
        ]
    }

    /// Notes a number between the calls: of what was asked for, or answered.
    func note(_ number: Int) throws {
        var bytes = Data()
        for field in [Entry.Kind.noted.rawValue, 0, 0, 0] { bytes.append(Self.bytes(field)) }
        bytes.append(Self.bytes(UInt64(number)))
        bytes.append(Self.bytes(UInt64(0)))
        let descriptor = open(file.path, O_WRONLY | O_APPEND | O_CLOEXEC)
        defer { close(descriptor) }
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count else { throw Failure("\(file.path) cannot be written") }
    }

    private static func bytes(_ number: some FixedWidthInteger) -> Data {
        withUnsafeBytes(of: number.littleEndian) { Data($0) }
    }

    /// All of them, in order.
    func entries() throws -> [Entry] {
        let record = try Data(contentsOf: file)
        let headBytes = 4 * MemoryLayout<UInt32>.size + 2 * MemoryLayout<UInt64>.size
        var (entries, position): ([Entry], Int) = ([], 0)
        while position < record.count {
            guard let entry = entry(of: record, at: position, headBytes) else {
                throw Failure("the record cannot be read at \(position)")
            }
            entries.append(entry.0)
            position = entry.end
        }
        return entries
    }

    private func entry(of record: Data, at position: Int, _ headBytes: Int) -> (Entry, end: Int)? {
        guard position + headBytes <= record.count else { return nil }
        let head = record.withUnsafeBytes { bytes in
            (
                short: (0..<4).map {
                    bytes.loadUnaligned(fromByteOffset: position + 4 * $0, as: UInt32.self)
                },
                long: (0..<2).map {
                    bytes.loadUnaligned(fromByteOffset: position + 16 + 8 * $0, as: UInt64.self)
                }
            )
        }
        var ends = [position + headBytes]
        for count in head.short.dropFirst() { ends.append(ends[ends.count - 1] + Int(count)) }
        guard let kind = Entry.Kind(rawValue: head.short[0]), ends[3] <= record.count else { return nil }
        let entry = Entry(
            position: position, kind: kind, number: head.long[0], place: Int(head.long[1]),
            from: names(record[ends[0]..<ends[1]]), to: names(record[ends[1]..<ends[2]]),
            bytes: Data(record[ends[2]..<ends[3]]))
        return (entry, ends[3])
    }

    private func names(_ bytes: Data) -> [String] {
        let path = String(decoding: bytes, as: UTF8.self)
        return path.dropFirst(root.path.count).split(separator: "/").map(String.init)
    }
}
#endif
