extension FindingText {
    /// In English.
    var english: String {
        switch self {
        case .required(let item): "\(item.english) is required and empty"
        case .requiredGroup(let group, let count, let first):
            "\(group): \(count) required items are empty, from \(first.english) on"
        case .notTaken(_, _, let problem): problem
        case .implausible(let item, let value, let range):
            "\(item.english) is \(value); plausible is \(range.english)"
        case .wrongOrder(let said, let allowsEqual, let event):
            said.english(allowsEqual ? "no earlier than" : "later than", event)
        case .future(let item, let value, let entered):
            "\(item.english) is \(value), in the future of the day of entry, \(entered)"
        default: englishAcrossRecords
        }
    }

    private var englishAcrossRecords: String {
        switch self {
        case .missingEarlier(let record, let date, let events):
            "\(record)\(date.map { " (\($0))" } ?? "") is on record, but nothing is for "
                + "\(events.listed(and: "and")), which \(events.count == 1 ? "comes" : "come") before it "
                + "in the study"
        case .datedBefore(let item, let record, let date, let earlier):
            "\(record): \(item.english) is \(date), before the date of "
                + "\(earlier.map { "\($0.event) (\($0.date))" }.listed(and: "and")), "
                + "which \(earlier.count == 1 ? "comes" : "come") first in the study"
        case .outsideWindow(let said, let record, let day, let window):
            "\(record): \(said.item.english) is \(said.value), day \(day) from \(window.dayZero); the window "
                + "is days \(window.days.lowerBound) to \(window.days.upperBound), "
                + window.dates.map(\.description).joined(separator: " to ")
        case .offPlan(let item, let value, let record, let planned, let log):
            "\(item.english) is \(value) at \(record); planned is \(planned), and no line of \(log) gives a "
                + "reason for the dose"
        case .outsideKept(let item, let value, let record, let range, let isBelow, let endsInside):
            "\(item.english) is \(value) at \(record), \(isBelow ? "below" : "above") the window to be kept: "
                + "\(range.english), \(endsInside ? "both ends inside" : "both ends outside")"
        case .contradicts(let item, let value, let record, let event, let expected):
            "\(record) is on record, but \(item.english) is \(value) at \(event) and must be "
                + (expected ? "Y" : "N")
        case .noConsent(let item, let record, let event):
            "\(record) is on record, but \(item.english) at \(event) has no date"
        case .overlapping(let line, let others, let drug, let date):
            "\(line.english) overlaps \(others.map(\.english).joined(separator: ", ")): "
                + "two doses of \(drug) on \(date) or later; a line should end before the next one starts"
        default: ""
        }
    }
}

extension FindingText.Taken {
    /// `EX-3fa1c2d4 (45 mg/d, 2026-03-02 to 2026-03-15)`.
    fileprivate var english: String { "\(line) (\(dose), \(start) to \(end ?? "now"))" }
}

extension Item {
    fileprivate var english: String { named(in: .en) }
}

extension [FindingText.Said] {
    fileprivate func english(_ relation: String, _ event: String?) -> String {
        guard let later = first, let earlier = last else { return "" }
        return "\(later.item.english) is \(later.value) and should be \(relation) "
            + "\(earlier.item.english)\(event.map { " at \($0)" } ?? ""), \(earlier.value)"
    }
}

extension FindingText.Bounds {
    fileprivate var english: String {
        let unit = unit.map { " " + $0 } ?? ""
        return switch (min, max) {
        case (let min?, let max?): "\(min) to \(max)\(unit)"
        case (let min?, nil): "\(min)\(unit) or more"
        case (nil, let max?): "\(max)\(unit) or less"
        case (nil, nil): "any number"
        }
    }
}

extension [String] {
    /// `D14`, `D14 and W12`, `BL, D14 and W12`.
    fileprivate func listed(and word: String) -> String {
        guard let last, count > 1 else { return first ?? "" }
        return dropLast().joined(separator: ", ") + " \(word) " + last
    }
}
