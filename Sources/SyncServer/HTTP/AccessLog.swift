import HTTPTypes
import Logging
import TrialModel

/// One line a request: never a path, a header or a body, only what the program itself made.
struct AccessLog: Sendable {
    private let logger: Logger
    private let method: String
    private let start = ContinuousClock.now
    /// The template of the route; `-` until one is found.
    var route = "-"
    var bytesIn = 0
    /// The client's, as the connection or a trusted proxy gives it.
    var address: ClientAddress?

    private static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]

    init(method: HTTPRequest.Method, logger: Logger) {
        self.logger = logger
        // A method is the client's own text as well.
        self.method = Self.methods.contains(method) ? method.rawValue : "other"
    }

    /// The id that the server gave the request.
    var requestID: String { logger[metadataKey: "hb.request.id"].map { "\($0)" } ?? "" }

    /// Writes the line, once the answer is known. A refusal stands out: level notice, with who asked and from
    /// where.
    func write(
        status: Int, bytesOut: Int, code: ProblemCode? = nil, notes: ServerResponse.LogNotes = .init()
    ) {
        var metadata: Logger.Metadata = [
            "method": .string(method),
            "route": .string(route),
            "status": .stringConvertible(status),
            "ms": .stringConvertible(milliseconds),
            "in": .stringConvertible(bytesIn),
            "out": .stringConvertible(bytesOut),
        ]
        if let device = notes.device { metadata["device"] = .string(String(device.hex.prefix(8))) }
        if !notes.quarantined.isEmpty {
            let codes = notes.quarantined.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            metadata["quarantined"] = .string(codes.joined(separator: ", "))
        }
        guard code != nil || !notes.quarantined.isEmpty else {
            return logger.info("request", metadata: metadata)
        }
        if let code { metadata["code"] = .string(code.rawValue) }
        if let address { metadata["address"] = .string(address.text) }
        logger.notice("request", metadata: metadata)
    }

    /// Writes the line of a request whose client left before an answer.
    func writeAborted() { write(status: Self.clientClosed, bytesOut: 0) }

    /// Not of any standard; what web servers commonly log for it.
    private static let clientClosed = 499

    /// With a tenth: most requests take less than one.
    private var milliseconds: Double {
        let elapsed = (ContinuousClock.now - start).components
        let tenths = elapsed.seconds * 10_000 + elapsed.attoseconds / 100_000_000_000_000
        return Double(tenths) / 10
    }
}
