package import TrialModel

/// One server-sent event.
package struct ServerEvent: Hashable, Sendable {
    /// `message` where the server gave none.
    package let name: String
    /// The data lines, joined by line feeds.
    package let data: String

    package init(name: String, data: String) { (self.name, self.data) = (name, data) }
}

/// Server-sent events from bytes that come in pieces of any size (WHATWG HTML, section 9.2.6).
///
/// Lines end with LF, CR or CR LF, also when the pair is split between two pieces. Comments and the fields
/// `id` and `retry` are passed over: a laptop that comes back asks for everything its vector lacks, so it
/// needs no place in the stream. An event that the stream's end cuts short is never given out.
package struct EventStreamParser: Sendable {
    /// Of one event: its lines without the ends of lines.
    package let eventLimitBytes: Int

    private var line: [UInt8] = []
    private var name = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var eventBytes = 0
    private var endedWithReturn = false
    private var isFirstLine = true
    private var overflowed = false

    package init(eventLimitBytes: Int = 64 * 1024) { self.eventLimitBytes = eventLimitBytes }

    /// Takes the next bytes and gives the events they complete.
    ///
    /// - Throws: `body-too-large` when one event outgrows the limit. Nothing after it can be trusted to begin
    ///   where an event begins, so every later call throws as well.
    package mutating func feed(_ bytes: [UInt8]) throws(Problem) -> [ServerEvent] {
        var events: [ServerEvent] = []
        for byte in bytes {
            let isSecondHalf = endedWithReturn && byte == Byte.lineFeed
            endedWithReturn = byte == Byte.carriageReturn
            if isSecondHalf { continue }
            if byte == Byte.lineFeed || byte == Byte.carriageReturn {
                if let event = endLine() { events.append(event) }
            } else {
                try append(byte)
            }
        }
        return events
    }

    private mutating func append(_ byte: UInt8) throws(Problem) {
        guard !overflowed, eventBytes < eventLimitBytes else {
            overflowed = true
            line = []
            data = []
            throw Problem(.bodyTooLarge, "an event of the server is larger than \(eventLimitBytes) bytes")
        }
        line.append(byte)
        eventBytes += 1
    }

    private mutating func endLine() -> ServerEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        }
        guard !line.isEmpty else { return endEvent() }
        guard line[0] != Byte.colon else {
            eventBytes -= line.count  // a comment is no part of the event it stands in
            return nil
        }
        let colon = line.firstIndex(of: Byte.colon) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == Byte.space { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": name = String(decoding: value, as: UTF8.self)
        case "data":
            if hasData { data.append(Byte.lineFeed) }
            hasData = true
            data.append(contentsOf: value)
        default: break
        }
        return nil
    }

    private mutating func endEvent() -> ServerEvent? {
        defer { (name, data, hasData, eventBytes) = ("", [], false, 0) }
        guard hasData else { return nil }
        return ServerEvent(name: name.isEmpty ? "message" : name, data: String(decoding: data, as: UTF8.self))
    }

    private enum Byte {
        static let lineFeed = UInt8(ascii: "\n")
        static let carriageReturn = UInt8(ascii: "\r")
        static let colon = UInt8(ascii: ":")
        static let space = UInt8(ascii: " ")
    }
}
