import Testing
import TrialModel

@testable import SyncClient

@Suite struct EventStreamTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let events: [ServerEvent]

        init(_ name: String, _ text: String, _ events: (String, String)...) {
            (self.name, self.bytes) = (name, Array(text.utf8))
            self.events = events.map { ServerEvent(name: $0.0, data: $0.1) }
        }

        var testDescription: String { name }
    }

    static let cases = [
        Case("one event", "event: changed\ndata: 12\n\n", ("changed", "12")),
        Case("an event without a name", "data: x\n\n", ("message", "x")),
        Case("several data lines", "data: a\ndata:b\ndata:  c\n\n", ("message", "a\nb\n c")),
        Case("two events", "data: 1\n\ndata: 2\n\n", ("message", "1"), ("message", "2")),
        Case("a name belongs to its event alone", "event: n\n\ndata: 1\n\n", ("message", "1")),
        Case("comments", ": hello\n\n:\ndata: 1\n: between\ndata: 2\n\n", ("message", "1\n2")),
        Case(
            "id, retry and unknown fields", "id: 7\nretry: 10\nfoo: bar\nfoo\ndata: 1\n\n", ("message", "1")),
        Case("CR LF", "event: e\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n", ("e", "1"), ("message", "2")),
        Case("CR alone", "event: e\rdata: 1\r\rdata: 2\r\r", ("e", "1"), ("message", "2")),
        Case("a data line without a colon", "data\n\n", ("message", "")),
        Case("two empty data lines", "data:\ndata:\n\n", ("message", "\n")),
        Case("a colon in the value", "data: a: b\n\n", ("message", "a: b")),
        Case("letters of several bytes", "event: größe\ndata: 5 µg\n\n", ("größe", "5 µg")),
        Case("a byte order mark", "\u{FEFF}data: 1\n\n", ("message", "1")),
        Case("an unfinished event", "data: 1\n\ndata: 2\n", ("message", "1")),
        Case("nothing but ends of lines", "\n\r\n\r\n\n"),
    ]

    @Test("Events are read as the standard says", arguments: cases)
    func whole(_ example: Case) throws {
        var parser = EventStreamParser()
        #expect(try parser.feed(example.bytes) == example.events)
    }

    @Test("Where the bytes are cut makes no difference", arguments: cases)
    func cut(_ example: Case) throws {
        for place in 0...example.bytes.count {
            var parser = EventStreamParser()
            let first = try parser.feed(Array(example.bytes[..<place]))
            let second = try parser.feed(Array(example.bytes[place...]))
            #expect(first + second == example.events, "cut at \(place)")
        }
        var parser = EventStreamParser()
        #expect(try example.bytes.flatMap { byte in try parser.feed([byte]) } == example.events)
    }

    @Test("Bytes that are no UTF-8 become the replacement character")
    func notText() throws {
        var parser = EventStreamParser()
        let events = try parser.feed(Array("data: ".utf8) + [0xFF] + Array("\n\n".utf8))
        #expect(events == [ServerEvent(name: "message", data: "\u{FFFD}")])
    }

    @Test("An event of exactly the limit is taken, again and again")
    func atLimit() throws {
        var parser = EventStreamParser(eventLimitBytes: 20)
        for _ in 0..<5 {
            let data = String(repeating: "x", count: 14)
            #expect(
                try parser.feed(Array("data: \(data)\n\n".utf8)) == [ServerEvent(name: "message", data: data)]
            )
        }
    }

    @Test(
        "An event over the limit is refused, and all that comes after it",
        arguments: [
            "data: 123456789012345", "data: 1234\ndata: 1234\nx", ":12345678901234567890",
        ])
    func overLimit(_ text: String) throws {
        var parser = EventStreamParser(eventLimitBytes: 20)
        #expect(throws: Problem.self) { _ = try parser.feed(Array(text.utf8)) }
        let problem = #expect(throws: Problem.self) { _ = try parser.feed(Array("\n\ndata: 1\n\n".utf8)) }
        #expect(problem?.code == .bodyTooLarge)
    }

    @Test("Comments may go on for ever")
    func comments() throws {
        var parser = EventStreamParser(eventLimitBytes: 20)
        for _ in 0..<100 { #expect(try parser.feed(Array(": still here\n".utf8)).isEmpty) }
        #expect(try parser.feed(Array("data: 1\n\n".utf8)).count == 1)
    }
}
