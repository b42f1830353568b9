package import TrialModel

/// What a participant is compared by with others who may be the same person.
package struct Likeness: Hashable, Sendable {
    /// Equal, at one site, for two who are likely one person.
    let key: [String]
    /// What it is made of, in the order of the rule.
    let items: [ItemValue]
}

/// Two participants who are likely one person, and whom nobody declared two.
package struct LikelyPair: Hashable, Sendable {
    package let shown: DuplicateView
    /// The ids in the order of the numbers.
    package let ids: [EnrolmentID]
}

extension CaseBook {
    /// `nil` unless the study has a rule, and each of its items is answered.
    func likeness(of visits: [Sheet]) -> Likeness? {
        guard let rule = study.ruleBook.likelyDuplicate else { return nil }
        let visits = visits.compactMap(\.caseVisit).filter { !$0.isVoid }
        func value(_ item: Item) -> Value {
            visits.lazy.map { $0.values.value(of: item.oid) }.first { !$0.isEmpty } ?? .empty
        }
        return rule.key(value).map { key in
            Likeness(key: key, items: rule.items.map { ItemValue($0.oid, value($0)) })
        }
    }

    /// Pairs of participants of a site who are alike, in the order of site and numbers.
    static func likelyPairs(_ found: [(participant: Participant, likeness: Likeness)]) -> [LikelyPair] {
        let alike = Dictionary(grouping: found) { [$0.participant.site.text] + $0.likeness.key }
        var pairs: [LikelyPair] = []
        for group in alike.values where group.count > 1 {
            for (index, first) in group.enumerated() {
                for second in group[(index + 1)...]
                where !first.participant.isDistinct(from: second.participant) {
                    let both = [first.participant, second.participant].sorted { $0.name < $1.name }
                    let shown = DuplicateView(
                        participants: both.map(\.name), site: first.participant.site,
                        items: first.likeness.items)
                    pairs.append(LikelyPair(shown: shown, ids: both.map(\.id)))
                }
            }
        }
        return pairs.sorted {
            ($0.shown.site.text, $0.shown.participants[0], $0.shown.participants[1])
                < ($1.shown.site.text, $1.shown.participants[0], $1.shown.participants[1])
        }
    }
}
