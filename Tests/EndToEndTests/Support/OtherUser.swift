import Foundation

/// Somebody who is not root: Debian's `nobody`. Only root can become this user.
enum OtherUser {
    static let number: UInt32 = 65_534
    private static let program = "/usr/bin/setpriv"

    /// What stands before a command that this user runs.
    static let command = [program, "--reuid=\(number)", "--regid=\(number)", "--clear-groups"]

    static let isPossible: Bool = {
        guard getuid() == 0, FileManager.default.isExecutableFile(atPath: program) else { return false }
        return [Program.trialsync, .trialsyncd].allSatisfy { program in
            guard let place = try? program.url() else { return false }
            return canReach(place)
        }
    }()

    /// Whether this user may run a program, or look into a folder, and into each on the way there.
    static func canReach(_ file: URL) -> Bool {
        var place = file.resolvingSymlinksInPath()
        while place.path != "/" {
            let found = try? FileManager.default.attributesOfItem(atPath: place.path)
            guard let mode = found?[.posixPermissions] as? Int, mode & 0o001 != 0 else { return false }
            place = place.deletingLastPathComponent()
        }
        return true
    }

    /// Gives a folder to this user, or another, with all that is in it.
    static func own(_ folder: URL, by owner: UInt32 = OtherUser.number) throws {
        let inside = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        for path in [folder.path] + inside.map({ folder.path + "/" + $0 }) {
            guard lchown(path, owner, owner) == 0 else { throw Failure("\(path): error \(errno)") }
        }
    }

    static func set(_ mode: Int, _ folder: URL) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder.path)
    }
}
