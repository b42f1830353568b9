import Testing
import TrialCommand
import TrialModel

@Suite struct LanguageTests {
    @Test(arguments: [
        ([:], Language.en), (["LANG": "zh_CN.UTF-8"], .zh), (["LANG": "C.UTF-8"], .en),
        (["LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"], .en),
        (["LANG": "en_GB.UTF-8", "LC_MESSAGES": "zh_CN"], .zh), (["LC_ALL": "", "LANG": "zh"], .zh),
        (["LANG": "fr_FR"], .en),
    ])
    func `The environment chooses the language as POSIX has it`(
        environment: [String: String], expected: Language
    ) { #expect(Language(environment: environment) == expected) }
}
