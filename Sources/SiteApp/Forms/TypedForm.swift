import Foundation
import TrialModel
import TrialPages

/// What a person typed in a form, and what the form had been opened with.
struct TypedForm: Sendable {
    /// By item, as it stands in the field; a coded reason as `@notDone`.
    var typed: [String: String] = [:]
    /// By item, what stood there when the form was opened.
    var was: [String: String] = [:]
    var base = ""
    var reason = ""
    /// Which page it is: a random number that stands in it.
    var form = ""
    /// The number of the page that sent it; a form that is opened again is on another page.
    var page = ""
    /// How often something had been typed in that page.
    var keys = 0
    /// By item, what was typed before nothing could be entered there any more, since its register came into
    /// conflict or the record was locked; and what had stood there. It stays in the draft, and is not saved.
    var aside: [String: (text: String, was: String)] = [:]

    /// The names of fields: `item.VS.weight`, `was.VS.weight`, `missing.VS.weight`.
    init(_ fields: [(name: String, value: String)]) {
        var missing: [String: String] = [:]
        for (name, value) in fields {
            if name == "base" { base = value }
            if name == "reason" { reason = value }
            if name == "form" { form = value }
            if name == "page" { page = value }
            if name == "keys" { keys = Int(value) ?? 0 }
            guard let point = name.firstIndex(of: ".") else { continue }
            let item = String(name[name.index(after: point)...])
            switch name[..<point] {
            case "item": typed[item] = value
            case "was": was[item] = value
            case "missing": missing[item] = value
            case "aside": aside[item, default: ("", "")].text = value
            case "asideWas": aside[item, default: ("", "")].was = value
            default: break
            }
        }
        for (item, reason) in missing where !reason.isEmpty {
            // A value that was typed all the same wins: nothing typed is dropped.
            if typed[item]?.isEmpty ?? true { typed[item] = "@" + reason }
        }
        // A moment stands in the field as people type it, and in what it was opened with as it is kept.
        for (item, before) in was {
            guard let text = typed[item], text != before, let moment = OffsetDateTime(before) else {
                continue
            }
            if OffsetDateTime(typed: text) == moment { typed[item] = before }
        }
        // An unticked box is not sent at all.
        for (item, before) in was where typed[item] == nil {
            typed[item] = before == "Y" ? "N" : before
        }
    }

    init(_ draft: [String: String]) {
        self.init(draft.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) })
    }

    /// Completes moments that were typed without saying where: they are of this laptop's clock. Dates may be
    /// typed as `2026/3/2` too.
    mutating func completeMoments(_ study: StudyDefinition, in zone: TimeZone = .current) {
        for (oid, text) in typed {
            switch study.item(oid)?.type {
            case .dateTime:
                let moment = OffsetDateTime(local: text, in: zone) ?? OffsetDateTime(typed: text)
                if let moment { typed[oid] = moment.description }
            case .date:
                if let date = Self.date(withStrokes: text) { typed[oid] = date }
            default: break
            }
        }
    }

    /// `2026-03-02` of `2026/3/2`; `nil` of any other text. Year, month and day stand in no other order.
    private static func date(withStrokes text: String) -> String? {
        let parts = text.trimmingCharacters(in: .whitespaces).split(
            separator: "/", omittingEmptySubsequences: false)
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard parts.count == 3, parts[0].utf8.count == 4, (1...2).contains(parts[1].utf8.count),
            (1...2).contains(parts[2].utf8.count),
            parts.allSatisfy({ part in part.utf8.allSatisfy { digits.contains($0) } })
        else { return nil }
        func two(_ part: Substring) -> String { part.utf8.count == 1 ? "0\(part)" : String(part) }
        return "\(parts[0])-\(two(parts[1]))-\(two(parts[2]))"
    }

    /// Whether there is anything in it that is not saved.
    var isDraft: Bool { !changed.isEmpty || !aside.isEmpty }

    /// What was typed for an item and is not saved.
    func unsaved(_ item: String) -> (text: String, was: String)? {
        aside[item] ?? changed[item].map { ($0, was[item] ?? "") }
    }

    /// What differs from what the form was opened with.
    var changed: [String: String] { typed.filter { $1 != was[$0] ?? "" } }

    /// Whether a value that was saved before is to be replaced: then a reason is asked for.
    var replaces: Bool { changed.contains { item, _ in !(was[item] ?? "").isEmpty } }

    /// The changed values, and what of them is not taken.
    func values(_ study: StudyDefinition) -> (values: [String: Value], refused: [String: Problem]) {
        var (values, refused): ([String: Value], [String: Problem]) = ([:], [:])
        for (oid, text) in changed {
            guard let item = study.item(oid) else {
                refused[oid] = Problem(.unknownItem, "the study has no item \(oid)")
                continue
            }
            do { values[oid] = try study.value(from: text, for: item) } catch { refused[oid] = error }
        }
        return (values, refused)
    }

    /// All values that can be read, changed or not: for the totals of instruments while typing.
    func readable(_ study: StudyDefinition) -> [String: Value] {
        var values: [String: Value] = [:]
        for (oid, text) in typed where !text.isEmpty {
            if let item = study.item(oid), let value = try? study.value(from: text, for: item) {
                values[oid] = value
            }
        }
        return values
    }
}

extension OffsetDateTime {
    /// Reads `2026-03-02 09:12 +08:00` and `2026-03-02 09:12 UTC`, as a field shows a moment; `nil` without
    /// the blank before the offset.
    init?(typed text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 3 else { return nil }
        self.init("\(parts[0])T\(parts[1])\(parts[2] == "UTC" ? "Z" : parts[2])")
    }

    /// `2026-03-02 09:12 +08:00`, as people type it; seconds only where there are any.
    var asTyped: String {
        let text = description
        let (date, rest) = (text.prefix(10), text.dropFirst(11))
        let clock = rest.dropFirst(5).hasPrefix(":00") ? rest.prefix(5) : rest.prefix(8)
        let zone = rest.dropFirst(8)
        return "\(date) \(clock) \(zone == "Z" ? "UTC" : zone)"
    }

    /// Reads `2026-03-02 09:12`, as the clocks of a time zone show it; `nil` if it is none, or says itself
    /// where it is.
    init?(local text: String, in zone: TimeZone) {
        let bare = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard OffsetDateTime(bare) == nil, let unplaced = OffsetDateTime(bare + "Z") else { return nil }
        // The offset is that of the moment itself: clocks may have been put forward between the two.
        let local = Double(unplaced.secondsSince1970)
        let near = zone.secondsFromGMT(for: Date(timeIntervalSince1970: local))
        let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: local - Double(near)))
        self.init(
            secondsSince1970: unplaced.secondsSince1970 - Int64(offset), offsetMinutes: offset / 60)
    }
}
