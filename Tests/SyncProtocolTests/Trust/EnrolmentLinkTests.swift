import SyncProtocol
import Testing
import TrialModel

@Suite("Enrolment links", .tags(.unit))
struct EnrolmentLinkTests {
    private static let token = String(repeating: "0f", count: 32)
    private static let print = String(repeating: "a1", count: 32)

    @Test(
        "A link reads, and prints as it was",
        arguments: [
            ("trialsync://centre.example:8443/PKU/\(token)#\(print)", "https://centre.example:8443"),
            ("trialsync://10.0.0.1/PKU/\(token)#\(print)", "https://10.0.0.1"),
            ("trialsync://[::1]:8443/PKU/\(token)#\(print)", "https://[::1]:8443"),
            ("trialsync://centre.example:8443/PKU/\(token)#system", "https://centre.example:8443"),
            ("trialsync+plain://127.0.0.1:8080/PKU/\(token)", "http://127.0.0.1:8080"),
        ])
    func reads(text: String, server: String) throws {
        let link = try EnrolmentLink(parsing: text)
        #expect(link.server == server)
        #expect(link.site == Fixed.site)
        #expect(link.token == Self.token)
        #expect(link.isPlain == text.contains("+plain"))
        #expect(link.fingerprint == (text.contains(Self.print) ? Self.print : ""))
        #expect(link.description == text)
    }

    @Test("A fingerprint reads in either case")
    func upperCase() throws {
        let link = try EnrolmentLink(parsing: "trialsync://h/PKU/\(Self.token)#\(Self.print.uppercased())")
        #expect(link.fingerprint == Self.print)
    }

    @Test(
        "What is no link is refused with one code",
        arguments: [
            "", "trialsync://", "https://h/PKU/\(token)#\(print)", "TRIALSYNC://h/PKU/\(token)#\(print)",
            "trialsync://h/PKU/\(token)", "trialsync://h/PKU/\(token)#",
            "trialsync://h/PKU/\(token)#\(print.dropLast(2))",
            "trialsync://h/PKU/\(token)#\(print)#\(print)", "trialsync://h/PKU/\(token)#\(print)/x",
            "trialsync:///PKU/\(token)#\(print)", "trialsync://h/pku/\(token)#\(print)",
            "trialsync://h/*/\(token)#\(print)",
            "trialsync://h//\(token)#\(print)", "trialsync://h/PKU/#\(print)",
            "trialsync://h/PKU/\(token.dropLast())#\(print)",
            "trialsync://h/PKU/\(token)00#\(print)", "trialsync://h/PKU/\(token)/x#\(print)",
            "trialsync://h/\(token)#\(print)",
            "trialsync://h/PKU/\(token.replacing("0f", with: "zz"))#\(print)",
            " trialsync://h/PKU/\(token)#\(print)",
            "trialsync+plain://h/PKU", "trialsync+tls://h/PKU/\(token)#\(print)",
            "trialsync://\(String(repeating: "h", count: 400))/PKU/\(token)#\(print)",
        ])
    func refuses(text: String) {
        #expect(problemCode { _ = try EnrolmentLink(parsing: text) } == .linkInvalid)
    }

    @Test(
        "A plain link has no fingerprint, and nothing else in its place",
        arguments: ["#garbage", "#\(print)#x"])
    func plainFingerprint(suffix: String) {
        #expect(
            problemCode { _ = try EnrolmentLink(parsing: "trialsync+plain://h/PKU/\(Self.token)\(suffix)") }
                == .linkInvalid)
    }
}
