package import TrialModel

/// All participants of a centre at one moment, as lists, counts and reports need them.
package struct CaseList: Sendable {
    package let study: StudyDefinition
    /// In the order of their numbers.
    package let cards: [CaseCard]
    /// In the order of site, participant and visit.
    package let conflicts: [CaseBook.OpenConflict]
    /// What was kept, not applied and not released either, in the order of receipt.
    package let quarantine: [HistoryEntry]
    /// Another number for each state of the store that an index has seen.
    package let generation: Int
    /// Participants who are likely one person, by site and number.
    package let likelyPairs: [LikelyPair]

    /// What lies at those sites.
    package func at(_ sees: (SiteCode) -> Bool) -> CaseList {
        CaseList(
            study: study, cards: cards.filter { sees($0.shown.site) },
            conflicts: conflicts.filter { sees($0.shown.visit.site) },
            quarantine: quarantine.filter { sees($0.site) }, generation: generation,
            likelyPairs: likelyPairs.filter { sees($0.shown.site) })
    }

    /// Those whose records did not go elsewhere.
    package var staying: [CaseCard] { cards.filter { $0.standing != nil } }

    /// How many stand where in the study.
    package var standings: StandingCounts {
        var counts = StandingCounts()
        for card in cards { card.shown.standing.map { counts.add($0) } }
        return counts
    }

    /// Data queries in the order of participants.
    ///
    /// - Parameter all: closed ones too, and those of participants who went elsewhere.
    package func queries(all: Bool) -> [CaseBook.Query] {
        cards.flatMap { all ? $0.queries : $0.openQueries }.inOrder
    }

    /// Every lock, void and signature that stands.
    package var seals: [CaseBook.Seal] { cards.flatMap { $0.standing?.seals ?? [] } }

    package var openQueries: Int { cards.reduce(0) { $0 + $1.openQueries.count } }

    /// How many visits have passed their window and can still be made up.
    package var visitsLate: Int { cards.reduce(0) { $0 + ($1.standing?.late ?? 0) } }

    package func seriousEvents(now: DeviceTime) -> [SeriousEvent] {
        cards.flatMap { $0.seriousEvents(in: study, now: now) }
    }

    /// The endpoints, by the rules of this version of the study.
    package func endpoints(asOf: String) -> EndpointReport {
        study.endpointReport(of: cards.compactMap { $0.standing?.endpoints }, asOf: asOf)
    }
}
