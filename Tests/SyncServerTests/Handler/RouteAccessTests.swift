import Foundation
import HTTPTypes
import SyncProtocol
@testable import SyncServer
import Testing
import TrialModel

/// Every route against every kind of token. A new route is in here as soon as it compiles.
@Suite("Who may use which route", .timeLimit(.minutes(10)))
struct RouteAccessTests {
    /// What someone may come with who has no right to be let in.
    enum Credential: CaseIterable, Sendable {
        case none, empty, malformed, forged, shortened, expired, ofEndedSession, ofRevokedDevice, ofOtherSite
    }

    @Test("A token that is not good for a route is refused with its code, and nothing changes")
    func refusals() async throws {
        let centre = try await CentreUnderTest()
        let device = try await centre.enrol("PKU")
        let revoked = try await centre.enrol("PKU", name: "revoked")
        let ended = revoked.token
        _ = try await centre.centre.set(.revoked, device: "revoked")
        // Its old session has ended; it may open a new one, to hand in what it has.
        let again = try await centre.session(revoked).token
        let other = try await centre.enrol("SHA")
        let tokens: [Credential: String?] = [
            .none: nil, .empty: "", .malformed: "a b", .forged: String(repeating: "0a", count: 32),
            .shortened: String(device.token.dropLast()), .ofEndedSession: ended, .ofRevokedDevice: again,
            .ofOtherSite: other.token,
        ]
        let before = try await centre.standing()
        for route in Route.allCases {
            for (credential, token) in tokens {
                let answer = await centre.request(route, site: "PKU", token: token)
                #expect(
                    Self.fits(answer, route.access, credential), "\(route) with \(credential): \(answer)")
            }
        }
        centre.advance(seconds: 3601)
        for route in Route.allCases {
            let answer = await centre.request(route, site: "PKU", token: device.token)
            #expect(Self.fits(answer, route.access, .expired), "\(route) expired: \(answer)")
        }
        #expect(try await centre.standing() == before)
    }

    @Test("A good token opens the routes of its device, and no other route is the easier for it")
    func admitted() async throws {
        let centre = try await CentreUnderTest()
        let device = try await centre.enrol("PKU")
        for route in Route.allCases {
            let answer = await centre.request(route, site: "PKU", token: device.token)
            switch route.access {
            case .anyone: #expect(answer == .given, "\(route)")
            case .linkHolder, .passwordHolder, .deviceKey:
                #expect(answer == .refused(400, .malformed), "\(route)")
            case .device, .deviceOfSite:
                #expect(answer != .refused(401, .tokenInvalid), "\(route)")
                if case .refused(403, _) = answer { Issue.record("\(route) refuses its own device") }
            }
        }
    }

    private static func fits(
        _ answer: CentreUnderTest.Answer, _ access: RouteAccess, _ credential: Credential
    ) -> Bool {
        switch (access, credential) {
        case (.anyone, _): answer == .given
        // The body decides, and there is none: no token takes its place.
        case (.linkHolder, _), (.passwordHolder, _), (.deviceKey, _): answer == .refused(400, .malformed)
        case (.device, .ofRevokedDevice): answer == .refused(403, .deviceRevoked)
        // Its session names its own site, so it is let in to its own things.
        case (.device, .ofOtherSite): answer != .refused(401, .tokenInvalid)
        case (.deviceOfSite, .ofOtherSite): answer == .refused(403, .otherSite)
        // It is heard, and given nothing: see DeviceAccessTests.
        case (.deviceOfSite, .ofRevokedDevice): answer == .failed
        case (.device, _), (.deviceOfSite, _): answer == .refused(401, .tokenInvalid)
        }
    }

    @Test("A site's code in a path is taken to the letter")
    func paths() async throws {
        let centre = try await CentreUnderTest()
        let device = try await centre.enrol("PKU")
        let tricks = [
            "SHA", "*", "pku", "PKU ", "PKU%00", "PKU\0", "PKU%2f..%2fSHA", "%50KU", "..", ".", "PKU;SHA",
            "PKU?", "ＰＫＵ",
        ]
        for site in tricks {
            let answer = await centre.request(.sync, site: site, token: device.token)
            let isRefused = answer == .refused(403, .otherSite) || answer == .refused(404, .notFound)
            #expect(isRefused, "\(site.debugDescription): \(answer)")
        }
        for path in ["/v1/sites/SHA/../PKU/sync", "/v1/sites/PKU/sync/..", "/v1/./healthz", "/v1%2fca"] {
            #expect(Route.match(method: .post, path: path) == .unknown, "\(path)")
            #expect(Route.match(method: .get, path: path) == .unknown, "\(path)")
        }
    }
}

extension CentreUnderTest {
    /// How a request ended, by its head, its token and its route alone.
    enum Answer: Equatable { case given, failed, refused(Int, ProblemCode?) }

    /// A request on its way through the head's check, the gate and the handler, as over HTTP.
    func request(_ route: Route, site: String, token: String?) async -> Answer {
        let path = route.template.replacing("{site}", with: site)
        var headers: HTTPFields = [:]
        if let token { headers[.authorization] = "Bearer \(token)" }
        switch Admission(method: route.method, path: path, headers: headers) {
        case .refused(let response, _): return .refused(response.status, response.code)
        case .admitted(let route, let pathSite, let token):
            var request = ServerRequest(
                route: route, pathSite: pathSite, token: token, body: Array("{}".utf8))
            request.requestID = "test"
            guard route != .events else {
                switch await handler.events(request) {
                case .success: return .given
                case .failure(let problem): return .refused(problem.code.httpStatus, problem.code)
                }
            }
            let response = await handler.handle(request)
            if response.status == 200 { return response.code == nil ? .given : .failed }
            return .refused(response.status, response.code)
        }
    }
}
