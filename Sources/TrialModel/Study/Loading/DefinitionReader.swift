/// What a definition consists of once it has been read without a problem.
struct DefinitionParts {
    let oid: String
    let version: Int
    let title: LocalizedText
    let target: Int
    let provenance: Provenance
    let units: [StudyUnit]
    let codeLists: [CodeList]
    let events: [StudyEvent]
    let forms: [Form]
    let dateChecks: [any EditCheck]
    let rules: [StudyRule]
    let ruleBook: RuleBook
    let caseChecks: [any CaseCheck]
}

/// Reads a study definition from JSON and gathers every problem with its path, instead of stopping at the
/// first.
///
/// One facet per file: `+Forms`, `+Items`, `+Rules`. What refers to something further down the document is
/// checked at the end.
struct DefinitionReader {
    /// The largest document, in bytes.
    static let limitBytes = 2 << 20
    /// The most items a study may have.
    static let itemLimit = 5_000

    let collector = ProblemCollector()
    var units: [String: StudyUnit] = [:]
    var codeLists: [String: CodeList] = [:]
    var events = NameSpace("an event")
    var forms = NameSpace("a form")
    /// Items, derived items and item groups: one name space, because a register bears the name of an item or
    /// a group.
    var registers = NameSpace("an item or item group")
    var items: [String: Item] = [:]
    /// Places that name a form, for the check at the end.
    var formReferences: [(node: DefinitionNode, form: String)] = []
    /// Places where an item is required on condition, for the check at the end.
    var conditions: [(node: DefinitionNode, form: String, item: String, equals: String)] = []

    /// Reads the document.
    ///
    /// - Returns: The parts, `nil` if there is any problem; and all problems.
    static func read(_ json: [UInt8]) -> (parts: DefinitionParts?, problems: [DefinitionProblem]) {
        guard json.count <= limitBytes else {
            let message = "the document has \(json.count) bytes; at most \(limitBytes) are allowed"
            return (nil, [DefinitionProblem(path: "", message: message)])
        }
        let tree: JSONTree
        do {
            tree = try JSONParser.parse(json)
        } catch {
            let message = "is not JSON: line \(error.line), column \(error.column): \(error.message)"
            return (nil, [DefinitionProblem(path: "", message: message)])
        }
        var reader = DefinitionReader()
        let parts = reader.study(DefinitionNode(tree, at: "", noting: reader.collector))
        let problems = reader.collector.problems
        return (problems.isEmpty ? parts : nil, problems)
    }

    private mutating func study(_ root: DefinitionNode) -> DefinitionParts? {
        root.allowKeys(
            "oid", "version", "title", "target", "source", "status", "units", "codeLists", "events", "forms",
            "checks",
            "rules")
        let oid = root.required("oid")?.name()
        let version = root.required("version")?.integer(in: 1...1_000_000)
        let title = root.required("title")?.localized()
        let target = root.required("target")?.integer(in: 1...1_000_000)
        let provenance = self.provenance(of: root)
        let units = root["units"]?.elements().compactMap { unit($0) } ?? []
        let codeLists = root["codeLists"]?.elements().compactMap { codeList($0) } ?? []
        let events = root.required("events")?.elements(atLeast: 1).compactMap { event($0) } ?? []
        let forms = root.required("forms")?.elements(atLeast: 1).compactMap { form($0) } ?? []
        if items.count > Self.itemLimit {
            root.note(
                "the study has \(items.count) items; at most \(Self.itemLimit) are allowed", at: "forms")
        }
        checkReferences(events: events, forms: forms, in: root)
        let checks = self.checks(root, plan: events)
        let rules = self.rules(root)
        let ruleBook = self.ruleBook(root, plan: events, forms: forms)
        guard let oid, let version, let title, let target, let provenance else { return nil }
        return DefinitionParts(
            oid: oid, version: version, title: title, target: target, provenance: provenance, units: units,
            codeLists: codeLists, events: events, forms: forms, dateChecks: checks.dateChecks, rules: rules,
            ruleBook: ruleBook, caseChecks: checks.caseChecks)
    }

    /// Who says what stands at the node: `source` or `status`, one of them.
    func provenance(of node: DefinitionNode, inherited: Provenance? = nil) -> Provenance? {
        switch (node["source"], node["status"]) {
        case (nil, nil):
            if inherited == nil, case .object = node.tree {
                node.note("has neither \"source\" nor \"status\"; one of them says where this comes from")
            }
            return inherited
        case (let source?, nil):
            if source.text() == Provenance.registry.rawValue { return .registry }
            source.note("must be \"\(Provenance.registry.rawValue)\", not \(source.tree.spelled)")
        case (nil, let status?):
            if status.text() == Provenance.toBeConfirmed.rawValue { return .toBeConfirmed }
            status.note(
                "must be \"\(Provenance.toBeConfirmed.rawValue)\", not \(status.tree.spelled)")
        case (_?, let status?): status.note("stands beside \"source\"; only one of them is allowed")
        }
        return inherited
    }

