/// The share of responders who relapsed: at any later assessment the total rose by enough over a reference,
/// or treatment had to be reinstituted.
///
/// In the denominator are the responders of another endpoint. Whose response is unsettled is not in the
/// headline's (a response in conflict counts as a missing one), and in both bounds: as a responder who
/// relapsed in the worst case, and in the best as one who did not, or, if an assessment without conflict
/// shows a relapse, as no responder. Whoever is without response because a total is missing is no responder
/// in any of them.
///
/// A relapse that one assessment shows on settled data stands in all three rates, whatever is in conflict
/// at the others; the participant is listed as unsettled all the same.
public struct RelapseRateRule: Hashable, Sendable {
    /// What the rise of the total is measured from.
    public enum Reference: String, Hashable, Sendable, CaseIterable {
        /// The total at the event of the response.
        case responseEvent
        /// The total that the response was measured from.
        case baseline
        /// The lowest total from the event of the response on, of those before the assessment. Repeats
        /// without a date, or with one in conflict, are not among them.
        case lowest
    }

    /// What to make of a repeat of which nobody can say whether it came after the event of the response,
    /// because a date is missing or in conflict.
    public enum Undated: String, Hashable, Sendable, CaseIterable {
        /// The cautious choice: a relapse seen at it counts in the headline, and its absence proves nothing.
        case relapseCounts
        /// It counts in the worst case only.
        case excluded
    }

    /// What makes a later visit an assessment, without which the participant is missing.
    public enum Assessment: String, Hashable, Sendable, CaseIterable {
        /// A total, or an answer on whether treatment was reinstituted.
        case anyAnswer
        /// A total.
        case total
    }

    /// What a responder without any later assessment counts as in the headline.
    public enum Missing: String, Hashable, Sendable, CaseIterable {
        case noRelapse, relapse, excluded
    }

    /// The OID of the rule.
    public let oid: String
    /// What is compared.
    public let total: InstrumentTotalRule
    /// Who may relapse.
    public let among: ResponseRateRule
    /// The events of later assessments, in the order of the study. Repeating ones count if their date is
    /// later than that of the response.
    public let events: [String]
    /// The least rise that is a relapse.
    public let increaseAtLeast: Int
    /// The item whose `Y` is a relapse, if there is one.
    public let reinstituted: Item?
    /// The item with the date of a visit.
    public let visitDate: Item
    /// What the rise of the total is measured from.
    public let reference: Reference
    /// What to make of a repeat that cannot be placed in time.
    public let undated: Undated
    /// What makes a later visit an assessment.
    public let assessment: Assessment
    /// What a responder without any later assessment counts as in the headline.
    public let missing: Missing

    init?(reading reader: RuleReader, in context: EndpointContext) {
        reader.allow(
            "total", "among", "events", "increaseAtLeast", "reinstituted", "visitDate", "reference",
            "undated",
            "assessment", "missing")
        let total = reader.required("total").flatMap { context.total($0, reader) }
        let among = reader.required("among").flatMap { context.response($0, of: reader) }
        if let among, let total, among.total.total != total.total {
            reader.optional("among")?.note("\"\(among.oid)\" is of another total, \"\(among.total.total)\"")
        }
        let events = reader.required("events").map { node in
            context.laterEvents(node, than: among?.event, having: total?.form, reader)
        }
        let increase = reader.required("increaseAtLeast")?.integer(in: EndpointRules.thresholds)
        let reinstituted = reader.optional("reinstituted").map { reader.item($0, .yesNo) }
        let date = reader.required("visitDate").flatMap { reader.item($0, .date) }
        let reference: Reference? = reader.required("reference").flatMap { reader.word($0) }
        let undated: Undated? = reader.required("undated").flatMap { reader.word($0) }
        let assessment: Assessment? = reader.required("assessment").flatMap { reader.word($0) }
        let missing: Missing? = reader.required("missing").flatMap { reader.word($0) }
        guard let oid = reader.oid, let total, let among, let events, let increase, let date, let reference,
            let undated, let assessment, let missing
        else { return nil }
        (self.oid, self.total, self.among, self.events) = (oid, total, among, events)
        (increaseAtLeast, self.reinstituted, visitDate) = (increase, reinstituted ?? nil, date)
        (self.reference, self.undated, self.assessment) = (reference, undated, assessment)
        self.missing = missing
    }
}
