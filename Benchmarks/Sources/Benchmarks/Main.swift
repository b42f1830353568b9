import Foundation
import SyncClient

/// `swift run -c release Benchmarks [RECORDS]`: W0 to W5 of docs/performance.md, with the raw limits of the
/// same run. `Benchmarks pages [PARTICIPANTS]`: W6, the pages of the console.
@main
struct Main {
    struct Figure: Encodable {
        let name: String
        let value: Double
        let unit: String
        let note: String
    }

    static func main() async throws {
        if CommandLine.arguments.dropFirst().first == "pages" {
            return try await pages(CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 1000)
        }
        let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 10_000
        let trial = try BenchTrial(study: Workload.study)
        defer { trial.end() }
        var figures: [Figure] = []
        func add(_ name: String, _ value: Double, _ unit: String, _ note: String = "") {
            figures.append(Figure(name: name, value: value, unit: unit, note: note))
            let text = value >= 1000 ? String(Int(value)) : String(format: "%.2f", value)
            let left = name.padding(toLength: 34, withPad: " ", startingAt: 0)
            print(
                left + String(repeating: " ", count: max(0, 10 - text.count)) + text + " " + unit + "  "
                    + note)
        }
        var workload = Workload(seed: 1)
        let records = (0..<count).map { _ in workload.record() }
        let limits = try RawLimits.measure(records, in: trial.directory)
        let jsonBytes = Double(records.reduce(0) { $0 + Workload.json($1).utf8.count }) / Double(count)
        add("a record as JSON", jsonBytes, "B")
        add("limit: SQLite, one transaction", limits.oneTransactionPerSecond, "rows/s")
        add("limit: SQLite, batches of 500", limits.batchesPerSecond, "rows/s")
        add("limit: one durable row", limits.durableRowMilliseconds, "ms")
        add("limit: zstd -3 of the values", limits.zstdBytesPerRecord, "B/record")

        let a = try await trial.laptop("a")
        var participants: [String] = []
        for _ in 0..<(count + Workload.visitsPerParticipant - 1) / Workload.visitsPerParticipant {
            participants.append(try await a.addParticipant().participant)
            // Numbers are leased by the block, and renewed at a sync.
            if participants.count.isMultiple(of: 10) { _ = try await sync(a) }
        }
        _ = try await sync(a)
        let imported = try await time {
            _ = try await a.importVisits(csv: Workload.csv(records, participants: participants))
        }
        add("import (offline, all checks)", Double(count) / imported, "records/s")

        var pushed = (sent: 0, received: 0)
        let w1 = try await time { pushed = try await sync(a) }
        add(
            "W1 push", Double(count) / w1, "records/s",
            "1/\(Int(limits.oneTransactionPerSecond / (Double(count) / w1))) of the limit")
        add("wire up", Double(pushed.sent) / Double(count), "B/record")

        // A fresh laptop has its first sync inside enrolment.
        let b: SiteStore
        let clock = ContinuousClock()
        let start = clock.now
        b = try await trial.laptop("b")
        let w2 = (clock.now - start).seconds
        add("W2 pull, with enrolment", Double(count) / w2, "records/s")

        try await measureDeltas(a, b, participants, count, add)
        add(
            "W5 one durable save", try await saves(a, participants), "ms",
            "limit \(limits.durableRowMilliseconds) ms")
        add("centre, peak memory", trial.peakMebibytes, "MiB")
        await a.close()
        await b.close()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(figures).write(to: URL(fileURLWithPath: "results.json"))
    }

    private static func pages(_ participants: Int) async throws {
        let trial = try BenchTrial(study: nil)
        defer { trial.end() }
        let (quiet, busy, site) = try await PagesBench(trial: trial, participants: participants).measure()
        print("W6: \(participants) participants of \(PagesBench.visitsPerParticipant) visits, in ms")
        for (title, figures) in [("nothing new", quiet), ("after a change", busy), ("at the site", site)] {
            for figure in figures {
                let name = "\(figure.page), \(title)".padding(toLength: 40, withPad: " ", startingAt: 0)
                print(name + String(format: "median %8.1f, slowest %8.1f", figure.median, figure.slowest))
            }
        }
        print(String(format: "centre, peak memory %.0f MiB", trial.peakMebibytes))
    }

    private static func sync(_ store: SiteStore) async throws -> (sent: Int, received: Int) {
        var totals = (sent: 0, received: 0)
        for try await progress in store.sync() {
            totals = (progress.totals.bytesSent, progress.totals.bytesReceived)
        }
        return totals
    }

    @MainActor private static func measureDeltas(
        _ a: SiteStore, _ b: SiteStore, _ participants: [String], _ count: Int,
        _ add: @MainActor (String, Double, String, String) -> Void
    ) async throws {
        _ = try await sync(a)
        _ = try await sync(b)
        var idle: [Double] = []
        for _ in 0..<50 { idle.append(try await time { _ = try await sync(a) }) }
        add("W0 nothing to do", idle.median * 1000, "ms", "median of 50")

        var deltas: [Double] = []
        for round in 0..<5 {
            let csv = Workload.csv("B.i1", first: round * 100, count: 100, participants: participants) {
                "\(($0 + round) % 7 + 10)"
            }
            _ = try await a.importVisits(csv: csv, reason: "bench")
            deltas.append(
                try await time {
                    _ = try await sync(a)
                    _ = try await sync(b)
                })
        }
        add("W3 100 changes, both legs", deltas.median * 1000, "ms", "N = \(count), median of 5")

        let conflicted = min(1000, count)
        for (store, value) in [(a, "111"), (b, "222")] {
            let csv = Workload.csv("B.i2", first: 0, count: conflicted, participants: participants) { _ in
                value
            }
            _ = try await store.importVisits(csv: csv, reason: "bench")
        }
        let w4 = try await time {
            _ = try await sync(a)
            _ = try await sync(b)
            _ = try await sync(a)
        }
        let flagged = (try await a.conflicts().count, try await b.conflicts().count)
        add("W4 1,000 conflicts", w4, "s", "flagged \(flagged.0) and \(flagged.1)")
    }

    /// Milliseconds, median of 100 saves of one item.
    @MainActor private static func saves(_ store: SiteStore, _ participants: [String]) async throws -> Double
    {
        var times: [Double] = []
        for index in 0..<100 {
            let visit = Workload.visit(2000 + index, participants).split(separator: ",").map(String.init)
            var draft = try await store.open(visit[0], visit[1])
            try draft.set("B.note", "measured \(index)")
            let form = draft
            times.append(try await time { _ = try await store.save(form, reason: "bench") })
        }
        return times.median * 1000
    }
}
