import Testing
import TrialModel
@testable import TrialPages

@Suite("Forms and requests")
struct FormFieldsTests {
    @Test("Fields come as they were typed, in order, and several of one name are kept")
    func fields() throws {
        let form = try #require(FormFields(encoded: "a=1+2&b=%E4%BD%93%E9%87%8D&id=x&id=y&empty=&bare".utf8))
        #expect(form["a"] == "1 2")
        #expect(form["b"] == "体重")
        #expect(form.values("id") == ["x", "y"])
        #expect(form["empty"] == "" && form["bare"] == "" && form["none"] == nil)
        #expect(FormFields(encoded: "item.VS.weight=71.5".utf8)?.named("item.").first?.name == "VS.weight")
    }

    @Test("A line break comes as a text keeps it, whatever a browser sends; a lone CR stays what it is")
    func lineBreaks() throws {
        let form = try #require(FormFields(encoded: "a=1%0D%0A%0d%0A2%0D%0A&b=1%0A2&c=1%0D2".utf8))
        #expect(form["a"] == "1\n\n2\n" && form["b"] == "1\n2" && form["c"] == "1\r2")
    }

    @Test(
        "What is no form is refused whole",
        arguments: ["a=%", "a=%4", "a=%GG", "a=%FF%FE", String(repeating: "a=1&", count: 2_001)])
    func broken(text: String) { #expect(FormFields(encoded: text.utf8) == nil) }

    @Test(
        "What is escaped for a URL comes back the same",
        arguments: ["UNS#2", "a/b?c=d&e", "体重 %", "~-._", ""])
    func roundTrip(text: String) {
        #expect(FormFields(encoded: "v=\(urlEscaped(text))".utf8)?["v"] == text)
        let request = PageRequest(.get, "/participants/\(urlEscaped(text))")
        #expect(request.parts == (text.isEmpty ? ["participants"] : ["participants", text]))
    }

    @Test("A form is this server's own only if the browser says so")
    func origin() {
        var request = PageRequest(.post, "/")
        #expect(request.comes(from: "trial.example:8443"))
        request.origin = "https://trial.example:8443"
        #expect(request.comes(from: "trial.example:8443"))
        #expect(!request.comes(from: "trial.example"))
        #expect(!request.comes(from: nil))
        for other in ["null", "https://evil.example", "https://trial.example:8443.evil.example", ""] {
            request.origin = other
            #expect(!request.comes(from: "trial.example:8443"), "\(other)")
        }
        request.origin = nil
        for site in ["cross-site", "same-site", "nonsense"] {
            request.fetchSite = site
            #expect(!request.comes(from: "trial.example:8443"), "\(site)")
        }
    }

    @Test("A form goes back to a page of this server, and nowhere else")
    func back() {
        func back(_ text: String?) -> String {
            var request = PageRequest(.post, "/x")
            request.form = FormFields(text.map { [(name: "back", value: $0)] } ?? [])
            return request.back
        }
        for own in ["/", "/conflicts?search=0a", "/participants/0a/UNS%232"] { #expect(back(own) == own) }
        let others = ["", "x", "//evil.example", "/\\evil.example", "https://evil.example", "/a b", "/a\n"]
        for other in others + ["/\u{7F}"] { #expect(back(other) == "/", "\(other)") }
        #expect(back(nil) == "/")
    }

    @Test("A page is for a person; a script, a style sheet or a picture has no use for one")
    func byPerson() {
        var request = PageRequest(.get, "/")
        #expect(request.isByPerson, "not every browser says what for")
        for (destination, isByPerson) in [("document", true), ("empty", false), ("image", false)] {
            request.fetchDestination = destination
            #expect(request.isByPerson == isByPerson, "\(destination)")
        }
    }

    @Test("Cookies are read as browsers send them")
    func cookies() {
        #expect(PageRequest.cookies("a=1; b=2=3;c; =x") == ["a": "1", "b": "2=3"])
        #expect(PageRequest.cookies(nil).isEmpty)
    }
}
