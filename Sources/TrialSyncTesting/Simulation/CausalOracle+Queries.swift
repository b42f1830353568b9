import TrialModel

/// How queries stand, by exact history.
extension CausalOracle {
    /// The registers of a record that anybody has written.
    func registers(of record: RecordKey, at site: SiteCode) -> [String] {
        (places[site] ?? []).filter { $0.record == record }.map(\.register)
    }

    /// A query is closed if all who said so last say that it is, and they had been shown every message; it is
    /// answered if everything that was asked was shown to someone of the other side who wrote then.
    ///
    /// - Returns: `nil` for a coordinator's copy, whose messages were written elsewhere, and for one of which
    ///   the beginning was refused.
    func status(ofQuery record: RecordKey, at site: SiteCode, among applied: Set<ChangeID>) -> QueryStatus? {
        let written = changes.filter { applied.contains($0.key) && $0.value.change.record == record }
        guard !written.values.contains(where: { $0.change.kind == .release }),
            let asker = written.values.first(where: { entry in entry.writes { $0 == "@query" } })
        else { return nil }
        let messages = written.filter { entry in entry.value.writes { $0.hasPrefix("@message/") } }
        let closings = live(Place(record: record, register: "@query/closed"), among: applied)
        if !closings.isEmpty, closings.allSatisfy({ changes[$0]?.says("@query/closed") ?? false }) {
            let seen = closings.reduce(into: Set<ChangeID>()) { $0.formUnion(changes[$1]?.seen ?? []) }
            if seen.isSuperset(of: messages.keys) { return .closed }
        }
        let asking = messages.filter { entry in
            entry.value.isOfSite == asker.isOfSite || entry.value.says("@message.reopens")
        }
        let isAnswered = asking.allSatisfy { question in
            messages.values.contains {
                $0.isOfSite != question.value.isOfSite && $0.seen.contains(question.key)
            }
        }
        return isAnswered && !asking.isEmpty ? .answered : .open
    }
}

extension CausalOracle.Known {
    fileprivate var seen: Set<ChangeID> { past.values.reduce(into: []) { $0.formUnion($1) } }

    fileprivate var isOfSite: Bool { change.role == .dataEntry || change.role == .investigator }

    fileprivate func writes(_ isMeant: (String) -> Bool) -> Bool {
        change.writes.contains { isMeant($0.register) }
    }

    fileprivate func says(_ item: String) -> Bool {
        change.writes.contains { $0.values.contains(ItemValue(item, .yesNo(true))) }
    }
}
