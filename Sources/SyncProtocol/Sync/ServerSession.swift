package import FoundationEssentials
package import TrialModel

/// What the centre's store says of a request before anything of it is processed.
package struct CentreStanding: Hashable, Sendable {
    package var epoch: Data
    /// Journals of the request's vectors that the store contradicts: it holds less, or something else there.
    package var contradicted: [JournalID] = []
    /// Whether one of the request's receipts verifies, of whatever epoch, and contradicts the store.
    package var isProvenRestored = false
    package var held: [Place] = []
    package var heldAll: [Place] = []

    package init(epoch: Data) { self.epoch = epoch }
}

/// The centre's side of one exchange, as a pure state machine.
///
/// ```
/// received ─► inspect ─► epoch differs ────────► answer epochChanged
///                    ├─► contradiction proven ─► draw epoch ─► answer epochChanged
///                    ├─► contradiction claimed ► answer prove
///                    └─► take ─► pull ─────────► answer exchanged
/// ```
package struct ServerSession: Sendable {
    package enum Event: Sendable {
        case received(SyncRequest)
        case inspected(CentreStanding)
        case drewEpoch(CentreStanding)
        case took([Outcome])
        case pulled(SyncResponse)
        case failed(Problem)
    }

    package enum Action: Sendable, Equatable {
        case inspect(SyncRequest)
        case drawEpoch
        case take(SyncRequest)
        /// Read what the laptop lacks, beyond its vectors and what it has just been given receipts for.
        case pull(Hello, outcomes: [Outcome])
        case answer(SyncAnswer)
    }

    private var request: SyncRequest?
    private var outcomes: [Outcome] = []

    package init() {}

    package mutating func handle(_ event: Event) -> Action {
        switch event {
        case .received(let request):
            self.request = request
            return .inspect(request)
        case .inspected(let standing): return judge(standing)
        case .drewEpoch(let standing):
            return .answer(
                .epochChanged(epoch: standing.epoch, held: standing.held, heldAll: standing.heldAll))
        case .took(let outcomes):
            self.outcomes = outcomes
            return pull()
        case .pulled(var response):
            response.outcomes = outcomes
            return .answer(.exchanged(response))
        case .failed(let problem): return .answer(.failed(problem))
        }
    }

    private func judge(_ standing: CentreStanding) -> Action {
        guard let request else { return outOfOrder }
        guard request.hello.epoch == standing.epoch else {
            return .answer(
                .epochChanged(epoch: standing.epoch, held: standing.held, heldAll: standing.heldAll))
        }
        if standing.isProvenRestored { return .drawEpoch }
        guard standing.contradicted.isEmpty else { return .answer(.prove(standing.contradicted)) }
        return request.runs.isEmpty ? pull() : .take(request)
    }

    private func pull() -> Action {
        guard let request else { return outOfOrder }
        return .pull(request.hello, outcomes: outcomes)
    }

    private var outOfOrder: Action {
        .answer(.failed(Problem(.internalError, "a sync session was driven out of order")))
    }
}
