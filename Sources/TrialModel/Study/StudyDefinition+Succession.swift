extension StudyDefinition {
    /// This definition, if it may follow the earlier version.
    ///
    /// - Throws: ``ProblemCode/amendmentRefused`` with the first few reasons.
    public func checked(replacing earlier: StudyDefinition) throws(Problem) -> StudyDefinition {
        let problems = problems(replacing: earlier)
        guard problems.isEmpty else {
            let shown = problems.prefix(5).map(\.description).joined(separator: "; ")
            let more = problems.count > 5 ? "; and \(problems.count - 5) more" : ""
            throw Problem(.amendmentRefused, "the amendment cannot follow: \(shown)\(more)")
        }
        return self
    }

    /// What keeps this definition from following an earlier version of the study; empty if nothing does.
    ///
    /// An amendment adds or relabels. Values stand for ever under what they were saved with, and laptops that
    /// have the earlier version go on writing by it for days: so nothing that a value can stand under is
    /// taken away, narrowed or made to mean something else. What is only judged or computed by (ranges,
    /// requirements, planned days, windows, checks, rules, target) may change.
    public func problems(replacing earlier: StudyDefinition) -> [DefinitionProblem] {
        var succession = Succession(old: earlier, new: self)
        succession.compareStudies()
        succession.compareCodeLists()
        succession.compareEvents()
        succession.compareForms()
        succession.compareItems()
        return succession.problems
    }
}

/// Compares a new version of a study with the one before, place by place.
private struct Succession {
    let old: StudyDefinition
    let new: StudyDefinition
    private(set) var problems: [DefinitionProblem] = []

    init(old: StudyDefinition, new: StudyDefinition) { (self.old, self.new) = (old, new) }

    private mutating func note(_ path: String, _ message: String) {
        problems.append(DefinitionProblem(path: path, message: message))
    }

    /// `in version 3`, for messages.
    private var before: String { "in version \(old.version)" }

    mutating func compareStudies() {
        if new.oid != old.oid { note("oid", "the study is \"\(old.oid)\"") }
        if new.version <= old.version {
            note("version", "must be more than \(old.version): an amendment has a number of its own")
        }
    }

    mutating func compareCodeLists() {
        for (index, list) in new.codeLists.enumerated() {
            guard let earlier = old.codeLists.first(where: { $0.oid == list.oid }) else { continue }
            for code in earlier.codes where !list.contains(code.code) {
                note(
                    "codeLists[\(index)].codes",
                    "\"\(code.code)\" was a code \(before) and values stand under it; keep it")
            }
        }
    }

    // MARK: Events

    mutating func compareEvents() {
        for event in old.events where new.event(event.oid) == nil {
            note("events", "\(event.oid) was an event \(before) and visits stand under it; keep it")
        }
        let kept = new.events.map(\.oid).filter { old.event($0) != nil }
        if kept != old.events.map(\.oid).filter({ new.event($0) != nil }) {
            note("events", "stand in another order than \(before); new events may come between, no more")
        }
        for (index, event) in new.events.enumerated() {
            if let earlier = old.event(event.oid) { compare(event, with: earlier, at: "events[\(index)]") }
        }
    }

    private mutating func compare(_ event: StudyEvent, with earlier: StudyEvent, at path: String) {
        switch (earlier.repeatLimit, event.repeatLimit) {
        case (nil, _?):
            note(path + ".repeatLimit", "\(event.oid) occurred once \(before); use a new event for repeats")
        case (let limit?, nil):
            note(path + ".repeatLimit", "\(event.oid) could occur \(limit) times \(before); keep it")
        case (let limit?, let next?) where next < limit:
            note(path + ".repeatLimit", "\(event.oid) could occur \(limit) times \(before), not fewer")
        default: break
        }
        for form in earlier.formOIDs where !event.formOIDs.contains(form) && new.form(form) != nil {
            note(path + ".forms", "\(event.oid) had the form \(form) \(before); keep it")
        }
        let asked = Set(new.items(at: event.oid).map(\.oid))
        for item in old.items(at: event.oid) where event.formOIDs.contains(item.form) {
            guard let next = new.item(item.oid), !asked.contains(item.oid) else { continue }
            note(next.path + ".events", "\(item.oid) was asked at \(event.oid) \(before); keep it there")
        }
    }

