import Testing
import TrialModel
import TrialPages

@testable import SiteApp

@Suite("Long lists")
struct PagingTests {
    private func page(_ count: Int, from: String?) -> (elements: [Int], paging: Paging?) {
        Paging.page(Array(0..<count), from: from, rows: 20, Words(.en)) { "/?due=\($0)" }
    }

    @Test("A short list is whole, and leads nowhere", arguments: [0, 1, 20])
    func short(count: Int) {
        let part = page(count, from: nil)
        #expect(part.elements.count == count && part.paging == nil)
    }

    @Test("A long list comes in pages, each with the ways to those before and after it")
    func long() throws {
        let first = page(45, from: nil)
        #expect(first.elements == Array(0..<20))
        #expect(first.paging?.previous == nil && first.paging?.next == "/?due=20")
        let second = page(45, from: "20")
        #expect(second.paging?.previous == "/?due=0" && second.paging?.next == "/?due=40")
        let last = page(45, from: "40")
        #expect(last.elements == Array(40..<45) && last.paging?.next == nil)
        #expect(last.paging?.shown == "41 to 45 of 45")
    }

    @Test(
        "A row that there is none of is the first",
        arguments: ["-1", "45", "999999999999999999999", "x", ""])
    func wrong(from: String) { #expect(page(45, from: from).elements.first == 0) }
}
