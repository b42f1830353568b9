import Foundation
import SyncProtocol
import Testing
import TrialModel

@Suite("The laptop's side of a sync", .tags(.unit))
struct ClientSessionTests {
    private static func response(more: Bool = false) -> SyncResponse {
        var response = SyncResponse(epoch: Fixed.epoch)
        response.page.more = more
        return response
    }

    private static func exchange(_ set: (inout AppliedExchange) -> Void) -> AppliedExchange {
        var exchange = AppliedExchange()
        set(&exchange)
        return exchange
    }

    private static func received(_ answer: SyncAnswer) -> ClientSession.Event {
        .received(answer, bytesSent: 10, bytesReceived: 20)
    }

    private func code(_ action: ClientSession.Action) -> ProblemCode? {
        guard case .fail(let problem) = action else { return nil }
        return problem.code
    }

    @Test("When nothing is wrong it is one round trip")
    func finish() {
        var session = ClientSession()
        let request = SyncRequest(hello: Hello(site: Fixed.site, epoch: Fixed.epoch))
        #expect(session.handle(.begin) == .prepare(proving: []))
        #expect(session.handle(.prepared(request)) == .send(request))
        #expect(session.handle(Self.received(.exchanged(Self.response()))) == .apply(Self.response()))
        let action = session.handle(
            .applied(Self.exchange { ($0.confirmed, $0.pulled, $0.digestsEqual) = (2, 3, true) }))
        var totals = SyncTotals()
        (totals.pushed, totals.pulled, totals.roundTrips) = (2, 3, 1)
        (totals.bytesSent, totals.bytesReceived, totals.inStep) = (10, 20, true)
        totals.digestsEqual = true
        #expect(action == .finish(totals))
    }

    @Test(
        "It is in step only if the digests were compared and are equal",
        arguments: [(nil, false), (false, false), (true, true)])
    func digests(equal: Bool?, inStep: Bool) {
        var session = ClientSession()
        _ = session.handle(Self.received(.exchanged(Self.response())))
        guard case .finish(let totals) = session.handle(.applied(Self.exchange { $0.digestsEqual = equal }))
        else {
            Issue.record("it did not finish")
            return
        }
        #expect(totals.inStep == inStep)
    }

    @Test("While there is more, it asks again and adds up")
    func morePages() {
        var session = ClientSession()
        for _ in 0..<50 {
            _ = session.handle(Self.received(.exchanged(Self.response(more: true))))
            #expect(session.handle(.applied(Self.exchange { $0.pulled = 1000 })) == .prepare(proving: []))
        }
        #expect(session.totals.pulled == 50_000)
        #expect(session.totals.roundTrips == 50)
        #expect(!session.totals.inStep)
    }

    @Test(
        "While something waits for a receipt, it asks again",
        arguments: [
            exchange { ($0.confirmed, $0.waiting) = (1, 5) },
            exchange { ($0.reissued, $0.waiting) = (true, 5) },
            exchange { ($0.reoffered, $0.waiting) = (1, 5) },
        ])
    func waiting(exchange: AppliedExchange) {
        var session = ClientSession()
        for _ in 0..<20 {
            _ = session.handle(Self.received(.exchanged(Self.response())))
            #expect(session.handle(.applied(exchange)) == .prepare(proving: []))
        }
    }

    @Test("Three round trips in a row may change nothing, the fourth fails")
    func noProgress() {
        var session = ClientSession()
        let idle = Self.exchange { $0.waiting = 2 }
        func round(_ exchange: AppliedExchange) -> ClientSession.Action {
            _ = session.handle(Self.received(.exchanged(Self.response())))
            return session.handle(.applied(exchange))
        }
        for _ in 0..<3 { #expect(round(idle) == .prepare(proving: [])) }
        #expect(round(Self.exchange { ($0.confirmed, $0.waiting) = (1, 1) }) == .prepare(proving: []))
        for _ in 0..<3 { #expect(round(idle) == .prepare(proving: [])) }
        #expect(code(round(idle)) == .notInStep)
    }

    @Test("A centre that always has more and sends nothing does not hold a laptop for ever")
    func emptyPages() {
        var session = ClientSession()
        var action = ClientSession.Action.prepare(proving: [])
        for _ in 0..<4 {
            _ = session.handle(Self.received(.exchanged(Self.response(more: true))))
            action = session.handle(.applied(AppliedExchange()))
        }
        #expect(code(action) == .notInStep)
    }

    @Test("Another epoch is taken over, then it begins again; the fourth in one sync fails")
    func epochChanged() {
        var session = ClientSession()
        let held = [Place(journal: Fixed.journal(1), n: 3, verdict: Fixed.hash(1))]
        let answer = SyncAnswer.epochChanged(epoch: Fixed.epoch, held: held, heldAll: [])
        for _ in 0..<3 {
            #expect(
                session.handle(Self.received(answer))
                    == .adopt(
                        epoch: Fixed.epoch, held: held, heldAll: [], contested: []))
            #expect(session.handle(.adopted) == .prepare(proving: []))
        }
        #expect(code(session.handle(Self.received(answer))) == .notInStep)
    }

    @Test("What the centre asked to prove is told to the store with the epoch that follows, once")
    func contested() {
        var session = ClientSession()
        _ = session.handle(Self.received(.prove([Fixed.journal(1)])))
        let answer = Self.received(.epochChanged(epoch: Fixed.epoch, held: [], heldAll: []))
        for contested in [[Fixed.journal(1)], []] {
            let action = session.handle(answer)
            #expect(
                action == .adopt(epoch: Fixed.epoch, held: [], heldAll: [], contested: contested))
        }
    }

