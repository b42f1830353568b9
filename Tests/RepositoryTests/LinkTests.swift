import Testing

@Suite("Links of the documentation")
struct LinkTests {
    @Test("Every relative link of a page leads to a file", arguments: Repository.pages)
    func linksLeadSomewhere(page: String) throws {
        let text = try #require(Repository.text(of: page))
        expectNone(LinkRule.findings(in: text, at: page, exists: Repository.exists))
    }

    @Test("README shows every picture of the pages")
    func pictures() throws {
        let text = try #require(Repository.text(of: "README.md"))
        let pictures = Repository.files(under: "docs/images")
        #expect(!pictures.isEmpty)
        for picture in pictures { #expect(text.contains("](\(picture))"), "\(picture)") }
    }

    @Test(
        "A link that leads nowhere or out of the repository is found",
        arguments: [
            ("[a](missing.md)", "leads nowhere"), ("![a](missing.png \"title\")", "leads nowhere"),
            ("[a](../../b.md)", "leads out of the repository"), ("[a]: missing.md", "leads nowhere"),
            ("[here](there.md#part), [a](missing.md#part)", "leads nowhere"),
        ])
    func brokenLinksAreFound(markdown: String, message: String) throws {
        let findings = LinkRule.findings(in: "\n" + markdown, at: "docs/page.md") { $0 == "docs/there.md" }
        let finding = try #require(findings.first)
        #expect(findings.count == 1)
        #expect(finding.line == 2)
        #expect(finding.message.hasSuffix(message))
    }

    @Test(
        "Addresses, anchors and code are no relative links",
        arguments: [
            "[a](https://example.org/a)", "[a](mailto:a@example.org)", "[a](#part)", "`[a](missing.md)`",
            "```\n[a](missing.md)\n```", "[a](../README.md)", "[a](./there.md)", "[a](/docs/there.md)",
        ])
    func otherLinksPass(markdown: String) {
        let there: Set<String> = ["docs/there.md", "README.md"]
        #expect(LinkRule.findings(in: markdown, at: "docs/page.md", exists: there.contains).isEmpty)
    }
}