    // MARK: Forms

    mutating func compareForms() {
        for form in old.forms where new.form(form.oid) == nil {
            note("forms", "\(form.oid) was a form \(before) and values stand in it; keep it")
        }
        for (index, form) in new.forms.enumerated() {
            if let earlier = old.form(form.oid) { compare(form, with: earlier, at: "forms[\(index)]") }
        }
    }

    private mutating func compare(_ form: Form, with earlier: Form, at path: String) {
        if form.isLog != earlier.isLog {
            note(
                path + ".log",
                "\(form.oid) was \(earlier.isLog ? "a log" : "no log") \(before); use a new form")
        }
        for item in earlier.items where new.item(item.oid) == nil {
            note(path, "\(item.oid) was an item \(before) and values stand under it; keep it")
        }
        for item in earlier.derived {
            guard let next = form.derived.first(where: { $0.oid == item.oid }) else {
                note(path + ".derived", "\(item.oid) was derived \(before) and reports name it; keep it")
                continue
            }
            if next.type != item.type || next.unit != item.unit {
                note(path + ".derived", "\(item.oid) was of another type or unit \(before); use a new OID")
            }
        }
    }

    // MARK: Items

    mutating func compareItems() {
        let registers = Set(old.forms.flatMap(\.items).map(\.register))
        for item in new.forms.flatMap(\.items) {
            if let earlier = old.item(item.oid) {
                compareMeaning(of: item, with: earlier)
                compareLimits(of: item, with: earlier)
            } else if registers.contains(item.register) {
                note(
                    item.path,
                    "\(item.oid) would join the group \(item.register), which laptops with version "
                        + "\(old.version) save without it; use a new group")
            }
        }
    }

    /// What the merge and the analysis rely on.
    private mutating func compareMeaning(of item: Item, with earlier: Item) {
        if item.type != earlier.type {
            note(item.path + ".type", "\(item.oid) was \(earlier.type.rawValue) \(before); use a new OID")
        }
        if item.unit != earlier.unit {
            let unit = earlier.unit ?? "no unit"
            note(item.path + ".unit", "\(item.oid) was in \(unit) \(before); use a new OID")
        }
        if item.register != earlier.register {
            note(
                item.path + ".oid",
                "\(item.oid) was saved with \(earlier.register) \(before) and would now be with "
                    + "\(item.register); use a new OID")
        }
    }

    /// What an entry made by the earlier version must still pass.
    private mutating func compareLimits(of item: Item, with earlier: Item) {
        if item.maxLength < earlier.maxLength {
            note(
                item.path + ".maxLength",
                "\(item.oid) took \(earlier.maxLength) characters \(before), and may not take fewer")
        }
        if earlier.allowsPartialDate, !item.allowsPartialDate {
            note(item.path + ".partial", "\(item.oid) took partial dates \(before); keep that")
        }
        for factor in earlier.factors where !item.factors.contains(factor) {
            note(
                item.path + ".factors",
                "\(item.oid) took \(factor.unit) with the factor \(factor.factor) \(before); keep that")
        }
        compareCodes(of: item, with: earlier)
    }

    /// Codes of a list that is still the same are compared once, for the list.
    private mutating func compareCodes(of item: Item, with earlier: Item) {
        let path = item.path + ".codeList"
        switch (earlier.codeList, item.codeList) {
        case (nil, let list?) where item.type == earlier.type:
            note(path, "\(item.oid) took any value \(before), not only codes of \(list.oid); use a new OID")
        case (let list?, nil) where item.type == earlier.type:
            note(path, "\(item.oid) took codes of \(list.oid) \(before); use a new OID")
        case (let list?, let next?) where next.oid != list.oid:
            for code in list.codes where !next.contains(code.code) {
                note(path, "\(item.oid) took the code \"\(code.code)\" \(before); keep it")
            }
        default: break
        }
    }
}
