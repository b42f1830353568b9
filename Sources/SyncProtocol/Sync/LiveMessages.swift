package import FoundationEssentials
package import TrialModel

/// How far a first sync has come, as the centre said it last; empty at the start.
package struct LiveCursor: Hashable, Sendable {
    /// The centre's own; nobody else reads it.
    package var cursor = Data()
    /// Up to here the live pages speak of every entry.
    package var at: [Place] = []

    package init() {}
}

/// One page of a first sync. An empty cursor says that the site is small and is pulled like any other time.
package struct LivePage: Hashable, Sendable {
    package var cursor: LiveCursor
    /// Whether there are more live records. When not, the laptop has the merged state of the whole site.
    package var more: Bool
    /// Entries of the site that the laptop did not hold when it asked.
    package var historyLeft: UInt64
    /// The centre does not know how far the laptop had come: the first sync begins anew.
    package var restarts = false

    package init(cursor: LiveCursor, more: Bool, historyLeft: UInt64) {
        (self.cursor, self.more, self.historyLeft) = (cursor, more, historyLeft)
    }
}

/// Records, and the entries in which their live versions and held changes stand.
package struct LiveContents: Hashable, Sendable {
    package var records: [LiveRecord] = []
    /// With verdicts, and without a receipt: the history proves them later.
    package var runs: [EntryRun] = []

    package init() {}
}

/// A merged state without its values, which are in the entries that it names.
package struct LiveRecord: Hashable, Sendable {
    package struct Register: Hashable, Sendable {
        package var name: String
        package var live: [ChangeID]
        package var awaited: [ChangeID]

        package init(name: String, live: [ChangeID], awaited: [ChangeID]) {
            (self.name, self.live, self.awaited) = (name, live, awaited)
        }
    }

    package var key: RecordKey
    package var registers: [Register]
    package var held: [ChangeID]
    package var cited: [ChangeID]

    package init(key: RecordKey, registers: [Register], held: [ChangeID], cited: [ChangeID]) {
        (self.key, self.registers, self.held, self.cited) = (key, registers, held, cited)
    }

    package init(_ state: RecordState) {
        self.init(
            key: state.key,
            registers: state.sortedRegisters.map { name, register in
                Register(name: name, live: register.live.map(\.id), awaited: register.awaited)
            }, held: state.held, cited: state.cited)
    }

    /// The changes whose entries must come along.
    package var entries: Set<ChangeID> { Set(registers.flatMap(\.live)).union(held) }

    /// The state, with the values that the changes write.
    ///
    /// - Parameter change: the change of an id.
    /// - Throws: `Problem(.chainBroken)` if a change does not write the register it is said to be live in, or
    ///   is of another record; and what `change` throws.
    package func state(change: (ChangeID) throws -> Change?) throws -> RecordState {
        var state = RecordState(key: key)
        (state.held, state.cited) = (held, cited)
        for register in registers {
            var merged = RegisterState(awaited: register.awaited)
            for id in register.live {
                guard let change = try change(id), change.record == key,
                    let write = change.writes.first(where: { $0.register == register.name })
                else {
                    throw Problem(.chainBroken, "a live version does not stand in the entry that is named")
                }
                merged.live.append(Version(write, of: change, id: id))
            }
            state.registers[register.name] = merged
        }
        return state
    }
}

/// The answer to a comparison.
package struct Comparison: Hashable, Sendable {
    package var asked: [Data]
    /// Of prefixes of less than two bytes: the sum of the digests under each that is a byte longer.
    package var sums: [Data: StateDigest] = [:]

    package init(asked: [Data]) { self.asked = asked }

    /// From this length on the records themselves are sent.
    package static let recordPrefixBytes = 2
}
