import Foundation
import TrialModel

/// Makes a refused certificate understandable whose chain fails only on its dates: whose clock is wrong?
///
/// The server's own time comes from the `Date` header of an answer whose certificate was not checked, so it
/// is shown to the person and decides nothing.
struct ClockFault: Sendable {
    let server: String
    /// What the laptop's clock says.
    var now: @Sendable () -> Date = { Date() }

    /// The problem with both times in its message; the server's only if it answers.
    func explained(_ problem: Problem) async -> Problem {
        let here = Self.text(now())
        let transport = CurlTransport(trust: .bootstrap, userAgent: CentreLink.program)
        defer { transport.close() }
        let request = TransportRequest(
            method: "GET", url: server + "/healthz", limits: TransportLimits(totalTimeoutSeconds: 15))
        let answer = try? await transport.send(request)
        let there = answer?.headers["date"].flatMap { Self.moment(ofHeader: $0) }.map(Self.text)
        let times =
            "this computer's clock says \(here), the server's "
            + (there.map { "says \($0)" } ?? "is not known")
        return Problem(.clockWrong, "\(problem.message): \(times)", remedy: problem.remedy)
    }

    /// RFC 9110, 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func moment(ofHeader text: String) -> Date? {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.date(from: text)
    }

    private static func text(_ moment: Date) -> String {
        DeviceTime(
            milliseconds: Int64(moment.timeIntervalSince1970) * 1000, offsetMinutes: 0
        ).iso8601
    }
}
