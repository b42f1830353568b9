import Foundation
import SyncClient

/// A centre in its own process, over real TLS on loopback, and laptops in this one.
final class BenchTrial {
    struct Failed: Error { let message: String }

    let directory: URL
    /// Where the centre listens.
    private(set) var url = ""
    private let program: URL
    private let daemon = Process()
    private let sitePage = Process()

    /// - Parameter study: a definition in JSON; `nil` for the shipped one.
    init(study definition: String?) throws {
        directory = FileManager.default.temporaryDirectory.appending(
            path: "trialsync-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        program = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: "trialsyncd")
        let study = directory.appending(path: "study.json")
        try definition?.write(to: study, atomically: true, encoding: .utf8)
        _ = try run(["init"] + (definition == nil ? [] : ["--study", study.path]))
        try serve()
        _ = try run(["site", "add", "BEN", "Benchmark"])
        _ = try run(
            ["user", "add", "nurse", "--role", "dataEntry", "--site", "BEN", "--password-stdin"],
            input: "made-up-nurse")
    }

    private var environment: [String: String] {
        var environment = ProcessInfo.processInfo.environment
        environment["TRIALSYNC_DATA"] = directory.appending(path: "centre").path
        return environment
    }

    private func serve() throws {
        let output = Pipe()
        daemon.executableURL = program
        daemon.arguments = ["serve", "--listen", "127.0.0.1:0", "--rate-limit", "0"]
        daemon.environment = environment
        daemon.standardOutput = output
        daemon.standardError = FileHandle.nullDevice
        try daemon.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let address = line.split(whereSeparator: \.isWhitespace).last, address.hasPrefix("https://")
        else { throw Failed(message: "the daemon did not start") }
        url = String(address)
    }

    func run(_ arguments: [String], input: String = "", password: String? = nil) throws -> String {
        let process = Process()
        let (output, standardInput) = (Pipe(), Pipe())
        process.executableURL = program
        process.arguments = arguments
        process.environment = environment.merging(password.map { ["TRIALSYNC_PASSWORD": $0] } ?? [:]) { $1 }
        process.standardOutput = output
        process.standardInput = standardInput
        try process.run()
        standardInput.fileHandleForWriting.write(Data((input + "\n").utf8))
        try standardInput.fileHandleForWriting.close()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(message: "\(arguments): \(text)") }
        return text
    }

    func laptop(_ name: String) async throws -> SiteStore {
        let answer = try run(["invite", "--site", "BEN", "--json"])
        let link = answer.split(separator: "\"").first { $0.hasPrefix("trialsync://") }.map(String.init) ?? ""
        return try await SiteStore.enroll(
            link, at: places(name), device: name, user: "nurse", password: "made-up-nurse")
    }

    func places(_ name: String) -> SiteStore.Places {
        SiteStore.Places(
            store: directory.appending(path: name), state: directory.appending(path: "state"))
    }

    /// Starts the page of a laptop whose store nobody has open.
    ///
    /// - Returns: the address that opens once.
    func page(of name: String) throws -> String {
        let output = Pipe()
        sitePage.executableURL = program.deletingLastPathComponent().appending(path: "trialsync")
        sitePage.arguments = ["ui", "--no-open", "--sync-every", "0"]
        sitePage.environment = environment.merging(
            ["TRIALSYNC_STORE": places(name).store.path, "TRIALSYNC_STATE": places(name).state.path]
        ) { $1 }
        sitePage.standardOutput = output
        try sitePage.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let address = line.split(whereSeparator: \.isWhitespace).last, address.hasPrefix("http://")
        else { throw Failed(message: "the site's page did not start") }
        return String(address)
    }

    /// The centre's largest resident size so far, in MiB.
    var peakMebibytes: Double {
        let status =
            (try? String(contentsOfFile: "/proc/\(daemon.processIdentifier)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") } ?? ""
        return (Double(line.filter(\.isNumber)) ?? 0) / 1024
    }

    func end() {
        if sitePage.isRunning {
            sitePage.terminate()
            sitePage.waitUntilExit()
        }
        daemon.terminate()
        daemon.waitUntilExit()
        try? FileManager.default.removeItem(at: directory)
    }
}
