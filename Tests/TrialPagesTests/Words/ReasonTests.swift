import Testing
import TrialModel
@testable import TrialPages

@Suite("Reasons of rules")
struct ReasonTests {
    @Test(
        "Every reason for which something cannot be computed is told in Chinese",
        arguments: [
            "VS.weight at BL is in conflict", "VS.weight at BL is not given", "VS.weight at BL gives no dose",
            "TX.prednisoneStart at BL is not a full date", "the date is not given in full",
            "the study does not say what day 0 is",
            "there is no first day of treatment and no SV.date at BL",
        ])
    func chinese(reason: String) {
        #expect(Words(.en).reason(reason) == reason)
        let text = Words(.zh).reason(reason)
        let rest = text.replacing(/[A-Z]+\.[A-Za-z]+|\bBL\b/, with: "")
        #expect(rest.firstMatch(of: /[A-Za-z]/) == nil, "\(text)")
        #expect(Words(.zh).reason("\(reason); \(reason)") == "\(text)；\(text)")
    }

    @Test("A reason names what people see of an item, where the study is known", arguments: Language.allCases)
    func labels(language: Language) throws {
        let study = try StudyDefinition.shipped()
        let label = try #require(study.item("VS.weight")).label[language]
        let text = Words(language).reason("VS.weight at BL is not given", in: study)
        #expect(text.contains(label) && !text.contains("VS.weight"), "\(text)")
    }
}
