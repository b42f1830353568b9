import Foundation
import SyncProtocol
package import TrialModel
package import TrialStore

/// A file that an export has made.
package struct ExportedFile: Hashable, Sendable {
    package let path: String
    /// Rows of the table without its header, or documents.
    package let rows: Int
    package let sha256: String

    package var json: JSON {
        .keyed(["path": .string(path), "rows": .int(rows), "sha256": .string(sha256)])
    }
}

/// What of the audit trail is wanted, as a person says it.
package struct AuditRequest: Sendable {
    /// The forms in which it is written.
    package enum Format: String, CaseIterable, Sendable { case csv, json }

    package var participant: String?
    package var site: String?
    package var person: String?
    /// Days of receipt at the centre, UTC, both inclusive.
    package var from: String?
    package var to: String?
    /// A kind of change: `save`, `lock`.
    package var kind: String?
    /// The sites of whoever asks; `nil` for all.
    package var seenSites: Set<SiteCode>?
    package var format = Format.csv
    package var replaces = false

    package init() {}

    /// - Throws: `Problem(.usage)` if a day is no whole date or the last is before the first.
    fileprivate func received() throws(Problem) -> Range<Int64>? {
        guard from != nil || to != nil else { return nil }
        let first = try from.map(Self.milliseconds) ?? .min
        let last = try to.map(Self.milliseconds) ?? .max
        guard first <= last else { throw Problem(.usage, "--to is before --from") }
        return first..<(last == .max ? .max : last + 86_400_000)
    }

    private static func milliseconds(_ text: String) throws(Problem) -> Int64 {
        guard let date = CalendarDate(text), let day = date.dayNumber else {
            throw Problem(.usage, "\(text) is not a date like 2026-03-02")
        }
        return Int64(day) * 86_400_000
    }
}

extension Centre {
    /// Writes the audit trail to a file: every save that the centre took, applied or not, with old and new
    /// values. Memory does not grow with the values; others go on working meanwhile.
    ///
    /// - Parameter progress: entries looked at, of how many.
    /// - Throws: `Problem(.alreadyExists)`, `.fileUnreadable`, `.diskFull`; `.unknownParticipant`,
    ///   `.siteUnknown`, `.notFound` for a person, `.usage` for what is asked. Then there is no file.
    package func exportAudit(
        to path: String, _ request: AuditRequest,
        progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
    ) async throws -> ExportedFile {
        let (filter, names) = try await asked(request, of: try await book().participants())
        return try await replica.withAuditTrail(filter, names: names) { trail in
            var file = try ExportFile(path, replacing: request.replaces)
            let rows = try Self.write(trail, request, progress) { text in try file.write(text) }
            return ExportedFile(path: path, rows: rows, sha256: try file.finish())
        }
    }

    /// What ``exportAudit(to:_:progress:)`` writes, as bytes.
    ///
    /// - Throws: as it does for what is asked.
    package func auditFile(_ request: AuditRequest) async throws -> [UInt8] {
        let (filter, names) = try await asked(request, of: try await book().participants())
        return try await replica.withAuditTrail(filter, names: names) { trail in
            var bytes: [UInt8] = []
            _ = try Self.write(trail, request, { _, _ in }) { text in bytes += text.utf8 }
            return bytes
        }
    }

    /// A part of the trail to look at, the newest receipt first.
    ///
    /// - Throws: as ``exportAudit(to:_:progress:)`` does for what is asked.
    package func auditPart(
        _ request: AuditRequest, skipping: Int, limit: Int
    ) async throws -> AuditTrail.Part {
        // A page is asked for again and again, by a daemon that has everybody in memory.
        let (filter, names) = try await asked(request, of: try await list().cards.map(\.participant))
        return try await replica.withAuditTrail(filter, names: names) { trail in
            try trail.newest(skipping: skipping, limit: limit)
        }
    }

    /// Entries as the audit trail tells them, by their names, each with the participant it is about.
    ///
    /// - Parameter known: the participants' numbers as people use them; others are looked up.
    package func auditEntries(
        _ entries: [HistoryEntry], names known: [EnrolmentID: String] = [:]
    ) async throws -> [String: (audit: AuditEntry, participant: EnrolmentID?)] {
        var looked = known
        for case let id? in Set(entries.map { $0.change?.record.participant }) where looked[id] == nil {
            looked[id] = try? await book().participant(id).name
        }
        let numbers = looked
        return try await replica.withAuditTrail(AuditFilter(), names: numbers) { trail in
            var found: [String: (audit: AuditEntry, participant: EnrolmentID?)] = [:]
            for entry in entries {
                found[entry.name.description] = (try trail.view(of: entry), entry.change?.record.participant)
            }
            return found
        }
    }

    /// What is asked, as the store knows it, with the participants' numbers.
    private func asked(
        _ request: AuditRequest, of everybody: [CaseBook.Participant]
    ) async throws -> (filter: AuditFilter, names: [EnrolmentID: String]) {
        var filter = AuditFilter()
        (filter.received, filter.kind, filter.sites) = (
            try request.received(), request.kind, request.seenSites
        )
        if let name = request.person, name != ownAuthor.name { _ = try await person(name) }
        filter.person = request.person
        if let site = request.site {
            filter.sites = Set([try await self.site(site)]).filter { request.seenSites?.contains($0) ?? true }
        }
        if let number = request.participant {
            let wanted = number.uppercased()
            let found = everybody.filter {
                ($0.name.uppercased() == wanted || $0.view.state.number?.uppercased() == wanted)
                    && request.seenSites?.contains($0.site) ?? true
            }
            guard !found.isEmpty else {
                throw Problem(.unknownParticipant, "no participant has the number \(number) here")
            }
            filter.participants = Set(found.map(\.id))
        }
        return (filter, Dictionary(everybody.map { ($0.id, $0.name) }) { first, _ in first })
    }

    /// - Returns: how many rows or documents were written.
    private static func write(
        _ trail: AuditTrail, _ request: AuditRequest, _ progress: (Int, Int) -> Void,
        _ write: (String) throws -> Void
    ) throws -> Int {
        let total = try trail.count()
        var rows = 0
        let looked = { (done: Int) in if done % 1000 == 0 || done == total { progress(done, total) } }
        switch request.format {
        case .csv:
            try write(CSVLine.text(AuditEntry.header))
            try trail.forEach(looked: looked) { entry in
                for row in entry.rows {
                    try write(CSVLine.text(row))
                    rows += 1
                }
            }
        case .json:
            try trail.forEach(looked: looked) { entry in
                try write((rows == 0 ? "[\n" : ",\n") + entry.json.text)
                rows += 1
            }
            try write(rows == 0 ? "[]\n" : "\n]\n")
        }
        return rows
    }
}
