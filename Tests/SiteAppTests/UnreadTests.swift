import HTTPTypes
import Testing
import TrialModel
import TrialPages

@testable import SiteApp

@Suite("What is no request of a page")
struct UnreadTests {
    @Test(
        "A page says in the browser's language what happened, and to go back to the form",
        arguments: Unread.allCases, Language.allCases)
    func page(unread: Unread, language: Language) throws {
        let page = unread.page(for: [.acceptLanguage: "\(language.htmlTag),fr;q=0.5"])
        let text = String(decoding: page.body, as: UTF8.self)
        let words = Words(language)
        #expect(page.status == unread.status && [400, 405, 413].contains(page.status))
        let remedy =
            switch unread {
            case .tooLarge: "formTooLargeRemedy"
            case .tooSlow, .malformed: "formCutShortRemedy"
            case .method: "problem.usage.remedy"
            }
        #expect(text.contains("<h1>\(words("problem"))</h1>") && text.contains(words(remedy)))
        let other = try #require(Language.allCases.first { $0 != language })
        #expect(!text.contains(Words(other)(remedy)), "nothing is left in another language")
    }

    @Test("The language that was chosen on the page goes before the browser's own")
    func chosen() {
        let page = Unread.tooLarge.page(for: [.acceptLanguage: "en", .cookie: "a=b; language=zh"])
        #expect(String(decoding: page.body, as: UTF8.self).contains(Words(.zh)("formTooLarge")))
    }

    @Test("A script gets the bare status", arguments: Unread.allCases)
    func script(unread: Unread) throws {
        let name = try #require(HTTPField.Name("Sec-Fetch-Dest"))
        let page = unread.page(for: [name: "empty"])
        #expect(page.status == unread.status && page.body.isEmpty)
    }
}
