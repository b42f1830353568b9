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
        // An unticked box is not sent at all.
        for (item, before) in was where typed[item] == nil {
            typed[item] = before == "Y" ? "N" : before
        }
    }

    init(_ draft: [String: String]) {
        self.init(draft.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) })
    }

    /// Completes moments that were typed without saying where: they are of this laptop's clock.
    mutating func completeMoments(_ study: StudyDefinition, in zone: TimeZone = .current) {
        for (oid, text) in typed where study.item(oid)?.type == .dateTime {
            if let moment = OffsetDateTime(local: text, in: zone) { typed[oid] = moment.description }
        }
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

    /// All values that can be read, changed or not: for checks while typing.
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
