import Mustache
import Testing

@testable import TrialPages

/// The engine shows a prepared model as it shows the model itself.
@Suite struct PageNodeTests {
    private enum Mark: String { case safe }
    private struct Code: CustomStringConvertible { let description: String }
    private struct Row {
        let label: String
        let count: Int?
        let mark: Mark
        let code: Code
        var rows: [Row] = []
        var isLast = false
    }
    private struct Model {
        let title: String
        let rows: [Row]
        let top: Row?
        let none: Row?
    }

    @Test("Names, sections, inverted sections, dots and what stands around are found alike")
    func alike() throws {
        let template = try MustacheTemplate(
            string: """
                {{title}} {{#rows}}{{label}}{{#.count}}={{.}}{{/.count}}{{^.count}}-{{/.count}} {{mark}}
                {{code}}
                {{#rows}}{{title}}{{.label}}{{/rows}}{{^isLast}},{{/isLast}}{{/rows}}
                {{#top}}{{label}}{{top.mark}}{{/top}}{{#none}}never{{/none}}{{^none}}nothing{{/none}}{{gone}}
                """)
        let inner = Row(label: "<b>", count: nil, mark: .safe, code: Code(description: "X"), isLast: true)
        let outer = Row(label: "a", count: 3, mark: .safe, code: Code(description: "Y"), rows: [inner])
        let model = Model(title: "T", rows: [outer, inner], top: inner, none: nil)
        let prepared = try #require(PageNode.prepared(model))
        #expect(template.render(prepared) == template.render(model))
        #expect(template.render(model).contains("a=3 safe"))
    }

    @Test("A property without a value is not looked for further out")
    func withoutValue() throws {
        struct Model {
            let count: Int?
            let rows: [Row]
        }
        let template = try MustacheTemplate(
            string: "{{count}}:{{#rows}}{{count}}{{#count}}shown{{/count}}{{^count}}none{{/count}}{{/rows}}")
        let row = Row(label: "a", count: nil, mark: .safe, code: Code(description: "X"))
        let prepared = try #require(PageNode.prepared(Model(count: 7, rows: [row])))
        #expect(template.render(prepared) == "7:none")
    }

    @Test("The parts of a casebook are not reflected, and tell every property by its name")
    func partsOfCasebook() throws {
        let row = CasebookModel.Row(
            "Weight", "VS.weight", value: "70 kg", versions: ["71 kg"], entered: "nurse-1",
            findings: ["late"])
        let group = CasebookModel.Group(label: "Vital signs", rows: [row])
        let sheet = CasebookModel.Sheet(
            participant: "PKU-001", name: "BL", label: "Baseline", states: ["locked"], quarantined: ["1"],
            topFindings: ["odd"], groups: [group], derived: ["total"], signatures: ["signed"],
            conflicts: ["held"], queries: ["why"])
        for part in [row, group, sheet] as [any MustacheParent] {
            #expect(type(of: try #require(PageNode.prepared(part))) == type(of: part))
            for case (let name?, let value) in Mirror(reflecting: part).children {
                let told = try #require(part.child(named: name), "\(name)")
                #expect(String(describing: told) == String(describing: value), "\(name)")
            }
        }
    }
}
