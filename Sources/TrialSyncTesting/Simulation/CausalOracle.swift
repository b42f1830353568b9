import SyncProtocol
import TrialModel
import TrialStore

/// Exact causal history: of every change, what its author had been shown of each register that it writes.
///
/// It knows nothing of journals, vectors, stores or bases; it is what the product's answers are compared
/// with.
struct CausalOracle {
    /// A register of a record.
    struct Place: Hashable {
        let record: RecordKey
        let register: String
    }

    struct Known {
        let change: Change
        let site: SiteCode
        /// By register: every change that the author knew of, directly or through others.
        let past: [String: Set<ChangeID>]
    }

    private(set) var changes: [ChangeID: Known] = [:]
    private var writers: [Place: [ChangeID]] = [:]
    private(set) var places: [SiteCode: [Place]] = [:]

    mutating func add(_ encoded: EncodedChange, site: SiteCode, past: [String: Set<ChangeID>]) {
        guard changes[encoded.id] == nil else { return }
        let change = encoded.change
        changes[encoded.id] = Known(change: change, site: site, past: past)
        for write in change.writes {
            let place = Place(record: change.record, register: write.register)
            if writers[place] == nil { places[site, default: []].append(place) }
            writers[place, default: []].append(encoded.id)
        }
    }

    /// Everything that someone has seen, directly or through others, who is shown these changes.
    func past(of place: Place, shown: Set<ChangeID>) -> Set<ChangeID> {
        var past: Set<ChangeID> = []
        for id in writers[place] ?? [] where shown.contains(id) {
            past.insert(id)
            past.formUnion(changes[id]?.past[place.register] ?? [])
        }
        return past
    }

    func past(of record: RecordKey, _ registers: [String], shown: Set<ChangeID>) -> [String: Set<ChangeID>] {
        var past: [String: Set<ChangeID>] = [:]
        for register in registers {
            past[register] = self.past(of: Place(record: record, register: register), shown: shown)
        }
        return past
    }

    /// The changes of a register that nobody who wrote it later had seen, among those that took effect.
    func live(_ place: Place, among applied: Set<ChangeID>) -> Set<ChangeID> {
        let here = (writers[place] ?? []).filter(applied.contains)
        var live = Set(here)
        for id in here { live.subtract(changes[id]?.past[place.register] ?? []) }
        return live
    }

    /// The live versions of each data register of a record that has some.
    func data(
        of record: RecordKey, at site: SiteCode, among applied: Set<ChangeID>
    ) -> [String: Set<ChangeID>] {
        var data: [String: Set<ChangeID>] = [:]
        for place in places[site] ?? [] where place.record == record && RegisterName.isData(place.register) {
            let live = live(place, among: applied)
            if !live.isEmpty { data[place.register] = live }
        }
        return data
    }

    /// The held changes of a record that nobody has decided on.
    func held(_ record: RecordKey, held: Set<ChangeID>, applied: Set<ChangeID>) -> Set<ChangeID> {
        var open = held.filter { changes[$0]?.change.record == record }
        guard !open.isEmpty else { return [] }
        for id in applied {
            guard let change = changes[id]?.change, change.kind != .query else { continue }
            open.subtract(change.cites)
        }
        return open
    }

    /// The records that may show something else when these changes have come, gone or been judged otherwise:
    /// what a change cites is held no more.
    func records(touchedBy ids: Set<ChangeID>) -> Set<RecordKey> {
        var records: Set<RecordKey> = []
        for id in ids {
            guard let change = changes[id]?.change else { continue }
            records.insert(change.record)
            records.formUnion(change.cites.compactMap { changes[$0]?.change.record })
        }
        return records
    }

    /// Whether a replaced change may still be shown: somebody replaced it whose change is not here yet, and
    /// only that one's successor is.
    private func awaitsSuccessor(_ id: ChangeID, _ place: Place, among applied: Set<ChangeID>) -> Bool {
        let later = (writers[place] ?? []).filter { changes[$0]?.past[place.register]?.contains(id) ?? false }
        let isReplacedHere = later.contains { other in
            applied.contains(other)
                && changes[other]?.change.writes.contains {
                    $0.register == place.register && ($0.replaces + $0.through).contains(id)
                } ?? false
        }
        return !isReplacedHere && later.contains { !applied.contains($0) }
    }

    private func later(than id: ChangeID, _ place: Place, among applied: Set<ChangeID>) -> String {
        let later = (writers[place] ?? []).filter { changes[$0]?.past[place.register]?.contains(id) ?? false }
        return later.map { " \($0.hex.prefix(8))\(applied.contains($0) ? "" : " not here")" }.joined()
    }

