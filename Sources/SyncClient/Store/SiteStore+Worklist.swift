import Synchronization
package import TrialModel
import TrialStore

extension SiteStore {
    /// All participants of the site at one moment, and what they ask of people.
    package struct Worklist: Sendable {
        /// Those whose records went elsewhere too.
        package let participants: [RosterEntry]
        /// Of those who are here; `nil` where this laptop's clock is outside the years that are allowed, so
        /// that nobody can say what is due.
        package let duties: [Duties]?
        /// How many visits are late.
        package let late: Int
        package let conflicts: [ConflictView]
        /// Closed ones too.
        package let queries: [QueryView]
        /// Those that are not closed, of participants who are here.
        package let openQueries: [QueryView]
    }

    /// What one participant asks of a person today.
    package struct Duties: Sendable {
        package let entry: RosterEntry
        package let visits: [ScheduledVisit]
        /// Sheets with findings that nobody has mended or confirmed.
        package let unfinished: [UnfinishedSheet]
    }

    /// Everything that the site has, as it stands now.
    ///
    /// - Complexity: the first time, on another day, and under another version of the study: O(records). Then
    ///   O(participants + records of those of whom something has changed).
    package func worklist() async throws -> Worklist {
        let (study, today) = (try await book().study, now.localDate)
        // Of what is here a clock that is far off says nothing, and hides nothing: any day will do.
        guard let day = today ?? CalendarDate("2000-01-01") else { throw Self.clockWrong }
        let list = try await index.current(study: study, today: day)
        if let last = lastWorklist.withLock({ $0 }), last.generation == list.generation, last.today == today {
            return last.worklist
        }
        let here = list.cards.filter { $0.shown.site == site }
        let entries = here.map { Self.entry($0.participant) }
        let duties = zip(here, entries).compactMap { card, entry in
            card.standing.map { standing in
                Duties(entry: entry, visits: standing.schedule.visits, unfinished: standing.unfinished)
            }
        }
        let worklist = Worklist(
            participants: entries, duties: today.map { _ in duties },
            late: today == nil ? 0 : here.reduce(0) { $0 + ($1.standing?.late ?? 0) },
            conflicts: list.conflicts.map(\.shown).filter { $0.visit.site == site },
            queries: list.queries(all: true).map(\.shown).filter { $0.site == site },
            openQueries: list.queries(all: false).map(\.shown).filter { $0.site == site })
        lastWorklist.withLock { $0 = (list.generation, today, worklist) }
        return worklist
    }
}