    private mutating func unit(_ node: DefinitionNode) -> StudyUnit? {
        node.allowKeys("oid", "label")
        let label = node.required("label")?.localized()
        guard let place = node.required("oid"), let oid = place.text() else { return nil }
        guard oid.utf8.count <= 32, oid.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            oid.utf8.first.map(isStart) == true
        else {
            place.note(
                "must be at most 32 ASCII characters without blanks that begin with a letter or %, "
                    + "not \(place.tree.spelled)")
            return nil
        }
        guard units[oid] == nil else {
            place.note("\"\(oid)\" is taken by another unit")
            return nil
        }
        guard let label else { return nil }
        let unit = StudyUnit(oid: oid, label: label)
        units[oid] = unit
        return unit
    }

    /// A unit may not begin like a number, so that the two are told apart in what a person types.
    private func isStart(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return byte == UInt8(ascii: "%") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lower)
    }

    private mutating func codeList(_ node: DefinitionNode) -> CodeList? {
        node.allowKeys("oid", "codes")
        var names = NameSpace("a code of this list", ignoringCase: true)
        let codes = node.required("codes")?.elements(atLeast: 1).compactMap { element -> Code? in
            element.allowKeys("code", "label")
            let label = element.required("label")?.localized()
            guard let place = element.required("code"), let code = place.name() else { return nil }
            names.claim(code, at: place)
            return label.map { Code(code: code, label: $0) }
        }
        guard let place = node.required("oid"), let oid = place.name() else { return nil }
        if codeLists[oid] != nil { place.note("\"\(oid)\" is taken by another code list") }
        let list = CodeList(oid: oid, codes: codes ?? [])
        codeLists[oid] = list
        return list
    }

    private mutating func event(_ node: DefinitionNode) -> StudyEvent? {
        node.allowKeys("oid", "label", "forms", "day", "window", "repeatLimit", "source", "status")
        let label = node.required("label")?.localized()
        let provenance = self.provenance(of: node)
        let day = node["day"]?.integer(in: 0...StudyEvent.dayLimit)
        let window = node["window"].flatMap { self.window($0) }
        if window != nil, node["day"] == nil { node.note("stands without a day", at: "window") }
        let repeatLimit = node["repeatLimit"]?.integer(in: StudyEvent.repeatLimits)
        if node["repeatLimit"] != nil, node["day"] != nil {
            node.note("an event that repeats has no planned day", at: "day")
        }
        var named = NameSpace("a form of this event")
        let formOIDs = node.required("forms")?.elements(atLeast: 1).compactMap { element -> String? in
            guard let form = element.name() else { return nil }
            named.claim(form, at: element)
            formReferences.append((element, form))
            return form
        }
        guard let place = node.required("oid"), let oid = place.name() else { return nil }
        events.claim(oid, at: place)
        guard let label, let provenance else { return nil }
        return StudyEvent(
            oid: oid, label: label, repeatLimit: repeatLimit, formOIDs: formOIDs ?? [], day: day,
            window: window,
            provenance: provenance)
    }

    private func window(_ node: DefinitionNode) -> EventWindow? {
        node.allowKeys("before", "after", "source", "status")
        let before = node.required("before")?.integer(in: 0...StudyEvent.dayLimit)
        let after = node.required("after")?.integer(in: 0...StudyEvent.dayLimit)
        let provenance = self.provenance(of: node)
        guard let before, let after, let provenance else { return nil }
        return EventWindow(daysBefore: before, daysAfter: after, provenance: provenance)
    }
}

/// The names of one kind that a document has given so far.
struct NameSpace {
    private let what: String
    private let ignoringCase: Bool
    private var paths: [String: String] = [:]

    init(_ what: String, ignoringCase: Bool = false) { (self.what, self.ignoringCase) = (what, ignoringCase) }

    func contains(_ name: String) -> Bool { paths[spelling(name)] != nil }

    /// Takes the name, or notes where it was given before.
    mutating func claim(_ name: String, at node: DefinitionNode) {
        if let path = paths.updateValue(node.path, forKey: spelling(name)) {
            node.note("\"\(name)\" is the name of \(what) already, at \(path)")
            paths[spelling(name)] = path
        }
    }

    private func spelling(_ name: String) -> String { ignoringCase ? name.lowercased() : name }
}
