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
    /// - Parameters:
    ///   - fill: adds what only the caller knows to each request (study version, program).
    ///   - send: carries a request's body to the centre and brings the answer's body.
    /// - Throws: what `send` throws, or a coded problem; what was taken over until then stays.
    package func run(
        filling fill: @Sendable (inout Hello) -> Void = { _ in },
        progress: @Sendable (Progress) -> Void = { _ in },
        send: (Data) async throws -> Data
    ) async throws -> SyncTotals {
        var session = ClientSession()
        var action = session.handle(.begin)
        while true {
            try Task.checkCancellation()
            switch action {
            case .prepare(let proving):
                var request = try await store.prepare(site: site, proving: proving, limit: pageEntries)
                fill(&request.hello)
                request.hello.entryLimit = min(request.hello.entryLimit, pageEntries)
                action = session.handle(.prepared(request))
            case .send(let request):
                let body = try request.encoded()
                let answer = try await send(body)
                action = session.handle(
                    .received(
                        try SyncAnswer(decoding: answer), bytesSent: body.count, bytesReceived: answer.count))
            case .apply(let response):
                let applied = try await store.apply(response, site: site)
                action = session.handle(.applied(applied))
                progress(Progress(totals: session.totals, waiting: applied.waiting))
            case .adopt(let epoch, let held, let heldAll):
                try await store.adopt(epoch: epoch, held: held, heldAll: heldAll, site: site)
                action = session.handle(.adopted)
            case .finish(let totals): return totals
            case .fail(let problem): throw problem
            }
        }
    }
}

/// Drives the centre's session on its store, for one request.
package struct CentreExchange<Judge: EntryJudge>: Sendable {
    private let store: any ReplicaStore
    private let judge: Judge

    package init(store: any ReplicaStore, judge: Judge) { (self.store, self.judge) = (store, judge) }

    /// - Parameters:
    ///   - check: refuses a request that is not its sender's to make.
    ///   - complete: adds what only the caller knows to an answer (number lease, study version).
    /// - Returns: the body of the answer; a problem is an answer too.
    package func answer(
        _ body: Data, check: (SyncRequest) async throws -> Void = { _ in },
        complete: (Hello, inout SyncResponse) async throws -> Void = { _, _ in }
    ) async throws -> Data {
        var session = ServerSession()
        do {
            let request = try SyncRequest(decoding: body)
            try await check(request)
            var action = session.handle(.received(request))
            while true {
                if case .answer(let answer) = action { return try answer.encoded() }
                action = session.handle(try await perform(action, request, complete))
            }
        } catch let problem as Problem {
            return try SyncAnswer.failed(problem).encoded()
        }
    }

    private func perform(
        _ action: ServerSession.Action, _ request: SyncRequest,
        _ complete: (Hello, inout SyncResponse) async throws -> Void
    ) async throws -> ServerSession.Event {
        switch action {
        case .inspect(let request): return .inspected(try await store.inspect(request))
        case .drawEpoch: return .drewEpoch(try await store.drawEpoch(for: request.hello.site))
        case .take(let request): return .took(try await store.take(request, by: judge))
        case .pull(let hello, let outcomes):
            var response = try await store.page(for: hello, outcomes: outcomes)
            try await complete(hello, &response)
            return .pulled(response)
        case .answer: return .failed(Problem(.internalError, "an answer is not performed"))
        }
    }
}
