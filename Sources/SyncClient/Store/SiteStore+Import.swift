public import Foundation
public import TrialModel
import TrialStore

/// A line of an import that cannot be saved.
public struct ImportProblem: Hashable, Sendable {
    /// 1 is the header.
    public let line: Int
    public let item: String?
    public let message: String
    public let code: ProblemCode
}

/// What an import did, or would have needed.
public struct ImportResult: Sendable {
    public let saved: Int
    public let problems: [ImportProblem]
}

extension SiteStore {
    /// The largest file that one import takes.
    public static let importLimitBytes = 64 << 20
    private static let problemLimit = 1000

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
        let rows = try CSVReader.rows(bytes)
        guard let header = rows.first?.cells, header.count > 2, header[0] == "participant",
            header[1] == "event"
        else {
            throw Problem(.malformed, "the first line must be participant,event,ITEM,ITEM,...")
        }
        var problems = Self.headerProblems(header, book.study)
        var plans: [PlannedSave] = []
        var seen: [String: Int] = [:]
        let known = Set(try await book.participants(site: site).map(\.name))
        for row in rows.dropFirst() where row.cells != [""] {
            let (plan, found) = Self.plan(row, header, book, known, reason)
            problems += found
            let visit = row.cells.prefix(2).joined(separator: " ")
            let isLine = row.cells.count > 1 && book.isLog(row.cells[1])
            if !isLine, let earlier = seen.updateValue(row.line, forKey: visit) {
                problems.append(
                    ImportProblem(
                        line: row.line, item: nil, message: "\(visit) stands on line \(earlier) too",
                        code: .usage))
            }
            if let plan { plans.append(plan) }
            if problems.count >= Self.problemLimit { break }
        }
        guard problems.isEmpty else { return ImportResult(saved: 0, problems: problems) }
        return try await save(plans, lines: rows.dropFirst().filter { $0.cells != [""] }.map(\.line))
    }

    /// Saves the plans, or says on which line the first refusal stands.
    private func save(_ plans: [PlannedSave], lines: [Int]) async throws -> ImportResult {
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
                    problems.append(
                        ImportProblem(line: line, item: nil, message: problem.message, code: problem.code))
                }
            }
            return ImportResult(saved: 0, problems: problems)
        }
    }

    private static func headerProblems(_ header: [String], _ study: StudyDefinition) -> [ImportProblem] {
        var seen: Set<String> = []
        return header.dropFirst(2).compactMap { oid in
            if study.item(oid) == nil {
                return ImportProblem(
                    line: 1, item: oid, message: "the study has no item \(oid)", code: .unknownItem)
            }
            guard seen.insert(oid).inserted else {
                return ImportProblem(
                    line: 1, item: oid, message: "\(oid) stands twice in the header", code: .usage)
            }
            return nil
        }
    }

    private static func plan(
        _ row: CSVReader.Row, _ header: [String], _ book: CaseBook, _ known: Set<String>, _ reason: String
    ) -> (PlannedSave?, [ImportProblem]) {
        func problem(_ item: String?, _ message: String, _ code: ProblemCode) -> ImportProblem {
            ImportProblem(line: row.line, item: item, message: message, code: code)
        }
        guard row.cells.count == header.count else {
            let message = "the line has \(row.cells.count) cells, the header \(header.count)"
            return (nil, [problem(nil, message, .malformed)])
        }
        var problems: [ImportProblem] = []
        if !known.contains(row.cells[0]) {
            problems.append(
                problem(nil, "no participant has the number \(row.cells[0]) here", .unknownParticipant))
        }
        let event = row.cells[1].split(separator: "#").first.map(String.init) ?? ""
        let isLine = book.isLog(event)
        let items = isLine ? book.study.form(event)?.items ?? [] : book.study.items(at: event)
        let asked = Set(items.map(\.oid))
        if !isLine, book.study.event(event) == nil {
            problems.append(problem(nil, "there is no event \(event)", .unknownEvent))
        }
        var values: [String: Value] = [:]
        for (oid, cell) in zip(header, row.cells).dropFirst(2) where !cell.isEmpty {
            guard let item = book.study.item(oid) else { continue }
            guard asked.contains(oid) else {
                problems.append(problem(oid, "\(oid) is not asked at \(event)", .itemNotAtEvent))
                continue
            }
            do { values[oid] = try book.study.value(from: cell, for: item) } catch {
                problems.append(problem(oid, error.message, error.code))
            }
        }
        let plan = PlannedSave(
            participant: row.cells[0], sheet: row.cells[1], values: values, base: nil, reason: reason)
        return (problems.isEmpty ? plan : nil, problems)
    }
}