    /// When a state is looked at, and what it may lack then.
    enum Moment {
        /// Everything has arrived.
        case atRest
        /// Something may still be on its way.
        ///
        /// - isRestored: a page may bring a change ahead of one that it builds on, because a restored centre
        ///   took them in another order: then what the latter replaces is still shown.
        /// - isFirstSync: it says what is open before it brings the decision, if that wrote nothing.
        case underWay(isRestored: Bool, isFirstSync: Bool)
    }

    /// Compares a record's merged state with what exact history gives.
    ///
    /// - Returns: what differs, or `nil`.
    func difference(
        _ state: RecordState, site: SiteCode, applied: Set<ChangeID>, held: Set<ChangeID>, _ moment: Moment
    ) -> String? {
        var (mayAwait, mayBeOpen, isAtRest) = (false, false, true)
        if case .underWay(let isRestored, let isFirstSync) = moment {
            (mayAwait, mayBeOpen, isAtRest) = (isRestored, isFirstSync, false)
        }
        let conflicts = state.conflicts
        for place in places[site] ?? [] where place.record == state.key {
            let want = live(place, among: applied)
            let found = Set(state[place.register].live.map(\.id))
            if let id = want.subtracting(found).min() {
                return "a value is lost in \(place.register) (\(id.hex.prefix(8)))"
            }
            let extra = found.subtracting(want).sorted()
            if let id = extra.first(where: { !mayAwait || !awaitsSuccessor($0, place, among: applied) }) {
                return "a value that was replaced is live in \(place.register) (\(id.hex.prefix(8)))"
                    + later(than: id, place, among: applied)
            }
            if let problem = conflictDifference(conflicts, place, found) { return problem }
        }
        for (register, _) in state.sortedRegisters
        where writers[Place(record: state.key, register: register)] == nil {
            return "a register that nobody wrote is there (\(register))"
        }
        var open = self.held(state.key, held: held, applied: applied)
        if mayBeOpen {
            open = open.filter { id in
                state.held.contains(id) || !changes.values.contains { $0.change.cites.contains(id) }
            }
        }
        if let id = open.symmetricDifference(state.held).min() {
            return "held changes differ: \(open.count), not \(state.held.count) (\(id.hex.prefix(8)), "
                + "\(open.contains(id) ? "missed" : "invented"))"
        }
        return isAtRest ? voidDifference(state, conflicts, site: site, applied: applied) : nil
    }

    /// No conflict is missed and none invented.
    private func conflictDifference(
        _ conflicts: [Conflict], _ place: Place, _ live: Set<ChangeID>
    ) -> String? {
        // A query that was closed and opened again apart is not closed, and that is all.
        guard !RegisterName.standsAlone(place.register), place.record.kind != .query else { return nil }
        let values = Set(
            live.map { id in
                let write = changes[id]?.change.writes.first { $0.register == place.register }
                return write?.values ?? []
            })
        let isListed = conflicts.contains {
            $0.kind == .concurrentEdit && $0.register == place.register
        }
        guard (values.count > 1) != isListed else { return nil }
        return "a conflict is \(isListed ? "invented" : "missed") in \(place.register)"
    }

    private func voidDifference(
        _ state: RecordState, _ conflicts: [Conflict], site: SiteCode, applied: Set<ChangeID>
    ) -> String? {
        let voids = live(Place(record: state.key, register: RegisterName.void), among: applied).filter { id in
            changes[id]?.change.writes.contains { write in
                write.register == RegisterName.void && write.values.contains { $0.value == .yesNo(true) }
            } ?? false
        }
        guard !voids.isEmpty else { return nil }
        let edits = (places[site] ?? []).filter {
            $0.record == state.key && !$0.register.hasPrefix("@")
        }.flatMap { live($0, among: applied) }
        let isApart = edits.contains { edit in
            voids.contains { void in
                !(changes[void]?.change.cites.contains(edit) ?? false)
                    && !(changes[edit]?.change.guards.contains(void) ?? false)
            }
        }
        let isListed = conflicts.contains { $0.kind == .editVersusVoid }
        guard isApart != isListed else { return nil }
        return isListed ? "an edit against a void is invented" : "an edit against a void is missed"
    }
}

extension RegisterName {
    /// Whether versions of the register stand beside each other without a decision: each signature and each
    /// confirmation speaks for itself.
    static func standsAlone(_ register: String) -> Bool {
        signer(register) != nil || isConfirmation(register)
    }
}
