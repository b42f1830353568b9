import Foundation
import HTTPTypes
@testable import SyncServer
import Testing
import TrialModel

@Suite("Finding a route")
struct RoutesTests {
    @Test("every route is found by its own method and path", arguments: Route.allCases)
    func found(route: Route) {
        let path = route.template.replacing("{site}", with: "PKU")
        let site = route == .sync ? "PKU" : nil
        #expect(Route.match(method: route.method, path: path) == .found(route, pathSite: site))
    }

    @Test("another method is refused with the one that is allowed", arguments: Route.allCases)
    func wrongMethod(route: Route) {
        let path = route.template.replacing("{site}", with: "PKU")
        #expect(Route.match(method: .delete, path: path) == .wrongMethod(allowed: [route.method]))
    }

    @Test(
        "a path must fit to the letter",
        arguments: [
            "", "/", "*", "/healthz/", "//healthz", "/HEALTHZ", "/v1", "/v1/sites/PKU", "/v1/sites//sync",
            "/v1/sites/PKU/sync/", "/v1/sites/PKU/x/sync", "/v1/../healthz",
            "/v1/sites/" + String(repeating: "A", count: 65) + "/sync",
            String(repeating: "/", count: 100_000),
        ])
    func unknown(path: String) {
        #expect(Route.match(method: .get, path: path) == .unknown)
        #expect(Route.match(method: .post, path: path) == .unknown)
    }

    @Test("only a sync may be large")
    func limits() {
        for route in Route.allCases {
            #expect(route.bodyLimitBytes == (route == .sync ? 4 << 20 : 64 << 10))
        }
    }

    @Test(
        "a bearer token is read, and nothing else taken for one",
        arguments: [
            ("Bearer abc.DEF-1_2~+/=", "abc.DEF-1_2~+/="), ("bearer x", "x"), ("Basic eDp5", nil),
            ("Bearer", nil),
            ("Bearer ", nil), ("Bearer a b", nil), ("Bearer a,Bearer b", nil), (nil, nil),
            ("Bearer " + String(repeating: "a", count: 2_000), nil),
        ] as [(String?, String?)])
    func bearer(header: String?, token: String?) {
        #expect(ServerRequest.bearerToken(header) == token)
    }

    @Test("every problem has a status that tells of a refusal or a failure", arguments: ProblemCode.allCases)
    func statuses(code: ProblemCode) {
        #expect((400...599).contains(code.httpStatus))
    }

    @Test("a problem is answered as JSON")
    func problemBody() throws {
        let response = ServerResponse.problem(Problem(.siteUnknown, "there is no site `PKX`"))
        #expect(response.status == 404)
        #expect(response.code == .siteUnknown)
        let expected = #"{"error":{"code":"site-unknown","message":"there is no site `PKX`","#
        #expect(String(decoding: response.body, as: UTF8.self) == expected + #""remedy":"see `site list`"}}"#)
    }

    @Test("an event is written with a field for each line, and cannot begin another field")
    func wireText() {
        let event = ServerSentEvent(name: "pull\ndata: x", data: "a\nb\r\nc", id: "7\r")
        #expect(event.wireText == "event: pulldata: x\nid: 7\ndata: a\ndata: b\ndata: c\n\n")
        #expect(ServerSentEvent(data: "").wireText == "data: \n\n")
    }
}
