import Foundation
import TrialSyncTesting

#if os(Linux)
/// Puts files as a disk held them where programs look for them.
///
/// A laptop knows its store by the file's number, too: each number that there was at the end of a record
/// stays with its file, however often it is put there.
struct PowerRebuilding {
    private let disk: PowerDisk
    private let kept: URL
    /// Who bore each number last, and has it at the end. A number is given anew when its file is deleted, so
    /// that one machine may have lost the deletion, and the other have the new file.
    private let bearers: [UInt64: Int]
    /// What a test keeps beside what is recorded.
    private let others: Set<String>

    /// Takes charge of what the root holds.
    ///
    /// - Parameter kept: an empty folder of the same file system.
    init(_ disk: PowerDisk, kept: URL, leaving others: Set<String>) throws {
        (self.disk, self.kept, self.others) = (disk, kept, others)
        bearers = Dictionary(disk.things.enumerated().map { ($1.number, $0) }) { max($0, $1) }
        try FileManager.default.createDirectory(at: kept, withIntermediateDirectories: true)
        for path in try paths() {
            let file = disk.root.appending(path: path)
            guard try Self.isFile(file) else { continue }
            let copy = kept.appending(path: "\(try PowerDisk.number(of: file))")
            try FileManager.default.linkItem(at: file, to: copy)
        }
    }

    private static func isFile(_ file: URL) throws -> Bool {
        let kind = try FileManager.default.attributesOfItem(atPath: file.path)[.type]
        return kind as? FileAttributeType == .typeRegular
    }

    private func paths() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: disk.root.path).filter { path in
            !others.contains(String(path.prefix { $0 != "/" })) && !path.hasSuffix("-shm")
        }
    }

    /// The names under which the root and the record do not hold the same, at the end of the record.
    func differences() throws -> [String] {
        var random = SeededGenerator(seed: 0)
        var recorded: [String: Data?] = [:]
        for found in disk.state(at: .max, random: &random) { recorded[found.path] = .some(found.bytes) }
        var (differences, real): ([String], Set<String>) = ([], Set(try paths()))
        for path in real.union(recorded.keys).sorted() {
            let file = disk.root.appending(path: path)
            guard let known = recorded[path], real.remove(path) != nil else {
                differences.append(path)
                continue
            }
            if try Self.isFile(file) ? Data(contentsOf: file) != known : known != nil {
                differences.append(path)
            }
        }
        return differences
    }

    /// Puts a state in the place of what is there.
    func build(_ state: [PowerDisk.Found]) throws {
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: disk.root.path) where !others.contains(name) {
            try files.removeItem(at: disk.root.appending(path: name))
        }
        for found in state {
            let place = disk.root.appending(path: found.path)
            guard let bytes = found.bytes else {
                try files.createDirectory(
                    at: place, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
                continue
            }
            let number = disk.things[found.thing].number
            let copy = kept.appending(path: "\(number)")
            if bearers[number] == found.thing, files.fileExists(atPath: copy.path) {
                try files.linkItem(at: copy, to: place)
            } else {
                let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
                _ = files.createFile(atPath: place.path, contents: nil, attributes: attributes)
            }
            let handle = try FileHandle(forWritingTo: place)
            try handle.truncate(atOffset: 0)
            try handle.write(contentsOf: bytes)
            try handle.close()
        }
    }
}
#endif
