@testable import SyncServer
import Testing

@Suite("The log of handshakes that failed") struct HandshakeLogTests {
    private struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    @Test("Only the library's own name of the reason goes out, and no more lines than the rate")
    func lines() {
        let (log, lines) = (HandshakeLog(Rate(perMinute: 1, burst: 2)), LogLines())
        let alert = Fault(
            description: "SSL routines:OPENSSL_internal:TLSV1_ALERT_UNKNOWN_CA at /made/up/path:7")
        log.note(alert, from: "192.0.2.7", to: lines.logger)
        log.note(Fault(description: "what the client sent"), from: "no address\n", to: lines.logger)
        for _ in 1...5 { log.note(alert, from: nil, to: lines.logger) }
        #expect(lines.all.count == 2)
        #expect(lines.all[0].contains("reason=TLSV1_ALERT_UNKNOWN_CA"))
        #expect(lines.all[0].contains("address=192.0.2.7") && !lines.all[0].contains("made"))
        #expect(lines.all[1].contains("reason=other") && lines.all[1].contains("address=-"))
    }
}
