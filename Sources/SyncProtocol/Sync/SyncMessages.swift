package import FoundationEssentials
package import TrialModel

/// How far a journal is held, with the first 8 bytes of the verdict chain there, so that the centre notices
/// when its own store says something else, of the entries or of what became of them.
package struct Place: Hashable, Sendable {
    package let journal: JournalID
    package let n: UInt64
    package let verdictPrefix: Data

    package static let prefixBytes = 8

    package init(journal: JournalID, n: UInt64, verdictPrefix: Data) {
        (self.journal, self.n, self.verdictPrefix) = (journal, n, verdictPrefix)
    }

    /// - Parameter verdict: v(n), which covers hash(n).
    package init(journal: JournalID, n: UInt64, verdict: ChainHash) {
        self.init(journal: journal, n: n, verdictPrefix: verdict.data.prefix(Self.prefixBytes))
    }
}

extension [Place] {
    package var vector: ChangeVector {
        var vector = ChangeVector()
        for place in self { vector[place.journal] = place.n }
        return vector
    }
}

/// A run of entries of one journal, one after the other.
package struct EntryRun: Hashable, Sendable {
    package let journal: JournalID
    package let firstN: UInt64
    /// The chain hash at `firstN - 1`.
    package let previous: ChainHash
    package var changes: [Data]
    /// The author's device over the head at the last entry.
    package var headSignature: Data?
    /// One for each entry, if they have been judged.
    package var judgements: [Judgement] = []
    /// The verdict chain at `firstN - 1`, with `judgements`.
    package var previousVerdict: ChainHash?
    /// Whether the sender forwards or re-offers it, rather than continuing a journal of its own.
    package var forwarded = false

    package init(journal: JournalID, firstN: UInt64, previous: ChainHash, changes: [Data]) {
        (self.journal, self.firstN, self.previous, self.changes) = (journal, firstN, previous, changes)
    }

    package var lastN: UInt64 { firstN + UInt64(changes.count) - 1 }
}

/// What a laptop says of itself when it opens an exchange.
package struct Hello: Hashable, Sendable {
    package var site: SiteCode
    package var epoch: Data
    package var studyVersion = 0
    package var covered: [Place] = []
    package var coveredAll: [Place] = []
    package var pending: UInt64 = 0
    package var clockMilliseconds: Int64 = 0
    package var numbersLeft = 0
    package var numbersSeen = 0
    /// The leased numbers that are left here.
    package var numbersHeld: [NumberLease] = []
    package var entryLimit = WireLimits.pageEntries
    /// Whether the digests were equal when the last sync ended; `nil` before one has.
    package var digestsEqual: Bool?
    package var copied = false
    package var program = ""
    /// How far a first sync has come; `nil` outside of one.
    package var live: LiveCursor?
    /// Prefixes of key hashes whose records are to be compared.
    package var compare: [Data] = []

    package init(site: SiteCode, epoch: Data) { (self.site, self.epoch) = (site, epoch) }
}

package struct SyncRequest: Hashable, Sendable {
    package var hello: Hello
    package var introductions: [JournalIntroduction] = []
    package var runs: [EntryRun] = []
    /// Proof of what the centre once had: with judged runs, or alone when it asked for them.
    package var receipts: [Receipt] = []

    package init(hello: Hello) { self.hello = hello }
}

/// What became of one run that was pushed.
package struct Outcome: Hashable, Sendable {
    package enum Kind: UInt32, Sendable { case accepted = 1, fork, gap, stale, segment }

    package let journal: JournalID
    package let kind: Kind
    package let firstN: UInt64
    /// The verdicts of the entries from `firstN` on that stand at the centre exactly as they were sent.
    package let judgements: [Judgement]
    package let receipt: Receipt?
    package let head: UInt64
    /// Whether the run was only forwarded: the laptop confirms nothing on it, and gets it back with the page.
    package var forwarded = false

    package init(
        journal: JournalID, kind: Kind, firstN: UInt64, judgements: [Judgement], receipt: Receipt?,
        head: UInt64
    ) {
        (self.journal, self.kind, self.firstN) = (journal, kind, firstN)
        (self.judgements, self.receipt, self.head) = (judgements, receipt, head)
    }
}

/// What a replica lacks, in the order of acceptance, with a receipt for each journal at the last entry
/// carried.
package struct PullPage: Hashable, Sendable {
    package var introductions: [JournalIntroduction] = []
    package var runs: [EntryRun] = []
    package var receipts: [Receipt] = []
    /// Whether there is more than this page.
    package var more = false

    package init() {}

    package var entryCount: Int { runs.reduce(0) { $0 + $1.changes.count } }
}

package struct NumberLease: Hashable, Sendable {
    package let first: Int
    package let last: Int
    package init(first: Int, last: Int) { (self.first, self.last) = (first, last) }
}

package struct SyncResponse: Hashable, Sendable {
    package var epoch: Data
    package var studyVersion = 0
    package var serverMilliseconds: Int64 = 0
    package var outcomes: [Outcome] = []
    package var page = PullPage()
    /// The centre's digests of the site and of `*`, when there is no more.
    package var digest: StateDigest?
    package var digestAll: StateDigest?
    package var lease: NumberLease?
    /// Of the numbers that the laptop holds: those that another one was leased since.
    package var withdrawn: [NumberLease] = []
    /// The device's access was ended: what it pushed is in quarantine, and it gets nothing.
    package var isRevoked = false
    /// Of a first sync: how far this answer brings it.
    package var livePage: LivePage?
    /// Of a first sync or a repair: records, and the entries that their live versions stand in.
    package var live = LiveContents()
    package var comparison: Comparison?

    package init(epoch: Data) { self.epoch = epoch }

    /// The answer to a device whose access was ended: what became of what it pushed, and nothing else.
    package mutating func withholdAll() {
        var bare = SyncResponse(epoch: epoch)
        (bare.studyVersion, bare.serverMilliseconds) = (studyVersion, serverMilliseconds)
        (bare.outcomes, bare.isRevoked) = (outcomes, true)
        self = bare
    }
}

/// Every answer a sync request can have.
package enum SyncAnswer: Hashable, Sendable {
    case exchanged(SyncResponse)
    /// Nothing was processed: the centre's store has another epoch, and holds this much.
    case epochChanged(epoch: Data, held: [Place], heldAll: [Place])
    /// Nothing was processed: the centre's store contradicts these journals; it asks for the receipts.
    case prove([JournalID])
    case failed(Problem)
}
