import Foundation

/// Small C libraries that stand before the C library's own functions in programs that a test starts
/// (`LD_PRELOAD`, on Linux), each made once by the C compiler that Swift brings.
actor PreloadedLibrary {
    static let shared = PreloadedLibrary()
    private var made: [String: Task<String, any Error>] = [:]

    /// Where the library of that name is.
    func path(_ name: String, _ source: String) async throws -> String {
        let task = made[name] ?? Task { try await Self.make(name, source) }
        made[name] = task
        return try await task.value
    }

    private static func make(_ name: String, _ source: String) async throws -> String {
        let folder = try Trial.makeFolder()
        FolderAtExit.remove(folder)
        let (text, library) = (folder.appending(path: name + ".c"), folder.appending(path: name + ".so"))
        try Data(source.utf8).write(to: text)
        let compiler = try Running(
            URL(fileURLWithPath: "/usr/bin/env"),
            ["clang", "-shared", "-fPIC", "-O1", "-o", library.path, text.path],
            environment: ProcessInfo.processInfo.environment, scratch: folder)
        let reply = await compiler.reply()
        guard reply.exit == 0 else { throw Failure("\(name) was not compiled: \(reply.err)") }
        return library.path
    }
}
