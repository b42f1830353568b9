import Foundation
import Testing
import TrialModel
@testable import TrialPages

@Suite("Words")
struct WordsTests {
    @Test("Every text is there in both languages, with the same places to fill in")
    func bothLanguages() {
        func places(_ text: String) -> Set<String> {
            Set(text.matches(of: /\{([a-z]+)\}/).map { String($0.output.1) })
        }
        for (key, entry) in Words.catalogue {
            #expect(!entry.en.isEmpty && !entry.zh.isEmpty, "\(key)")
            #expect(places(entry.en) == places(entry.zh), "\(key)")
            let isChinese = entry.zh.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }
            #expect(isChinese, "\(key) is not in Chinese: \(entry.zh)")
            #expect(
                !entry.en.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }, "\(key)")
        }
    }

    @Test("Chinese has one word each for a participant, a site, the centre and a save")
    func terms() {
        for (key, entry) in Words.catalogue {
            #expect(!entry.zh.contains("参与者"), "\(key)")
            let bare = entry.zh.replacing("研究中心", with: "").replacing("协调中心", with: "")
            #expect(!bare.contains("中心"), "\(key): of the site, or of the centre?")
            for other in ["病例记录", "登记链接", "裁定", "核查提示", "核查结果"] {
                #expect(!entry.zh.contains(other), "\(key): there is another word for it")
            }
            guard entry.en.contains(/\b[Ss]ave[sd]?\b/) else { continue }
            let act = entry.zh.replacing("录入者", with: "").replacing("录入员", with: "")
            #expect(!act.contains("录入"), "\(key): to save is 保存")
        }
    }

    @Test("A conflict is resolved, in both languages; what is kept aside is decided")
    func resolving() {
        for (key, entry) in Words.catalogue {
            if entry.en.contains(/\b[Cc]onflict/) {
                #expect(!entry.en.contains(/\b[Dd]eci[ds]/), "\(key): \(entry.en)")
            }
            if entry.zh.contains(/解决[^，。；]{0,6}冲突|冲突[^，。；]{0,6}解决/) {
                #expect(entry.en.contains(/\b[Rr]esolve/), "\(key): \(entry.en)")
            }
        }
    }

    @Test(
        "What has come to the centre and what has not is said in the same words", arguments: Language.allCases
    )
    func verdicts(language: Language) {
        let words = Words(language)
        let centre = language == .en ? "at the centre" : "送达协调中心"
        for key in ["verdict.applied", "verdict.pending", "savesWaiting"] {
            #expect(words(key).contains(centre), "\(key)")
        }
    }

    @Test("Chinese has its own punctuation")
    func punctuation() {
        for (key, entry) in Words.catalogue {
            let mixed = entry.zh.firstMatch(of: /\p{Han} ?[,;:()]|[,;:()] ?\p{Han}|\p{Han}[?!]|[?!]\p{Han}/)
            #expect(mixed == nil, "\(key): \(entry.zh)")
        }
        let (english, chinese) = (Words(.en), Words(.zh))
        #expect(english.bracketed("a", "b") + english.colon + "c" == "a (b): c")
        #expect(chinese.bracketed("甲", "乙") + chinese.colon + "丙" == "甲（乙）：丙")
        #expect(english.bracketed("", "b") == "(b)")
    }

    @Test("Every problem has a sentence and a way out in both languages", arguments: ProblemCode.allCases)
    func problems(code: ProblemCode) throws {
        for language in Language.allCases {
            let problem = Problem(code, "the exact message")
            let notice = Shell.Notice(problem, Words(language))
            #expect(notice.remedy?.hasPrefix("[") == false, "\(code)")
            #expect(notice.text.hasPrefix("[") == false, "\(code)")
            let shown = [notice.text, notice.detail]
            #expect(shown.contains("the exact message"), "\(code)")
            #expect((notice.text == "the exact message") == (language == .en))
        }
        #expect(Words(.zh)("problem.\(code.rawValue)") != Words(.zh)("problem.\(code.rawValue).remedy"))
    }

    @Test("What a page says itself, in its reader's language, is not said twice")
    func ownRefusal() {
        let problem = Problem(.usage, "尚未作出选择", remedy: "请选择", in: .zh)
        let notice = Shell.Notice(problem, Words(.zh))
        #expect(notice.text == "尚未作出选择" && notice.remedy == "请选择" && notice.detail == nil)
    }

    @Test("No key stands twice in the files of the catalogue")
    func keys() throws {
        var seen: Set<String> = []
        for bytes in [
            PackageResources.words_json, PackageResources.site_words_json,
            PackageResources.problem_words_json,
        ] {
            let text = String(decoding: bytes, as: UTF8.self)
            for key in text.matches(of: /(?m)^  "([^"]+)": \{/).map({ String($0.output.1) }) {
                #expect(seen.insert(key).inserted, "\(key)")
            }
        }
        #expect(seen == Set(Words.catalogue.keys))
    }

    @Test("Every text that a page or the code names is in the catalogue, and none is there for nothing")
    func inUse() throws {
        let root = TemplateTests.folder.deletingLastPathComponent().deletingLastPathComponent()
        var used: Set<String> = []
        var families: Set<String> = []
        var called: Set<String> = []
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        for case let file as URL in files.map(Array.init) ?? []
        where ["swift", "mustache"].contains(file.pathExtension) {
            let text = try String(contentsOf: file, encoding: .utf8)
            if file.pathExtension == "mustache" {
                used.formUnion(text.matches(of: /words\.([A-Za-z]+)/).map { String($0.output.1) })
                continue
            }
            guard text.contains("TrialPages") || file.path.contains("/TrialPages/") else { continue }
            used.formUnion(text.matches(of: /"([A-Za-z.-]+)"/).map { String($0.output.1) })
            called.formUnion(text.matches(of: /words\("([A-Za-z.-]+)"/).map { String($0.output.1) })
            families.formUnion(text.matches(of: /"([a-z]+)\.\\\(/).map { String($0.output.1) + "." })
        }
        let known = Set(Words.catalogue.keys)
        #expect(called.isSubset(of: known), "\(called.subtracting(known).sorted())")
        // A mark of the language, not a text.
        let template = try templateKeys().subtracting(["colon"])
        #expect(template.isSubset(of: known), "\(template.subtracting(known).sorted())")
        let idle = known.filter { key in
            !used.contains(key) && !families.contains { key.hasPrefix($0) }
        }
        #expect(idle.isEmpty, "\(idle.sorted())")
    }

    private func templateKeys() throws -> Set<String> {
        var keys: Set<String> = []
        for bytes in PageRenderer.templates.values {
            let text = String(decoding: bytes, as: UTF8.self)
            keys.formUnion(text.matches(of: /words\.([A-Za-z]+)/).map { String($0.output.1) })
        }
        return keys
    }

    @Test("A value that looks like a place to fill in stays as it is")
    func filling() {
        let words = Words(.en)
        #expect(words("rowsShown", ["from": "{to}", "to": "2", "all": "3"]) == "{to} to 2 of 3")
        #expect(words("released", n: 1) == "1 entry released")
        #expect(words("released", n: 2) == "2 entries released")
        #expect(Words(.zh)("released", n: 1) == "已放行 1 条")
        #expect(words("clockAhead", n: 1) + words("clockBehind", n: 5) == "1\u{2009}s ahead5\u{2009}s behind")
    }

    @Test("Dates and times are unambiguous in both languages")
    func dates() {
        #expect(Words(.en).date("2026-03-02") == "2 Mar 2026")
        #expect(Words(.zh).date("2026-03-02") == "2026年3月2日")
        #expect(Words(.en).date("2026-03") == "Mar 2026")
        #expect(Words(.zh).date("2026") == "2026年")
        #expect(Words(.en).date("2026-99-02") == "2026-99-02")
        #expect(Words(.en).date("") == "")
        #expect(Words(.en).time("2026-03-04T09:12:44+08:00") == "4 Mar 2026 09:12 +08:00")
        #expect(Words(.zh).time("2026-03-04T09:12:44.125Z") == "2026年3月4日 09:12 UTC")
        #expect(Words(.en).time("nonsense") == "nonsense")
        #expect(Words(.en).clock("2026-03-04T09:12:44+08:00") == "09:12")
        #expect(Words(.en).unit("ug/L") == "µg/L" && Words(.zh).unit("umol/L") == "µmol/L")
        #expect(Words(.en).unit("U/L") == "U/L")
    }

    @Test("A number that was converted says what was typed; any other says nothing of it")
    func entered() throws {
        let number = try #require(ExactDecimal("79.578"))
        let converted = Value.decimal(Quantity(number, unit: "umol/L", entered: "0.9 mg/dL"))
        let text = "79.578\u{2009}µmol/L"
        #expect(Words(.en).value(converted, of: nil) == text + " (entered as 0.9 mg/dL)")
        #expect(Words(.zh).value(converted, of: nil) == text + "（录入为 0.9 mg/dL）")
        #expect(Words(.en).value(.decimal(Quantity(number, unit: "umol/L")), of: nil) == text)
    }

    @Test("Values of which one stands are told apart by a word of the language")
    func either() {
        #expect(Words(.en).either(["60 kg", "61 kg", "62 kg"]) == "60 kg or 61 kg or 62 kg")
        #expect(Words(.zh).either(["60 kg", "61 kg"]) == "60 kg 或 61 kg")
        #expect(Words(.en).either(["60 kg"]) == "60 kg" && Words(.zh).either([]).isEmpty)
    }

    @Test(
        "What a rule says is printed with dates as on every page, and with a thin space before a unit",
        arguments: [
            ("is 2026-03-20, day 18 from 2026-03-02", "is 20 Mar 2026, day 18 from 2 Mar 2026"),
            ("EX-3fa1c2d4 (45 mg/d, 2026-03-02 to now)", "EX-3fa1c2d4 (45\u{2009}mg/d, 2 Mar 2026 to now)"),
            (
                "VS.weight is 300 kg; plausible is 30 to 200 kg",
                "VS.weight is 300\u{2009}kg; plausible is 30 to 200\u{2009}kg"
            ),
            ("10 mg: given 2026-03-02.", "10\u{2009}mg: given 2 Mar 2026."),
            ("is 2.5 ug/L at W12, below", "is 2.5\u{2009}µg/L at W12, below"),
            ("at 2026-03-04T09:12:44+08:00, late", "at 4 Mar 2026 09:12 +08:00, late"),
            ("2 required items of PKU-2026-03-02", "2 required items of PKU-2026-03-02"),
            (
                "should be a date such as 2026-03-02, 2026-03 or 2026",
                "should be a date such as 2026-03-02, 2026-03 or 2026"
            ),
        ])
    func ofRules(text: String, printed: String) {
        #expect(Words(.en).asPrinted(text) == printed)
    }

    @Test("What a rule says in Chinese has the dates of Chinese pages")
    func ofRulesInChinese() {
        #expect(
            Words(.zh).asPrinted("谷浓度为21 ug/L，自2026-03-02起第18天")
                == "谷浓度为21\u{2009}µg/L，自2026年3月2日起第18天")
        #expect(Words(.zh).asPrinted("允许的是：完整日期，如2026-03-02") == "允许的是：完整日期，如2026-03-02")
    }

    @Test(
        "A browser gets the language that it asks for first, of those there are",
        arguments: [
            ("zh-CN,zh;q=0.9,en;q=0.8", Language.zh), ("de, zh", .zh), ("en-GB", .en), ("fr", .en),
            (nil, .en),
            (";;,,", .en),
        ] as [(String?, Language)])
    func accepting(header: String?, language: Language) {
        #expect(Language(accepting: header) == language)
    }
}
