package import FoundationEssentials
package import SyncProtocol
package import TrialModel

/// Drives a laptop's sync session on its store, over whatever carries bytes: HTTP, a file, a simulated
/// network.
package struct LaptopExchange: Sendable {
    private let store: any ReplicaStore
    private let site: SiteCode
    /// Entries of one page, for tests that want small ones.
    private let pageEntries: Int

    package init(store: any ReplicaStore, site: SiteCode, pageEntries: Int = WireLimits.pageEntries) {
        (self.store, self.site, self.pageEntries) = (store, site, pageEntries)
    }

    /// Where a sync stands, after each answer.
    package struct Progress: Sendable {
        package let totals: SyncTotals
        /// Entries that still wait for a receipt.
        package let waiting: Int
    }

    /// Runs one whole sync.
    ///
    /// While an answer is taken over, the page behind it is under way already: laptop and centre work at the
    /// same time. Pages are taken over in their order; one that was sent in vain (a fork, a lost connection)
    /// is sent again and has its effect once.
    ///
    /// - Parameters:
    ///   - fill: adds what only the caller knows to each request (study version, program, what the last sync
    ///     found of the digests).
    ///   - tellsDigests: whether the centre is told, by one more request, what this sync found of the digests
    ///     if it was told something else before: without it, it knows at the next sync.
    ///   - send: carries a request's body to the centre and brings the answer's body.
    /// - Throws: what `send` throws, or a coded problem; what was taken over until then stays.
    package func run(
        filling fill: @escaping @Sendable (inout Hello) -> Void = { _ in }, tellsDigests: Bool = false,
        progress: @Sendable (Progress) -> Void = { _ in },
        send: @escaping @Sendable (Data) async throws -> Data
    ) async throws -> SyncTotals {
        var pages = Pages(send: send)
        do {
            let (totals, told) = try await run(&pages, fill, progress)
            await pages.abandon()
            guard tellsDigests, let found = totals.digestsEqual, found != told else { return totals }
            return await telling(found, after: totals, fill, send)
        } catch {
            await pages.abandon()
            throw error
        }
    }

    private func run(
        _ pages: inout Pages, _ fill: @Sendable (inout Hello) -> Void,
        _ progress: @Sendable (Progress) -> Void
    ) async throws -> (totals: SyncTotals, told: Bool?) {
        var session = ClientSession()
        // What the centre was told of the digests.
        var told: Bool?
        var isNewEpoch = false
        var action = session.handle(.begin)
        while true {
            try Task.checkCancellation()
            switch action {
            case .prepare(let proving, let comparing):
                if let page = pages.underWay {
                    action = session.handle(.prepared(page.request))
                    continue
                }
                var request = try await store.prepare(site: site, proving: proving, limit: pageEntries)
                fill(&request.hello)
                // What was found before says nothing of a centre that was restored.
                if isNewEpoch { request.hello.digestsEqual = nil }
                told = request.hello.digestsEqual
                request.hello.compare = comparing
                request.hello.entryLimit = min(request.hello.entryLimit, pageEntries)
                action = session.handle(.prepared(request))
            case .send(let request):
                async let following = page(behind: request)
                let (answer, bytesSent) = try await pages.answer(to: request)
                pages.next = try await following
                action = session.handle(
                    .received(
                        try SyncAnswer(decoding: answer), bytesSent: bytesSent, bytesReceived: answer.count))
            case .apply(let response):
                pages.goOn(after: response)
                let applied = try await store.apply(response, site: site)
                action = session.handle(.applied(applied))
                progress(Progress(totals: session.totals, waiting: applied.waiting))
            case .adopt(let epoch, let held, let heldAll, let contested):
                try await store.adopt(
                    epoch: epoch, held: held, heldAll: heldAll, contested: contested, site: site)
                isNewEpoch = true
                action = session.handle(.adopted)
            case .finish(let totals): return (totals, told)
            case .fail(let problem): throw problem
            }
        }
    }

    /// Tells the centre what was found of the digests, so that it does not say the opposite until the next
    /// sync. One that is not heard is told then.
    private func telling(
        _ isEqual: Bool, after totals: SyncTotals, _ fill: @Sendable (inout Hello) -> Void,
        _ send: @Sendable (Data) async throws -> Data
    ) async -> SyncTotals {
        var totals = totals
        guard let prepared = try? await store.prepare(site: site, proving: [], limit: 1) else {
            return totals
        }
        var request = SyncRequest(hello: prepared.hello)
        fill(&request.hello)
        (request.hello.digestsEqual, request.hello.entryLimit) = (isEqual, 1)
        // The answer is not taken over: nothing is asked for.
        (request.hello.numbersLeft, request.hello.numbersHeld) = (Int(UInt32.max), [])
        guard let body = try? request.encoded(), let answer = try? await send(body) else { return totals }
        totals.roundTrips += 1
        totals.bytesSent += body.count
        totals.bytesReceived += answer.count
        return totals
    }

    private func page(behind request: SyncRequest) async throws -> Page? {
        guard let next = try await store.prepare(site: site, behind: request, limit: pageEntries) else {
            return nil
        }
        return try Page(next)
    }
}

