import Foundation
import SyncClient

/// W6: how long the centre takes for each page of the console, of a trial with the shipped study.
struct PagesBench {
    struct Figure {
        let page: String
        /// Milliseconds, the median of several.
        let median: Double
        let slowest: Double
    }

    static let visitsPerParticipant = 50
    private static let rounds = 15
    private static let items = [
        "SV.date", "VS.weight", "PGA.vas", "RI.meninges", "RI.pituitary", "RI.orbit", "RI.lacrimal",
    ]

    let trial: BenchTrial
    let participants: Int
    private var cookies: URL { trial.directory.appending(path: "cookies") }

    /// Fills the centre, and asks for each page.
    ///
    /// - Returns: the pages with nothing new, then those after a laptop brought a change before each.
    func measure() async throws -> (quiet: [Figure], busy: [Figure]) {
        _ = try trial.run(
            ["user", "add", "boss", "--role", "coordinator", "--password-stdin"], input: "made-up-boss")
        let laptop = try await trial.laptop("pages")
        let numbers = try await fill(laptop)
        _ = try ask("/login", form: ["user": "boss", "password": "made-up-boss"])
        let first = try ask("/participants").text
        let participant = first.split(separator: "\"").first { $0.hasPrefix("/participants/") }.map(
            String.init)
        let pages =
            ["/", "/participants", "/conflicts", "/queries", "/quarantine", "/sites", "/study", "/exports"]
            + [participant, participant.map { $0 + "/BL" }].compactMap(\.self) + ["/audit"]
        let quiet = try pages.map { page in try figure(page) { try ask(page).milliseconds } }
        var busy: [Figure] = []
        for page in ["/", "/participants"] {
            var times: [Double] = []
            for round in 0..<Self.rounds {
                try await change(laptop, numbers[round * 7 % numbers.count], round)
                times.append(try ask(page).milliseconds)
            }
            busy.append(Figure(page: page, median: times.median, slowest: times.max() ?? 0))
        }
        await laptop.close()
        return (quiet, busy)
    }

    private func figure(_ page: String, _ ask: () throws -> Double) throws -> Figure {
        _ = try ask()
        let times = try (0..<Self.rounds).map { _ in try ask() }
        let name = page.count > 20 ? page.hasSuffix("/BL") ? "/participants/ID/BL" : "/participants/ID" : page
        return Figure(page: name, median: times.median, slowest: times.max() ?? 0)
    }

    private func fill(_ laptop: SiteStore) async throws -> [String] {
        var numbers: [String] = []
        for _ in 0..<participants {
            numbers.append(try await laptop.addParticipant().participant)
            if numbers.count.isMultiple(of: 10) { for try await _ in laptop.sync() {} }
        }
        for start in stride(from: 0, to: numbers.count, by: 20) {
            var lines = ["participant,event," + Self.items.joined(separator: ",")]
            for (index, number) in numbers[start..<min(start + 20, numbers.count)].enumerated() {
                for visit in 0..<Self.visitsPerParticipant { lines.append(line(number, index, visit)) }
            }
            _ = try await laptop.importVisits(csv: Data(lines.joined(separator: "\n").utf8))
        }
        for try await _ in laptop.sync() {}
        return numbers
    }

    private func line(_ number: String, _ index: Int, _ visit: Int) -> String {
        let event = ["BL", "W12", "W48"][safely: visit] ?? "UNS#\(visit - 2)"
        let (month, day) = (1 + visit / 5, 1 + (visit * 5 + index) % 28)
        let date = "2025-" + (month < 10 ? "0" : "") + "\(month)-" + (day < 10 ? "0" : "") + "\(day)"
        return "\(number),\(event),\(date),\(55 + index).5,\(visit),\(visit % 4),\(index % 4),1,0"
    }

    private func change(_ laptop: SiteStore, _ number: String, _ round: Int) async throws {
        var draft = try await laptop.open(number, "BL")
        try draft.set("PGA.vas", "\(10 + round)")
        _ = try await laptop.save(draft, reason: "bench")
        for try await _ in laptop.sync() {}
    }

    /// Asks as a browser would, by curl; the time is from the request to the last byte.
    private func ask(_ path: String, form: [String: String] = [:]) throws -> (
        text: String, milliseconds: Double
    ) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            [
                "curl", "-sk", "-b", cookies.path, "-c", cookies.path, "-w",
                "\n%{http_code} %{time_pretransfer} %{time_total}", trial.url + path,
            ] + form.flatMap { ["--data-urlencode", "\($0.key)=\($0.value)"] }
            + (form.isEmpty ? [] : ["-H", "Origin: \(trial.url)"])
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let parts = (text.split(separator: "\n").last ?? "").split(separator: " ")
        guard parts.count == 3, ["200", "303", "302"].contains(parts[0]), let begin = Double(parts[1]),
            let end = Double(parts[2])
        else { throw BenchTrial.Failed(message: "\(path): \(text.suffix(300))") }
        return (text, (end - begin) * 1000)
    }
}

extension Array {
    fileprivate subscript(safely index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