    @Test("Asked for proof, it sends receipts; a centre that never takes them ends the sync")
    func prove() {
        var session = ClientSession()
        let journals = [Fixed.journal(1), Fixed.journal(2)]
        for _ in 0..<3 {
            #expect(session.handle(Self.received(.prove(journals))) == .prepare(proving: journals))
        }
        #expect(code(session.handle(Self.received(.prove(journals)))) == .receiptInvalid)
    }

    @Test("A laptop whose access was ended pushes what it has, then is told")
    func revoked() {
        var session = ClientSession()
        var answer = Self.response()
        answer.isRevoked = true
        func round(_ exchange: AppliedExchange) -> ClientSession.Action {
            _ = session.handle(Self.received(.exchanged(answer)))
            return session.handle(.applied(exchange))
        }
        let page = Self.exchange { ($0.confirmed, $0.quarantined, $0.waiting) = (5, 5, 2) }
        #expect(round(page) == .prepare(proving: []))
        #expect(code(round(Self.exchange { ($0.confirmed, $0.quarantined) = (2, 2) })) == .deviceRevoked)
        #expect(session.totals.quarantined == 7)
        #expect(code(round(Self.exchange { $0.waiting = 1 })) == .deviceRevoked)
    }

    @Test("A failure there is the end of it")
    func failures() {
        var session = ClientSession()
        let problem = Problem(.tooManyRequests, "later")
        #expect(session.handle(Self.received(.failed(problem))) == .fail(problem))
        #expect(session.totals.roundTrips == 1)
    }
}

@Suite("The centre's side of a sync", .tags(.unit))
struct ServerSessionTests {
    private let outcome = Outcome(
        journal: Fixed.journal(1), kind: .fork, firstN: 1, judgements: [], receipt: nil, head: 0)

    private func request(epoch: Data = Fixed.epoch, runs: Bool = false) -> SyncRequest {
        var request = SyncRequest(hello: Hello(site: Fixed.site, epoch: epoch))
        if runs {
            request.runs = [
                EntryRun(journal: Fixed.journal(1), firstN: 1, previous: .zero, changes: [Data([1])])
            ]
        }
        return request
    }

    private func standing(_ set: (inout CentreStanding) -> Void = { _ in }) -> CentreStanding {
        var standing = CentreStanding(epoch: Fixed.epoch)
        standing.held = [Place(journal: Fixed.journal(3), n: 3, verdict: Fixed.hash(3))]
        standing.heldAll = [Place(journal: Fixed.journal(4), n: 4, verdict: Fixed.hash(4))]
        set(&standing)
        return standing
    }

    private func inspected(_ request: SyncRequest, _ standing: CentreStanding) -> (
        ServerSession, ServerSession.Action
    ) {
        var session = ServerSession()
        #expect(session.handle(.received(request)) == .inspect(request))
        let action = session.handle(.inspected(standing))
        return (session, action)
    }

    @Test("A push is taken, then what is lacking is read, and the outcomes go with the answer")
    func pushAndPull() {
        let request = request(runs: true)
        var (session, action) = inspected(request, standing())
        #expect(action == .take(request))
        action = session.handle(.took([outcome]))
        #expect(action == .pull(request.hello, outcomes: [outcome]))
        var response = SyncResponse(epoch: Fixed.epoch)
        action = session.handle(.pulled(response))
        response.outcomes = [outcome]
        #expect(action == .answer(.exchanged(response)))
    }

    @Test("Without a push it only pulls")
    func pullOnly() {
        let request = request()
        #expect(inspected(request, standing()).1 == .pull(request.hello, outcomes: []))
    }

    @Test("Of a request of another epoch nothing is processed, whatever else there is to say of it")
    func otherEpoch() {
        let standing = standing {
            $0.contradicted = [Fixed.journal(1)]
            $0.isProvenRestored = true
        }
        let action = inspected(request(epoch: Data(count: 16), runs: true), standing).1
        #expect(
            action
                == .answer(.epochChanged(epoch: Fixed.epoch, held: standing.held, heldAll: standing.heldAll)))
    }

    @Test("A contradiction that is only claimed draws no epoch: the centre asks for proof")
    func claimed() {
        let standing = standing { $0.contradicted = [Fixed.journal(1)] }
        #expect(inspected(request(runs: true), standing).1 == .answer(.prove([Fixed.journal(1)])))
    }

    @Test("A contradiction that is proven draws a new epoch before the answer")
    func proven() {
        let standing = standing {
            $0.contradicted = [Fixed.journal(1)]
            $0.isProvenRestored = true
        }
        var (session, action) = inspected(request(runs: true), standing)
        #expect(action == .drawEpoch)
        var drawn = self.standing()
        drawn.epoch = Data(repeating: 1, count: 16)
        action = session.handle(.drewEpoch(drawn))
        #expect(
            action == .answer(.epochChanged(epoch: drawn.epoch, held: drawn.held, heldAll: drawn.heldAll)))
    }

    @Test("A failure at any point is answered as it is")
    func failure() {
        let problem = Problem(.storeBusy, "busy")
        var session = ServerSession()
        #expect(session.handle(.failed(problem)) == .answer(.failed(problem)))
    }

    @Test(
        "Driven out of order it fails and does not crash",
        arguments: [
            ServerSession.Event.inspected(CentreStanding(epoch: Fixed.epoch)), .took([]),
        ])
    func outOfOrder(event: ServerSession.Event) {
        var session = ServerSession()
        guard case .answer(.failed(let problem)) = session.handle(event) else {
            Issue.record("it did not fail")
            return
        }
        #expect(problem.code == .internalError)
    }
}
