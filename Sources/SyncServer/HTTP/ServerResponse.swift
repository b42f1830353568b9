import Foundation
package import HTTPTypes
package import TrialModel

/// An answer: a status, a body and what headers it needs beside those that every answer has.
package struct ServerResponse: Sendable {
    package var status: Int
    /// `nil` when there is no body.
    package var contentType: String?
    /// They take the place of the server's own of the same name.
    package var headers: HTTPFields
    package var body: [UInt8]
    /// Why it was refused: for the log, which holds the code and never the message.
    package var code: ProblemCode?
    /// What else the log says of the request.
    var notes = LogNotes()

    package init(
        status: Int = 200, contentType: String? = nil, headers: HTTPFields = [:], body: [UInt8] = [],
        code: ProblemCode? = nil
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
        self.code = code
    }

    /// What the server found out about a request: its own names and counts, never a value.
    struct LogNotes: Hashable, Sendable {
        /// Who asked.
        var device: DeviceID?
        /// Entries of the request that are kept but not applied, by code.
        var quarantined: [String: Int] = [:]
    }

    /// An answer as JSON, with its keys sorted.
    package static func json(_ value: some Encodable, status: Int = 200) -> ServerResponse {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let body = try? encoder.encode(value) else {
            return ServerResponse(status: 500, code: .internalError)
        }
        return ServerResponse(status: status, contentType: "application/json", body: Array(body))
    }

    /// A refusal: `{"error":{"code","message","remedy"}}`.
    ///
    /// - Parameter status: where the place knows better than ``TrialModel/ProblemCode/httpStatus``.
    package static func problem(_ problem: Problem, status: Int? = nil) -> ServerResponse {
        var response = json(ErrorBody(problem), status: status ?? problem.code.httpStatus)
        response.code = problem.code
        if response.status == 401 { response.headers[.wwwAuthenticate] = "Bearer" }
        return response
    }

    private struct ErrorBody: Encodable {
        struct Content: Encodable {
            let code: String
            let message: String
            let remedy: String
        }
        let error: Content

        init(_ problem: Problem) {
            error = Content(code: problem.code.rawValue, message: problem.message, remedy: problem.remedy)
        }
    }
}
