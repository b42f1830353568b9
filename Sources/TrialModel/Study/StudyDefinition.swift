/// A study as data, in the terms of CDISC ODM: events, forms, item groups, items, code lists, units, checks.
///
/// One version, immutable, loaded from JSON. Loading names every problem at once by its path.
///
/// ## Topics
/// - Loading: ``init(json:)``, ``problems(in:)``, ``shipped()``, ``problems(replacing:)``
/// - Looking up: ``event(_:)``, ``form(_:)``, ``item(_:)``, ``items(at:)``, ``register(of:)``, ``items(of:)``
/// - Values: ``value(from:for:)``, ``accepts(_:for:)``
/// - Edit checks: ``findings(on:of:dayZero:planned:entered:)``,
///   ``findings(on:of:entered:)``, and of one record alone ``findings(for:event:form:inConflict:entered:)``
public struct StudyDefinition: Sendable {
    /// `NCT05746689`, for instance.
    public let oid: String
    /// Rises with every version that is published.
    public let version: Int
    /// The name of the study.
    public let title: LocalizedText
    /// How many participants the study is to have.
    public let target: Int
    /// Who says what the title and target are.
    public let provenance: Provenance
    /// The units that items are in or may be typed in.
    public let units: [StudyUnit]
    /// The code lists that items refer to.
    public let codeLists: [CodeList]
    /// In the order of the study.
    public let events: [StudyEvent]
    /// In the order of the study, logs included.
    public let forms: [Form]
    /// All edit checks, in the order their findings are shown.
    public let checks: [any EditCheck]
    /// The parameterised rules, with their parameters as written.
    public let rules: [StudyRule]
    /// The same rules, read into types.
    public let ruleBook: RuleBook
    /// The edit checks that need a participant's other records, in the order their findings are shown.
    public let caseChecks: [any CaseCheck]
    /// The bytes it was loaded from.
    public let json: [UInt8]

    private let eventsByOID: [String: StudyEvent]
    private let formsByOID: [String: Form]
    private let itemsByOID: [String: Item]
    private let itemsByEvent: [String: [Item]]
    private let itemsByRegister: [String: [Item]]

    /// Loads a definition.
    ///
    /// - Throws: ``ProblemCode/studyInvalid``; the message names the first few problems and says how many
    ///   there are.
    public init(json: [UInt8]) throws(Problem) {
        let (parts, problems) = DefinitionReader.read(json)
        guard let parts else { throw Self.refusal(of: problems) }
        self.init(parts, json: json)
    }

    /// Everything that is wrong in a definition, each by its path (`forms[3].items[1].codeList`); empty if it
    /// loads.
    ///
    /// At most 1,000 are listed.
    public static func problems(in json: [UInt8]) -> [DefinitionProblem] {
        DefinitionReader.read(json).problems
    }

    private init(_ parts: DefinitionParts, json: [UInt8]) {
        (oid, version, title, target) = (parts.oid, parts.version, parts.title, parts.target)
        (units, codeLists, events, forms) = (parts.units, parts.codeLists, parts.events, parts.forms)
        (provenance, rules, self.json) = (parts.provenance, parts.rules, json)
        ruleBook = parts.ruleBook
        caseChecks = parts.caseChecks + parts.ruleBook.caseChecks
        checks = [RequiredCheck(), ValueCheck(), RangeCheck()] + parts.dateChecks
        let items = parts.forms.flatMap(\.items)
        let formsByOID = Dictionary(parts.forms.map { ($0.oid, $0) }, uniquingKeysWith: { first, _ in first })
        self.formsByOID = formsByOID
        eventsByOID = Dictionary(parts.events.map { ($0.oid, $0) }, uniquingKeysWith: { first, _ in first })
        itemsByOID = Dictionary(items.map { ($0.oid, $0) }, uniquingKeysWith: { first, _ in first })
        itemsByRegister = Dictionary(grouping: items, by: \.register)
        itemsByEvent = eventsByOID.mapValues { event in
            event.formOIDs.flatMap { formsByOID[$0]?.items ?? [] }.filter { $0.isAsked(at: event.oid) }
        }
    }

    private static func refusal(of problems: [DefinitionProblem]) -> Problem {
        let shown = problems.prefix(5).map(\.description).joined(separator: "; ")
        let more = problems.count > 5 ? "; and \(problems.count - 5) more" : ""
        let count = problems.count == 1 ? "1 problem" : "\(problems.count) problems"
        return Problem(.studyInvalid, "the study definition has \(count): \(shown)\(more)")
    }

    /// The event of that OID.
    ///
    /// - Complexity: O(1).
    public func event(_ oid: String) -> StudyEvent? { eventsByOID[oid] }

    /// The form of that OID.
    ///
    /// - Complexity: O(1).
    public func form(_ oid: String) -> Form? { formsByOID[oid] }

    /// Whether that is the OID of a log form, and of no event.
    package func isLog(_ oid: String) -> Bool { event(oid) == nil && form(oid)?.isLog == true }

    /// The item of that OID; derived items are none.
    ///
    /// - Complexity: O(1).
    public func item(_ oid: String) -> Item? { itemsByOID[oid] }

    /// The derived item of that OID: what a rule computes.
    public func derivedItem(_ oid: String) -> DerivedItem? {
        forms.lazy.flatMap(\.derived).first { $0.oid == oid }
    }

    /// The items that are asked at an event, form by form; empty if there is no such event.
    ///
    /// - Complexity: O(1).
    public func items(at event: String) -> [Item] { itemsByEvent[event] ?? [] }

    /// The unit of merge that an item belongs to: the OID of its group if that is atomic, else its own.
    public func register(of item: Item) -> String { item.register }

    /// The items of a register, in order; empty if there is no such register.
    ///
    /// - Complexity: O(1).
    public func items(of register: String) -> [Item] { itemsByRegister[register] ?? [] }

    /// The rule of that OID.
    public func rule(_ oid: String) -> StudyRule? { rules.first { $0.oid == oid } }
}
