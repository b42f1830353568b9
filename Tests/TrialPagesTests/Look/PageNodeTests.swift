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

    @Test("A row of a casebook is not reflected, and tells every property by its name")
    func rowOfCasebook() throws {
        let row = CasebookModel.Row(
            label: "Weight", item: "VS.weight", values: ["70 kg"], isConflict: true, entered: "nurse-1",
            findings: ["late"])
        #expect(PageNode.prepared(row) is CasebookModel.Row)
        for case (let name?, let value) in Mirror(reflecting: row).children {
            let told = try #require(row.child(named: name), "\(name)")
            #expect(String(describing: told) == String(describing: value), "\(name)")
        }
    }
}
