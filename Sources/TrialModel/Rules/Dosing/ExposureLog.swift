/// Where the doses of one drug that were taken are recorded, line by line, and what the lines' reasons mean.
public struct ExposureLog: Hashable, Sendable {
    /// The log form.
    public let form: String
    /// The item that names the drug.
    public let drug: Item
    /// What that item says for this drug.
    public let code: String
    /// The dose taken per day.
    public let dose: Item
    /// The first day of a line.
    public let start: Item
    /// The last day of a line; empty while it goes on.
    public let end: Item
    /// Why the dose was what it was.
    public let reason: Item
    /// Reasons that say that the dose was as planned, so that they explain no difference.
    public let planned: [String]
    /// Reasons that explain a difference from the plan.
    public let explaining: [String]
    /// Reasons that say that nothing was taken; they explain no difference.
    public let missed: [String]

    /// The items of a line that matter here.
    var items: [Item] { [drug, dose, start, end, reason] }

    init?(_ node: DefinitionNode, _ reader: RuleReader, unit: String?) {
        node.allowKeys(
            "drug", "code", "dose", "start", "end", "reason", "planned", "explaining", "missed")
        let drug = node.required("drug").flatMap { reader.item($0, .code) }
        let dose = node.required("dose").flatMap { reader.quantity($0, unit: unit) }
        let start = node.required("start").flatMap { reader.item($0, .date) }
        let end = node.required("end").flatMap { reader.item($0, .date) }
        let reason = node.required("reason").flatMap { reader.item($0, .code) }
        guard let drug, let dose, let start, let end, let reason,
            let code = node.required("code").flatMap({ reader.code($0, of: drug) })
        else { return nil }
        (form, self.drug, self.code, self.dose) = (drug.form, drug, code, dose)
        (self.start, self.end, self.reason) = (start, end, reason)
        func reasons(_ key: String) -> [String] {
            node.required(key)?.elements().compactMap { reader.code($0, of: reason) } ?? []
        }
        (planned, explaining, missed) = (reasons("planned"), reasons("explaining"), reasons("missed"))
        check(node, reader)
    }

    /// Notes items of another form, and reasons that stand in none of the lists or in two.
    private func check(_ node: DefinitionNode, _ reader: RuleReader) {
        if reader.forms.contains(where: { $0.oid == form && !$0.isLog }) {
            node.note("\"\(drug.oid)\" is an item of \"\(form)\", which is no log", at: "drug")
        }
        for (key, item) in [("dose", dose), ("start", start), ("end", end), ("reason", reason)]
        where item.form != form {
            node.note("\"\(item.oid)\" is not an item of the form \"\(form)\"", at: key)
        }
        for code in reason.codeList?.codes.map(\.code) ?? [] {
            let lists = [planned, explaining, missed].filter { $0.contains(code) }.count
            if lists != 1 {
                let place = lists == 0 ? "none" : "more than one"
                node.note("the reason \"\(code)\" stands in \(place) of planned, explaining and missed")
            }
        }
    }
}
