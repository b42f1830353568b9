package import FoundationEssentials
package import TrialModel

/// What one whole sync did, for the person to read.
public struct SyncTotals: Hashable, Sendable {
    public var pushed = 0
    public var pulled = 0
    public var quarantined = 0
    public var roundTrips = 0
    public var bytesSent = 0
    public var bytesReceived = 0
    /// Nothing waits here, nothing waits there, and the digests are equal.
    public var inStep = false

    public init() {}
}

/// What the store did with one answer.
package struct AppliedExchange: Hashable, Sendable {
    package var confirmed = 0
    package var pulled = 0
    package var quarantined = 0
    /// A new journal was opened and what had no receipt re-issued in it.
    package var reissued = false
    /// Entries that a restored centre has back.
    package var reoffered = 0
    /// Entries that still wait for a receipt, own and borrowed, and entries to offer again after a restore.
    package var waiting = 0
    /// Whether the digests are equal; `nil` while there is more to come.
    package var digestsEqual: Bool?

    package init() {}
}

/// The laptop's side of a whole sync, as a pure state machine: what happened goes in, what to do next comes
/// out.
///
/// It repeats the exchange until both sides are in step, or until three round trips in a row changed nothing.
/// It lives for one sync; what tries again later is another type.
package struct ClientSession: Sendable {
    package enum Event: Sendable {
        case begin
        case prepared(SyncRequest)
        case received(SyncAnswer, bytesSent: Int, bytesReceived: Int)
        case applied(AppliedExchange)
        /// The store has taken over the centre's new epoch.
        case adopted
    }

    package enum Action: Sendable, Equatable {
        /// Build a request from the store; with receipts for the journals that the centre asked about.
        case prepare(proving: [JournalID])
        case send(SyncRequest)
        case apply(SyncResponse)
        /// `contested`: the journals that the centre asked to prove before.
        case adopt(epoch: Data, held: [Place], heldAll: [Place], contested: [JournalID])
        case finish(SyncTotals)
        case fail(Problem)
    }

    package private(set) var totals = SyncTotals()
    private var more = true
    private var isRevoked = false
    private var idleRounds = 0
    private var epochs = 0
    private var contested: [JournalID] = []

    private static let idleRoundLimit = 3
    private static let epochLimit = 3

    package init() {}

    package mutating func handle(_ event: Event) -> Action {
        switch event {
        case .begin, .adopted: return .prepare(proving: [])
        case .prepared(let request): return .send(request)
        case .received(let answer, let sent, let received):
            totals.roundTrips += 1
            totals.bytesSent += sent
            totals.bytesReceived += received
            return receive(answer)
        case .applied(let exchange): return apply(exchange)
        }
    }

    private mutating func receive(_ answer: SyncAnswer) -> Action {
        switch answer {
        case .exchanged(let response):
            (more, isRevoked) = (response.page.more, response.isRevoked)
            contested = []
            return .apply(response)
        case .epochChanged(let epoch, let held, let heldAll):
            epochs += 1
            guard epochs <= Self.epochLimit else {
                return .fail(
                    Problem(.notInStep, "the centre's epoch changed \(epochs) times during one sync"))
            }
            defer { contested = [] }
            return .adopt(epoch: epoch, held: held, heldAll: heldAll, contested: contested)
        case .prove(let journals):
            idleRounds += 1
            guard idleRounds <= Self.idleRoundLimit else {
                return .fail(Problem(.receiptInvalid, "the centre does not accept this laptop's receipts"))
            }
            contested = journals
            return .prepare(proving: journals)
        case .failed(let problem): return .fail(problem)
        }
    }

    private mutating func apply(_ exchange: AppliedExchange) -> Action {
        totals.pushed += exchange.confirmed
        totals.pulled += exchange.pulled
        totals.quarantined += exchange.quarantined
        if isRevoked, exchange.waiting == 0 || exchange.confirmed == 0 {
            let kept =
                totals.quarantined > 0 ? "; \(totals.quarantined) saves are kept in quarantine there" : ""
            return .fail(Problem(.deviceRevoked, "the centre has ended this laptop's access" + kept))
        }
        if !more, exchange.waiting == 0 {
            totals.inStep = exchange.digestsEqual ?? false
            return .finish(totals)
        }
        let moved = exchange.confirmed + exchange.pulled + exchange.reoffered > 0 || exchange.reissued
        idleRounds = moved ? 0 : idleRounds + 1
        guard idleRounds <= Self.idleRoundLimit else {
            return .fail(
                Problem(.notInStep, "\(exchange.waiting) entries could not be brought to the centre"))
        }
        return .prepare(proving: [])
    }
}
