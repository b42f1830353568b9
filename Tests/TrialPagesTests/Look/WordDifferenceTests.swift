import Testing
@testable import TrialPages

@Suite("Differences within texts", .timeLimit(.minutes(1)))
struct WordDifferenceTests {
    @Test(
        "The words that the other text lacks are marked, and no others",
        arguments: [
            ("pain in the left knee", "pain in the right knee", "pain in the [left] knee"),
            ("mild pain", "pain", "[mild ]pain"), ("pain", "mild pain", "pain"), ("same", "same", "same"),
            ("a b c d", "a x c y", "a [b] c [d]"), ("", "new", ""), ("all", "", "[all]"),
            ("左膝疼痛两天", "左膝疼痛三天", "左膝疼痛[两]天"),
        ])
    func marked(text: String, other: String, expected: String) {
        let parts = WordDifference.parts(of: text, against: other)
        #expect(parts.map(\.text).joined() == text, "nothing of the text is lost")
        #expect(parts.map { $0.differs ? "[\($0.text)]" : $0.text }.joined() == expected)
    }

    @Test("Texts of the greatest length end within the time that the suite has, and stay whole")
    func long() {
        let (one, two) = (String(repeating: "上下", count: 2_000), String(repeating: "下中", count: 2_000))
        let parts = WordDifference.parts(of: one, against: two)
        #expect(parts.map(\.text).joined() == one && parts.contains { $0.differs })
    }
}
