import Testing
import TrialModel

@Suite struct ItemValueTests {
    let study: StudyDefinition

    init() throws { study = try SmallStudy.study() }

    private static func kg(_ number: String, entered: String? = nil) -> Value {
        .decimal(Quantity(ExactDecimal(number) ?? ExactDecimal(-1), unit: "kg", entered: entered))
    }

    static let good: [(item: String, typed: String, value: Value)] = [
        ("VS.weight", "", .empty), ("VS.weight", "@notDone", .missing(.notDone)),
        ("VS.note", "@refused", .missing(.refused)),
        ("VS.sex", "@notapplicable", .missing(.notApplicable)),
        ("AE.serious", "@unknown", .missing(.unknown)),
        ("VS.weight", "70.50", kg("70.50")), ("VS.weight", " 70 ", kg("70")),
        ("VS.weight", "70 kg", kg("70")),
        ("VS.weight", "70KG", kg("70")), ("VS.weight", "-1", kg("-1")), ("VS.weight", "500", kg("500")),
        ("VS.weight", "70500 g", kg("70.5", entered: "70500 g")),
        ("VS.weight", "70500g", kg("70.5", entered: "70500g")),
        ("AE.level", "88 µmol/L", .decimal(Quantity(ExactDecimal(88), unit: "umol/L"))),
        ("AE.level", "88 \u{3BC}mol/l", .decimal(Quantity(ExactDecimal(88), unit: "umol/L"))),
        ("VS.sex", "F", .code("F")), ("VS.sex", "m", .code("M")),
        ("AE.grade", "2", .integer(2)), ("AE.count", "007", .integer(7)), ("AE.count", "-3", .integer(-3)),
        ("AE.serious", "y", .yesNo(true)), ("AE.serious", "N", .yesNo(false)),
        ("AE.start", "2026-01", .date(CalendarDate(year: 2026, month: 1)!)),
        ("AE.start", "2026", .date(CalendarDate(year: 2026)!)),
        ("AE.seen", "2026-02-28", .date(CalendarDate(year: 2026, month: 2, day: 28)!)),
        ("PK.dose", "2026-03-02T09:12+08:00", .dateTime(OffsetDateTime("2026-03-02T09:12+08:00")!)),
        ("VS.note", " a ", .text(" a ")), ("VS.note", "a\nb\tc", .text("a\nb\tc")),
        ("VS.note", "12345", .text("12345")),
    ]

    @Test(arguments: good)
    func `What is typed becomes a value that the study accepts`(item: String, typed: String, value: Value)
        throws
    {
        let item = try #require(study.item(item))
        let parsed = try study.value(from: typed, for: item)
        #expect(parsed == value)
        #expect(study.accepts(parsed, for: item) == nil)
    }

