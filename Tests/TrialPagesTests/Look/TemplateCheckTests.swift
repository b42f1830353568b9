import Synchronization
import Testing
import TrialModel

@testable import TrialPages

@Suite("A name that a template's model does not have is found")
struct TemplateCheckTests {
    /// Lacks `isForm`, as a page does whose template was changed for another.
    struct Model: Sendable {
        let code: String
        let back: String
        let path: String
    }

    @Test("What the model lacks is named, with its template; what is there is not")
    func missing() {
        let found = Mutex<[String]>([])
        TemplateCheck.$report.withValue({ name in found.withLock { $0.append(name) } }) {
            let shell = Shell(title: "", place: "", words: Words(.en), path: "/")
            _ = PageRenderer().page(.problem, Model(code: "x", back: "/", path: "/"), in: shell)
        }
        #expect(found.withLock { $0 }.contains("problem: isForm"))
        #expect(!found.withLock { $0 }.contains { $0.hasSuffix("code") || $0.hasSuffix("csrf") })
    }

    @Test("Without anyone who asks nothing is looked at, and the page is the same")
    func silent() {
        let shell = Shell(title: "", place: "", words: Words(.en), path: "/")
        let page = PageRenderer().page(.problem, Model(code: "x-y", back: "/", path: "/"), in: shell)
        #expect(page.contains("x-y"))
    }
}
