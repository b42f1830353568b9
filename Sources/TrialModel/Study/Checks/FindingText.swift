/// What findings say: one catalogue, so that every language says all of it.
///
/// A case carries what is composed into the sentence; ``subscript(_:)`` gives the sentence in a language.
/// Values and OIDs read the same in every language, items bring their own labels.
///
/// ## Topics
/// - Of one record: ``required(_:)``, ``requiredGroup(_:count:first:)``, ``notTaken(_:given:problem:)``,
///   ``implausible(_:value:range:)``, ``wrongOrder(_:allowsEqual:event:)``, ``future(_:value:entered:)``
/// - Across records: ``missingEarlier(record:date:events:)``, ``datedBefore(_:record:date:earlier:)``,
///   ``outsideWindow(_:record:day:window:)``, ``offPlan(_:value:record:planned:log:)``,
///   ``outsideKept(_:value:record:range:isBelow:endsInside:)``,
///   ``contradicts(_:value:record:event:expected:)``, ``noConsent(_:record:event:)``,
///   ``overlapping(_:others:drug:from:)``
public enum FindingText: Hashable, Sendable {
    /// An item with its value, as a sentence names it.
    public struct Said: Hashable, Sendable {
        let item: Item
        let value: String
    }

    /// An event with the date of its visit.
    public struct Dated: Hashable, Sendable {
        let event: String
        let date: CalendarDate
    }

    /// Days counted from day 0, and the dates they come to.
    public struct Days: Hashable, Sendable {
        let dayZero: CalendarDate
        let days: ClosedRange<Int>
        let dates: [CalendarDate]
    }

    /// Numbers that are expected, in a unit; an end that is missing is open.
    public struct Bounds: Hashable, Sendable {
        let min: ExactDecimal?
        let max: ExactDecimal?
        let unit: String?
    }

    /// What a line of the exposure log says; no `end` means that it goes on.
    public struct Taken: Hashable, Sendable {
        let line: String
        let dose: String
        let start: String
        let end: String?
    }

    case required(Item)
    case requiredGroup(String, count: Int, first: Item)
    /// `problem` is the English sentence with which the same value would be refused at entry.
    case notTaken(Item, given: String, problem: String)
    case implausible(Item, value: String, range: Bounds)
    /// The later and the earlier one; `event` is where the earlier one stands, if that is another record.
    case wrongOrder([Said], allowsEqual: Bool, event: String?)
    case future(Item, value: String, entered: String)
    case missingEarlier(record: String, date: CalendarDate?, events: [String])
    case datedBefore(Item, record: String, date: CalendarDate, earlier: [Dated])
    case outsideWindow(Said, record: String, day: Int, window: Days)
    case offPlan(Item, value: String, record: String, planned: String, log: String)
    case outsideKept(Item, value: String, record: String, range: Bounds, isBelow: Bool, endsInside: Bool)
    case contradicts(Item, value: String, record: String, event: String, expected: Bool)
    case noConsent(Item, record: String, event: String)
    /// A line of the exposure log, the earlier ones that it overlaps, and from when on.
    case overlapping(Taken, others: [Taken], drug: String, from: CalendarDate)

    /// The sentence in a language.
    public subscript(language: Language) -> String {
        switch language {
        case .en: english
        case .zh: chinese
        }
    }
}

extension Item {
    /// `VS.weight (Weight)`, as a sentence of the language names it.
    func named(in language: Language) -> String {
        switch language {
        case .en: "\(oid) (\(label.en))"
        case .zh: "\(oid)（\(label.zh)）"
        }
    }
}
