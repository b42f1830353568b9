import Foundation
import SyncProtocol
import TrialModel
import TrialStore

/// A laptop with the people at it, and what the checkers remember of it.
final class SimulatedLaptop {
    /// What a person was shown of a record when the form was opened.
    struct Form {
        let record: RecordKey
        let view: RecordView
        /// Every change that was part of what the laptop showed.
        let shown: Set<ChangeID>
    }

    /// Records that were found to show what they should, and by what they were judged.
    struct CheckedViews {
        var shown: Set<ChangeID> = []
        var held: Set<ChangeID> = []
        var states: [RecordKey: RecordState] = [:]
    }

    let index: Int
    let replica: SimulatedReplica
    var form: Form?
    /// Saves that were acknowledged to the person at this laptop.
    var saved: Set<ChangeID> = []
    /// What was on the sticks that were read here.
    var lent: Set<ChangeID> = []
    /// What the laptop held when the last sync began, borrowed changes too, and how often the centre had been
    /// put back by then.
    var asked: Set<ChangeID> = []
    var restores = 0
    /// What laptop and centre held when the last sync ended that ended in step.
    var rested: (here: SimulatedReplica.Version, there: SimulatedReplica.Version)?
    /// What the laptop showed when it was looked at last.
    var shown: Set<ChangeID> = []
    /// What was seen of it last, and whether the records were looked at.
    var seen = Remembered<(observation: ReplicaObservation, isWhole: Bool)>()
    /// What it showed when its views were looked at last, and was right.
    var checked = CheckedViews()
    /// What it held when its views were looked at last.
    var standings: [ChangeID: ChangeStanding] = [:]
    /// The first sync that was under way then.
    var firstSync: FirstSync?
    /// What had taken effect at the centre when the sync began that is to show the site for the first time.
    var promised: Set<ChangeID>?
    /// What had taken effect when it was looked at last.
    var applied: Set<ChangeID> = []
    /// The centre's memory of this laptop, for mutants.
    let memory = MutantMemory()

    /// The sync that is under way.
    var line: ExchangeLine?
    var exchange = 0
    var pageEntries = 1
    var step = 0
    /// The latest of its requests that the centre answered.
    var answered = (exchange: 0, number: 0)
    /// Whether the answer that came last left something for the next.
    var hasMore = false
    /// How many round trips the last sync took, and whether it ended in step.
    var last: SyncTotals?

    init(index: Int, replica: SimulatedReplica) { (self.index, self.replica) = (index, replica) }

    var store: SQLiteReplica { replica.store }
    var site: SiteCode { replica.site }
    var name: String { replica.name }

    /// Whether the laptop has got a page of what it pulls, and more is to come.
    var isMidPull: Bool { line != nil && hasMore }
    /// Whether the laptop shows its site: one whose first sync is under way does not yet.
    var isShown: Bool { firstSync?.isShown ?? true }
    /// Whether nothing of the site is shown yet, because the laptop is new.
    var isHidden: Bool { firstSync.map { !$0.isShown } ?? standings.isEmpty }
}

/// What was read of a store, as long as nobody wrote to it.
struct Remembered<Value> {
    private var known: (version: SimulatedReplica.Version, value: Value)?

    subscript(version: SimulatedReplica.Version) -> Value? {
        get { known?.version == version ? known?.value : nil }
        set { known = newValue.map { (version, $0) } }
    }
}

/// What the checkers found wrong: ends the run.
struct SimulationFinding: Error {
    let text: String
    init(_ text: String) { self.text = text }
}
