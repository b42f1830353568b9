public import Foundation
public import TrialModel
import TrialStore

/// What an import did, or would have needed.
public struct ImportResult: Sendable {
    public let saved: Int
    public let problems: [ImportProblem]
}

extension SiteStore {
    /// The largest file that one import takes.
    public static let importLimitBytes = 64 << 20

    /// Saves many visits from CSV (RFC 4180): header `participant,event,ITEM,ITEM,...`; one save a line; an
    /// empty cell leaves the item alone; all or nothing. A log form in place of the event begins a new line
    /// of that log.
    ///
    /// - Returns: how many visits were saved, or every line that stands in the way.
    public func importVisits(csv bytes: Data, reason: String = "") async throws -> ImportResult {
        guard bytes.count <= Self.importLimitBytes else {
            throw Problem(
                .bodyTooLarge, "the file is larger than \(Self.importLimitBytes >> 20) MiB",
                remedy: "split it")
        }
        let book = try await book()
        let known = Set(try await book.participants(site: site).map(\.name))
        let table = try ImportTable(bytes, study: book.study, participants: known)
        guard table.problems.isEmpty else { return ImportResult(saved: 0, problems: table.problems) }
        return try await save(table.lines, reason)
    }

    /// Saves the lines, or says on which of them a refusal stands.
    private func save(_ lines: [ImportTable.Line], _ reason: String) async throws -> ImportResult {
        let plans = lines.map { line in
            PlannedSave(
                participant: line.participant, sheet: line.sheet, values: line.values, base: nil,
                reason: reason)
        }
        do {
            return ImportResult(saved: try await save(plans), problems: [])
        } catch let problem as Problem {
            guard
                [.reasonNeeded, .conflictOpen, .recordLocked, .recordVoided, .unknownEvent].contains(
                    problem.code)
            else {
                throw problem
            }
            var problems: [ImportProblem] = []
            for (plan, line) in zip(plans, lines) {
                do { try await check(plan) } catch let problem as Problem {
                    problems.append(ImportProblem(line: line.line, problem.message, problem.code))
                }
            }
            return ImportResult(saved: 0, problems: problems)
        }
    }
}
