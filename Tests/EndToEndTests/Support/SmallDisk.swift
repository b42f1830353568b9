import Foundation

/// A file system of a few megabytes in memory, at the place where a program keeps its store. Only root can
/// have one, on Linux.
final class SmallDisk: Sendable {
    static let isPossible: Bool = {
        let place = FileManager.default.temporaryDirectory.appending(path: "trialsync-mount-\(getpid())")
        defer { try? FileManager.default.removeItem(at: place) }
        return (try? SmallDisk(at: place, mebibytes: 1)) != nil
    }()

    let place: URL
    private var ballast: URL { place.appending(path: "other-peoples-files") }

    init(at place: URL, mebibytes: Int) throws {
        self.place = place
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        #if os(Linux)
        guard mount("tmpfs", place.path, "tmpfs", 0, "size=\(mebibytes)m,mode=700") == 0 else {
            throw Failure("nothing can be mounted here")
        }
        #else
        throw Failure("only on Linux")
        #endif
    }

    /// Fills it, except for so many bytes.
    func fill(leaving free: Int = 0) throws {
        var found = statvfs()
        guard statvfs(place.path, &found) == 0 else { throw Failure("\(place.path) is gone") }
        let bytes = Int(found.f_bavail) * Int(found.f_frsize) - free
        try Data(repeating: 0x20, count: max(0, bytes)).write(to: ballast)
    }

    /// Takes the ballast away. It is cut first: a program that another test started while it was written may
    /// hold it open, and its room would come back only when that program ends.
    func makeRoom() throws {
        guard truncate(ballast.path, 0) == 0 else { throw Failure("\(ballast.path) cannot be cut") }
        try FileManager.default.removeItem(at: ballast)
    }

    /// Makes it read-only, or writable again.
    func set(readOnly: Bool) throws {
        #if os(Linux)
        let flags = UInt(MS_REMOUNT) | (readOnly ? UInt(MS_RDONLY) : 0)
        guard mount("tmpfs", place.path, "tmpfs", flags, "") == 0 else {
            throw Failure("\(place.path) cannot be mounted anew: error \(errno)")
        }
        #endif
    }

    deinit {
        #if os(Linux)
        umount2(place.path, Int32(MNT_DETACH))
        #endif
    }
}
