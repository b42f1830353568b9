/// The interval that rates come with.
public struct RateIntervalRule: Hashable, Sendable {
    /// How an interval is computed.
    public enum Method: String, Hashable, Sendable, CaseIterable {
        /// Exact: ``BinomialInterval``.
        case clopperPearson
    }

    /// The OID of the rule.
    public let oid: String
    /// How the interval is computed.
    public let method: Method
    /// More than 0 and less than 1: 0.95, for instance.
    public let confidence: ExactDecimal

    init?(reading reader: RuleReader) {
        reader.allow("interval", "confidence")
        let method: Method? = reader.required("interval").flatMap { reader.word($0) }
        let confidence = reader.positive("confidence")
        if let confidence, confidence >= ExactDecimal(1) {
            reader.optional("confidence")?.note("must be less than 1, as in 0.95, not \(confidence)")
        }
        guard let oid = reader.oid, let method, let confidence else { return nil }
        (self.oid, self.method, self.confidence) = (oid, method, confidence)
    }
}
