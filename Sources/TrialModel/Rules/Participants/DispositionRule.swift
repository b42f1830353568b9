/// When a participant's time in the study is over, and whether it was completed. Rule kind `disposition`.
///
/// Whoever has an end of study on record is out of it: as one who completed it, if every visit that this
/// needs is on record, else as one who left before.
public struct DispositionRule: Hashable, Sendable {
    /// The event that ends the study for a participant: `EOS`.
    public let event: String
    /// Why it ended, in the words of the site: `EOS.reason`.
    public let reason: Item
    /// The visits without which nobody has completed the study: `W48`.
    public let completedWith: [String]
    /// The reasons that say so themselves, where they are codes; any reason will do if there are none.
    public let completedReasons: [String]

    init?(reading reader: RuleReader) {
        reader.allow("event", "reason", "completedWith", "completedReasons")
        let event = reader.required("event").flatMap { reader.singleEvent($0) }
        let reason = reader.required("reason").flatMap { node -> Item? in
            guard let item = reader.item(node, .text, .code) else { return nil }
            if let planned = reader.plan.first(where: { $0.oid == event }), !planned.asks(for: item) {
                node.note("\"\(item.oid)\" is not asked at event \"\(planned.oid)\"")
            }
            return item
        }
        let visits = reader.required("completedWith")?.elements().compactMap { reader.singleEvent($0) }
        let codes = reader.optional("completedReasons")?.elements(atLeast: 1).compactMap { node -> String? in
            guard let code = node.text() else { return nil }
            if reason?.codeList?.contains(code) != true {
                node.note("\"\(code)\" is no code of \(reason?.oid ?? "the reason")")
            }
            return code
        }
        guard let event, let reason, let visits else { return nil }
        (self.event, self.reason, completedWith, completedReasons) = (event, reason, visits, codes ?? [])
    }

    /// Whether the participant completed the study, now that it is over.
    func isCompleted(for reason: String, hasAnswers: (String) -> Bool) -> Bool {
        (completedReasons.isEmpty || completedReasons.contains(reason))
            && completedWith.allSatisfy(hasAnswers)
    }
}
