package import FoundationEssentials

/// RFC 4180: cells in quotes may hold commas, line ends and doubled quotes.
package enum CSVReader {
    package struct Row: Hashable, Sendable {
        /// The line that it begins on; 1 is the first.
        package let line: Int
        package let cells: [String]
    }

    /// - Throws: `Problem(.malformed)` if the text is not UTF-8 or a quote is not closed, with the line.
    package static func rows(_ bytes: Data) throws(Problem) -> [Row] {
        var bytes = bytes[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        var rows: [Row] = []
        var (cells, cell): ([String], [UInt8]) = ([], [])
        var (line, start, quoted, wasQuoted) = (1, 1, false, false)
        func text(_ cell: [UInt8]) throws(Problem) -> String {
            guard let text = String(validating: cell, as: UTF8.self) else {
                throw Problem(.malformed, "line \(line) is not UTF-8", remedy: "save the file as UTF-8")
            }
            return text
        }
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\"") where quoted:
                if index < bytes.endIndex, bytes[index] == UInt8(ascii: "\"") {
                    cell.append(byte)
                    index += 1
                } else {
                    quoted = false
                }
            case UInt8(ascii: "\"") where cell.isEmpty && !wasQuoted: (quoted, wasQuoted) = (true, true)
            case UInt8(ascii: ",") where !quoted:
                cells.append(try text(cell))
                (cell, wasQuoted) = ([], false)
            case UInt8(ascii: "\n") where !quoted:
                if cell.last == UInt8(ascii: "\r") { cell.removeLast() }
                rows.append(Row(line: start, cells: cells + [try text(cell)]))
                (cells, cell, wasQuoted) = ([], [], false)
                line += 1
                start = line
            default:
                if byte == UInt8(ascii: "\n") { line += 1 }
                cell.append(byte)
            }
        }
        guard !quoted else { throw Problem(.malformed, "a quote that opens on line \(start) is not closed") }
        if !cell.isEmpty || !cells.isEmpty { rows.append(Row(line: start, cells: cells + [try text(cell)])) }
        return rows
    }
}
