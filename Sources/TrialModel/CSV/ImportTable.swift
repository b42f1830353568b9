package import FoundationEssentials

/// A line of an import that cannot be saved.
public struct ImportProblem: Hashable, Sendable {
    /// 1 is the header.
    public let line: Int
    public let item: String?
    public let message: String
    public let code: ProblemCode

    package init(line: Int, item: String? = nil, _ message: String, _ code: ProblemCode) {
        (self.line, self.item, self.message, self.code) = (line, item, message, code)
    }
}

/// Many visits as a table (RFC 4180): header `participant,event,ITEM,ITEM,...`; one save a line; an empty
/// cell leaves the item alone. A log form in place of the event begins a new line of that log.
///
/// It is read against a study and the participants that there are; what else a save needs only a store knows.
package struct ImportTable: Sendable {
    /// What one line of the table saves.
    package struct Line: Hashable, Sendable {
        /// Where it begins in the file.
        package let line: Int
        package let participant: String
        /// A visit, or a log form.
        package let sheet: String
        package let values: [String: Value]
    }

    /// The lines that can be saved, as far as can be seen from here.
    package private(set) var lines: [Line] = []
    /// What stands in the way; the first of it, if it is more than ``problemLimit``.
    package private(set) var problems: [ImportProblem]

    private static let problemLimit = 1000
    private let study: StudyDefinition
    private let participants: Set<String>
    private let header: [String]

    /// - Throws: `Problem(.malformed)` if the file is no such table.
    package init(
        _ bytes: Data, study: StudyDefinition, participants: Set<String>
    ) throws(Problem) {
        let rows = try CSVReader.rows(bytes)
        guard let header = rows.first?.cells, header.count > 2, header[0] == "participant",
            header[1] == "event"
        else {
            throw Problem(.malformed, "the first line must be participant,event,ITEM,ITEM,...")
        }
        (self.study, self.participants, self.header) = (study, participants, header)
        problems = Self.problems(ofHeader: header, study)
        var seen: [String: Int] = [:]
        for row in rows.dropFirst() where row.cells != [""] {
            read(row)
            let visit = row.cells.prefix(2).joined(separator: " ")
            let isLine = row.cells.count > 1 && study.isLog(row.cells[1])
            if !isLine, let earlier = seen.updateValue(row.line, forKey: visit) {
                problems.append(
                    ImportProblem(line: row.line, "\(visit) stands on line \(earlier) too", .usage))
            }
            if problems.count >= Self.problemLimit { break }
        }
    }

    private static func problems(ofHeader header: [String], _ study: StudyDefinition) -> [ImportProblem] {
        var seen: Set<String> = []
        return header.dropFirst(2).compactMap { oid in
            if study.item(oid) == nil {
                return ImportProblem(line: 1, item: oid, "the study has no item \(oid)", .unknownItem)
            }
            guard seen.insert(oid).inserted else {
                return ImportProblem(line: 1, item: oid, "\(oid) stands twice in the header", .usage)
            }
            return nil
        }
    }

    private mutating func read(_ row: CSVReader.Row) {
        guard row.cells.count == header.count else {
            let message = "the line has \(row.cells.count) cells, the header \(header.count)"
            problems.append(ImportProblem(line: row.line, message, .malformed))
            return
        }
        var found: [ImportProblem] = []
        func add(_ item: String?, _ message: String, _ code: ProblemCode) {
            found.append(ImportProblem(line: row.line, item: item, message, code))
        }
        let (participant, sheet) = (row.cells[0], row.cells[1])
        if !participants.contains(participant) {
            add(nil, "no participant has the number \(participant) here", .unknownParticipant)
        }
        let event = sheet.split(separator: "#").first.map(String.init) ?? ""
        let isLine = study.isLog(event)
        let items = isLine ? study.form(event)?.items ?? [] : study.items(at: event)
        let asked = Set(items.map(\.oid))
        if !isLine, study.event(event) == nil { add(nil, "there is no event \(event)", .unknownEvent) }
        var values: [String: Value] = [:]
        for (oid, cell) in zip(header, row.cells).dropFirst(2) where !cell.isEmpty {
            guard let item = study.item(oid) else { continue }
            guard asked.contains(oid) else {
                add(oid, "\(oid) is not asked at \(event)", .itemNotAtEvent)
                continue
            }
            do { values[oid] = try study.value(from: cell, for: item) } catch {
                add(oid, error.message, error.code)
            }
        }
        problems += found
        guard found.isEmpty else { return }
        lines.append(Line(line: row.line, participant: participant, sheet: sheet, values: values))
    }
}