/// A request, encoded.
private struct Page: Sendable {
    let request: SyncRequest
    let body: Data

    init(_ request: SyncRequest) throws { (self.request, body) = (request, try request.encoded()) }
}

/// The pages of one sync: at most one whose answer is awaited, and the one behind it.
private struct Pages {
    let send: @Sendable (Data) async throws -> Data
    var next: Page?
    private var awaited: (page: Page, answer: Task<Data, any Error>)?

    init(send: @escaping @Sendable (Data) async throws -> Data) { self.send = send }

    /// The page that was sent ahead.
    var underWay: Page? { awaited?.page }

    /// Sends the request, unless it is under way, and waits for the body of its answer.
    mutating func answer(to request: SyncRequest) async throws -> (answer: Data, bytesSent: Int) {
        let (page, answer) = try awaited ?? start(Page(request))
        awaited = (page, answer)
        let body = try await withTaskCancellationHandler {
            try await answer.value
        } onCancel: {
            answer.cancel()
        }
        awaited = nil
        return (body, page.body.count)
    }

    /// Sends the next page ahead, if every entry of the one before stands at the centre, so that it continues
    /// there.
    mutating func goOn(after response: SyncResponse) {
        let isClean =
            !response.isRevoked && !response.outcomes.isEmpty
            && response.outcomes.allSatisfy { $0.kind == .accepted && !$0.forwarded && $0.receipt != nil }
        if isClean, let next { awaited = start(next) }
        next = nil
    }

    /// Ends what is under way, and waits until it has ended: nothing is sent once a sync is over.
    mutating func abandon() async {
        awaited?.answer.cancel()
        _ = await awaited?.answer.result
        awaited = nil
    }

    private func start(_ page: Page) -> (page: Page, answer: Task<Data, any Error>) {
        let (send, body) = (send, page.body)
        return (page, Task { try await send(body) })
    }
}

/// What the centre's log says of one exchange: codes and counts.
package enum ExchangeNote: Hashable, Sendable {
    case refused(ProblemCode)
    /// How many entries of the request are kept but not applied, by code.
    case quarantined([String: Int])
}

/// Drives the centre's session on its store, for one request.
package struct CentreExchange<Judge: EntryJudge>: Sendable {
    private let store: any ReplicaStore
    private let judge: Judge

    package init(store: any ReplicaStore, judge: Judge) { (self.store, self.judge) = (store, judge) }

    /// - Parameters:
    ///   - check: refuses a request that is not its sender's to make.
    ///   - complete: adds what only the caller knows to an answer (number lease, study version); it is told
    ///     how many entries of the request stand here now.
    ///   - note: is told what the log should say.
    /// - Returns: the body of the answer; a problem is an answer too.
    package func answer(
        _ body: Data, check: (SyncRequest) async throws -> Void = { _ in },
        complete: (Hello, _ accepted: Int, inout SyncResponse) async throws -> Void = { _, _, _ in },
        note: (ExchangeNote) -> Void = { _ in }
    ) async throws -> Data {
        var session = ServerSession()
        do {
            let request = try SyncRequest(decoding: body)
            try await check(request)
            var action = session.handle(.received(request))
            while true {
                if case .answer(let answer) = action {
                    if case .failed(let problem) = answer { note(.refused(problem.code)) }
                    return try answer.encoded()
                }
                if case .pull(_, let outcomes) = action {
                    let judgements = outcomes.flatMap(\.judgements)
                    let codes = judgements.filter { $0.verdict.kind == .quarantined }.map(\.verdict.code)
                    note(.quarantined(Dictionary(codes.map { ($0, 1) }, uniquingKeysWith: +)))
                }
                action = session.handle(try await perform(action, request, complete))
            }
        } catch let problem as Problem {
            let told = problem.toldByCentre
            note(.refused(told.code))
            return try SyncAnswer.failed(told).encoded()
        }
    }

    private func perform(
        _ action: ServerSession.Action, _ request: SyncRequest,
        _ complete: (Hello, _ accepted: Int, inout SyncResponse) async throws -> Void
    ) async throws -> ServerSession.Event {
        switch action {
        case .inspect(let request): return .inspected(try await store.inspect(request))
        case .drawEpoch: return .drewEpoch(try await store.drawEpoch(for: request.hello.site))
        case .take(let request): return .took(try await store.take(request, by: judge))
        case .pull(let hello, let outcomes):
            var response = try await store.page(for: hello, outcomes: outcomes)
            let accepted = outcomes.reduce(0) { $0 + ($1.forwarded ? 0 : $1.judgements.count) }
            try await complete(hello, accepted, &response)
            return .pulled(response)
        case .answer: return .failed(Problem(.internalError, "an answer is not performed"))
        }
    }
}