    @Test func `A decimal keeps the zeros that were typed`() throws {
        let value = try study.value(from: "8.10", for: try #require(study.item("VS.weight")))
        guard case .decimal(let quantity) = value else { throw Problem(.internalError, "no decimal") }
        #expect(quantity.number.description == "8.10")
        #expect(quantity.entered == nil)
    }

    static let bad: [(item: String, typed: String, code: ProblemCode, allowed: String)] = [
        ("VS.weight", "70,5", .wrongType, "no exponent"), ("VS.weight", "7e1", .wrongType, "no exponent"),
        ("VS.weight", "+70", .wrongType, "a number"), ("VS.weight", "1 000", .wrongType, "a number"),
        ("VS.weight", "heavy", .wrongType, "a number"), ("VS.weight", ".5", .wrongType, "a number"),
        ("VS.weight", " ", .wrongType, "a number"), ("VS.weight", "７０", .wrongType, "a number"),
        ("VS.weight", "1234567890123456789", .wrongType, "a number"),
        ("VS.weight", "0.1234567890123456 g", .wrongType, "a number"),
        ("VS.weight", "70 lb", .unknownUnit, "kg, g"), ("AE.level", "70 mg/dL", .unknownUnit, "umol/L"),
        ("VS.sex", "X", .unknownCode, "F, M"), ("AE.grade", "3", .unknownCode, "1, 2"),
        ("AE.grade", "two", .wrongType, "1, 2"),
        ("AE.count", "1.0", .wrongType, "a whole number"), ("AE.count", "+1", .wrongType, "a whole number"),
        ("AE.count", "1234567890123456789", .wrongType, "a whole number"),
        ("AE.serious", "yes", .wrongType, "Y or N"), ("AE.serious", "1", .wrongType, "Y or N"),
        ("AE.seen", "2026-01", .wrongType, "full date"), ("AE.seen", "2026-02-30", .wrongType, "full date"),
        ("AE.seen", "02/03/2026", .wrongType, "full date"), ("AE.start", "2026-1", .wrongType, "2026-03"),
        ("PK.dose", "2026-03-02T09:12", .wrongType, "offset"),
        ("PK.dose", "2026-03-02", .wrongType, "offset"),
        ("VS.note", "123456", .textTooLong, "5"), ("VS.note", "a\u{7}", .wrongType, "control"),
        ("VS.note", "a\r\n", .wrongType, "control"), ("VS.note", "a\u{85}", .wrongType, "control"),
        ("VS.note", "@home", .wrongType, "@notDone"), ("VS.weight", "@", .wrongType, "@notDone"),
    ]

    @Test(arguments: bad)
    func `What cannot stand is refused with what is allowed`(
        item: String, typed: String, code: ProblemCode, allowed: String
    ) throws {
        let item = try #require(study.item(item))
        let problem = #expect(throws: Problem.self) { try study.value(from: typed, for: item) }
        #expect(problem?.code == code)
        #expect(problem?.message.hasPrefix(item.oid + ": ") == true)
        #expect(problem?.message.contains(allowed) == true, "\(problem?.message ?? "")")
        #expect(
            problem?.message.unicodeScalars.contains { $0.properties.generalCategory == .control } == false)
        if typed.allSatisfy({ $0.isASCII && !$0.isNewline && $0 != "\u{7}" }), typed != " " {
            #expect(problem?.message.contains(typed) == true)
        }
    }

    @Test(arguments: ["70500\tg", "70500" + String(repeating: " ", count: 200) + "g"])
    func `What is converted is taken only if the entered form can be kept`(typed: String) throws {
        let item = try #require(study.item("VS.weight"))
        let problem = #expect(throws: Problem.self) { try study.value(from: typed, for: item) }
        #expect(problem?.code == .wrongType)
    }

    @Test func `A very long text is refused without repeating all of it`() throws {
        let item = try #require(study.item("AE.why"))
        #expect(try study.value(from: String(repeating: "长", count: 1_000), for: item) != .empty)
        let problem = #expect(throws: Problem.self) {
            try study.value(from: "e" + String(repeating: "\u{301}", count: 100_000), for: item)
        }
        #expect(problem?.code == .textTooLong)
        #expect((problem?.message.utf8.count ?? 0) < 400)
    }

    static let refused: [(item: String, value: Value, code: ProblemCode)] = [
        ("VS.weight", .integer(3), .wrongType), ("VS.weight", .text("3"), .wrongType),
        ("VS.weight", .decimal(Quantity(ExactDecimal(3))), .unknownUnit),
        ("VS.weight", .decimal(Quantity(ExactDecimal(3), unit: "g")), .unknownUnit),
        ("VS.weight", kg("3", entered: String(repeating: "x", count: 201)), .wrongType),
        ("VS.sex", .code("f"), .unknownCode), ("VS.sex", .text("F"), .wrongType),
        ("AE.grade", .integer(9), .unknownCode),
        ("AE.seen", .date(CalendarDate(year: 2026)!), .wrongType), ("VS.note", .text("123456"), .textTooLong),
        ("VS.note", .text("\u{0}"), .wrongType), ("AE.serious", .code("Y"), .wrongType),
        ("AE.count", .integer(.max), .wrongType), ("AE.count", .integer(.min), .wrongType),
    ]

    @Test(arguments: refused)
    func `A decoded value that could not have been typed is refused`(
        item: String, value: Value, code: ProblemCode
    ) throws {
        #expect(study.accepts(value, for: try #require(study.item(item)))?.code == code)
    }

    @Test func `An implausible value is accepted`() throws {
        #expect(study.accepts(Self.kg("5000"), for: try #require(study.item("VS.weight"))) == nil)
    }
}
