import CZstdRaw
import Foundation
import GRDB

/// What the machine can do with the same records and nothing around them, measured in the same run.
struct RawLimits {
    let oneTransactionPerSecond: Double
    let batchesPerSecond: Double
    let durableRowMilliseconds: Double
    let zstdBytesPerRecord: Double

    static func measure(_ records: [[String]], in directory: URL) throws -> RawLimits {
        let rows = records.map(Workload.json)
        let all = try time { try insert(rows, batch: rows.count, directory.appending(path: "raw1.db").path) }
        let batches = try time { try insert(rows, batch: 500, directory.appending(path: "raw2.db").path) }
        let durable = try durableRow(rows[0], directory.appending(path: "raw3.db").path)
        let values = Data(records.map { $0.joined(separator: "\t") }.joined(separator: "\n").utf8)
        var output = [UInt8](repeating: 0, count: ZSTD_compressBound(values.count))
        let written = values.withUnsafeBytes {
            ZSTD_compress(&output, output.count, $0.baseAddress, $0.count, 3)
        }
        return RawLimits(
            oneTransactionPerSecond: Double(rows.count) / all, batchesPerSecond: Double(rows.count) / batches,
            durableRowMilliseconds: durable, zstdBytesPerRecord: Double(written) / Double(rows.count))
    }

    private static func pool(_ path: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        let pool = try DatabasePool(path: path, configuration: configuration)
        try pool.write {
            try $0.execute(sql: "CREATE TABLE record (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")
        }
        return pool
    }

    private static func insert(_ rows: [String], batch: Int, _ path: String) throws {
        let pool = try pool(path)
        for start in stride(from: 0, to: rows.count, by: batch) {
            try pool.write { db in
                let statement = try db.cachedStatement(sql: "INSERT INTO record (body) VALUES (?)")
                for row in rows[start..<min(rows.count, start + batch)] {
                    try statement.execute(arguments: [row])
                }
            }
        }
        try pool.close()
    }

    private static func durableRow(_ row: String, _ path: String) throws -> Double {
        let pool = try pool(path)
        var times: [Double] = []
        for _ in 0..<200 {
            times.append(
                try time {
                    try pool.write {
                        try $0.execute(sql: "INSERT INTO record (body) VALUES (?)", arguments: [row])
                    }
                })
        }
        try pool.close()
        return times.median * 1000
    }
}

/// Seconds.
func time(_ work: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    return try clock.measure(work).seconds
}

@MainActor func time(_ work: @MainActor () async throws -> Void) async rethrows -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    try await work()
    return (clock.now - start).seconds
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

extension [Double] {
    var median: Double { isEmpty ? 0 : sorted()[count / 2] }
}
