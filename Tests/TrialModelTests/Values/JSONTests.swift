import Testing
import TrialModel

@Suite("JSON that is written", .tags(.unit))
struct JSONTests {
    @Test(
        "Strings are escaped",
        arguments: [
            ("", #""""#), ("a\"b", #""a\"b""#), ("\\", #""\\""#), ("a\nb\rc\td", #""a\nb\rc\td""#),
            ("\u{0}", #""\u0000""#),
            ("\u{1f}", #""\u001f""#), ("\u{7f}", #""\u007f""#), ("\u{2028}\u{2029}", #""\u2028\u2029""#),
            ("\r\n", #""\r\n""#),
            ("体重 é 😀", #""体重 é 😀""#), ("e\u{301}", "\"e\u{301}\""), ("</script>", #""</script>""#),
        ])
    func strings(text: String, json: String) { #expect(JSON.string(text).text == json) }

    @Test("Keys keep their order, and pairs without a value are left out")
    func objects() {
        let json = JSON.keyed(["z": .int(1), "a": nil, "m\"": .array([.null, .bool(true), .object([])])])
        #expect(json.text == #"{"z":1,"m\"":[null,true,{}]}"#)
        #expect(JSON.optional(nil).text == "null")
        #expect(JSON.optional("x").text == #""x""#)
    }

    @Test(
        "Values keep their digits, and nothing answered is null",
        arguments: [
            (Value.empty, "null"), (.missing(.refused), "null"), (.integer(-3), "-3"),
            (.decimal(Quantity(ExactDecimal("8.10")!, unit: "g/L")), "8.10"), (.text("a\"b"), #""a\"b""#),
            (.code("F"), #""F""#),
            (.yesNo(false), "false"), (.date(CalendarDate("2026-03")!), #""2026-03""#),
            (.dateTime(OffsetDateTime("2026-03-02T09:12+08:00")!), #""2026-03-02T09:12:00+08:00""#),
        ])
    func values(value: Value, json: String) { #expect(value.json.text == json) }

    @Test("Only a quantity has a unit")
    func units() {
        #expect(Value.decimal(Quantity(ExactDecimal("1")!, unit: "kg")).unit == "kg")
        #expect(Value.decimal(Quantity(ExactDecimal("1")!)).unit == nil)
        #expect(Value.text("kg").unit == nil)
    }
}
