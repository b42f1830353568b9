package import FoundationEssentials
package import TrialModel

/// What one whole sync did, for the person to read.
public struct SyncTotals: Hashable, Sendable {
    public var pushed = 0
    public var pulled = 0
    public var quarantined = 0
    public var roundTrips = 0
    /// Of a first sync: records that came with their live entries alone.
    public var liveRecords = 0
    /// Entries of the history that were still to come at the last answer.
    public var historyLeft = 0
    /// Records whose merged state here was not the centre's, and was replaced.
    public var repaired = 0
    /// Entries that the centre had lost and has back from here.
    public var broughtBack = 0
    /// Entries of other devices that were carried here and stand at the centre now.
    public var passedOn = 0
    public var bytesSent = 0
    public var bytesReceived = 0
    /// Nothing waits here, nothing waits there, and the digests are equal.
    public var inStep = false
    /// Whether the digests were equal at the end; `nil` if they were not compared.
    public var digestsEqual: Bool?

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
    /// Of them, those that it has from here.
    package var broughtBack = 0
    /// Unjudged entries of other devices that were sent with the request and have a verdict now.
    package var passedOn = 0
    /// Entries that still wait for a receipt, own and borrowed, and entries to offer again after a restore.
    package var waiting = 0
    /// Whether the digests are equal; `nil` while there is more to come.
    package var digestsEqual: Bool?
    package var liveRecords = 0
    /// Whether a first sync's cursor moved: a page may carry nothing but entries that were not applied.
    package var cursorMoved = false
    package var historyLeft = 0
    /// Whether a first sync is under way: live pages or the history are still to come.
    package var awaitsHistory = false
    /// Records whose row was replaced, because the digests differed.
    package var repaired = 0
    /// Prefixes of key hashes under which something differs.
    package var differing: [Data] = []
    /// Whether the site's digest differs, and the vectors do not.
    package var needsRepair = false

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
        case prepare(proving: [JournalID], comparing: [Data] = [])
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
    /// How often digests were compared from the top.
    private var comparisons = 0

    private static let idleRoundLimit = 3
    private static let epochLimit = 3
    private static let comparisonLimit = 64

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
        totals.liveRecords += exchange.liveRecords
        totals.historyLeft = exchange.historyLeft
        totals.repaired += exchange.repaired
        totals.broughtBack += exchange.broughtBack
        totals.passedOn += exchange.passedOn
        if isRevoked, exchange.waiting == 0 || exchange.confirmed == 0 {
            let kept =
                totals.quarantined > 0 ? "; kept in quarantine there: \(totals.quarantined)" : ""
            return .fail(Problem(.deviceRevoked, "the centre has ended this laptop's access" + kept))
        }
        if !more, !exchange.awaitsHistory, exchange.waiting == 0 {
            totals.inStep = exchange.digestsEqual ?? false
            totals.digestsEqual = exchange.digestsEqual
            if let prefixes = prefixesToCompare(exchange) {
                return .prepare(proving: [], comparing: prefixes)
            }
            return .finish(totals)
        }
        let moved =
            exchange.confirmed + exchange.pulled + exchange.reoffered > 0
            || exchange.reissued || exchange.cursorMoved
        idleRounds = moved ? 0 : idleRounds + 1
        guard idleRounds <= Self.idleRoundLimit else {
            return .fail(
                Problem(.notInStep, "\(exchange.waiting) entries could not be brought to the centre"))
        }
        return .prepare(proving: [])
    }

    /// Where to look for the records that differ: on below what was found, or from the top.
    private mutating func prefixesToCompare(_ exchange: AppliedExchange) -> [Data]? {
        if !exchange.differing.isEmpty { return exchange.differing }
        guard exchange.needsRepair, comparisons < Self.comparisonLimit else { return nil }
        comparisons += 1
        return [Data()]
    }
}
