import TrialModel

extension StudyDefinition {
    /// A rate over the participants, by the OID of its rule.
    func rate(_ oid: String, over participants: ParticipantCase...) throws -> RateView {
        guard case .rate(let view) = endpointReport(over: participants, asOf: "now").result(of: oid) else {
            throw AlteredStudy.Missing(text: oid)
        }
        return view
    }

    /// A mean over the participants, by the OID of its rule.
    func mean(_ oid: String, over participants: ParticipantCase...) throws -> MeanView {
        guard case .mean(let view) = endpointReport(over: participants, asOf: "now").result(of: oid) else {
            throw AlteredStudy.Missing(text: oid)
        }
        return view
    }
}

extension RateView {
    /// The counts, as `"1/2 worst 0/2 best 1/2 missing [] unsettled [PKU-001]"`.
    var summary: String {
        func text(_ proportion: Proportion) -> String { "\(proportion.n)/\(proportion.total)" }
        func list(_ numbers: [String]) -> String { "[" + numbers.joined(separator: " ") + "]" }
        return "\(text(headline)) worst \(text(worst)) best \(text(best)) "
            + "missing \(list(missing)) unsettled \(list(unsettled))"
    }
}
