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

    /// The names of fields: `item.VS.weight`, `was.VS.weight`, `missing.VS.weight`.
    init(_ fields: [(name: String, value: String)]) {
        var missing: [String: String] = [:]
        for (name, value) in fields {
            if name == "base" { base = value }
            if name == "reason" { reason = value }
            guard let point = name.firstIndex(of: ".") else { continue }
            let item = String(name[name.index(after: point)...])
            switch name[..<point] {
            case "item": typed[item] = value
            case "was": was[item] = value
            case "missing": missing[item] = value
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

extension Value {
    /// As it stands in a field: without the unit, which stands behind it.
    var fieldText: String {
        if case .decimal(let quantity) = self { return quantity.number.description }
        return plainText
    }
}
