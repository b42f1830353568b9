import Testing
import TrialPages

extension PageRules {
    /// Holds the rules against the page in front: as at 400 % (WCAG 1.4.10), narrow, on a tablet upright,
    /// wide; light and dark.
    ///
    /// - Parameters:
    ///   - template: what the page must be; `nil` for any.
    ///   - isWhole: `false` for one width and light only.
    ///   - user: who looks, for the report.
    /// - Returns: the template of the page.
    @discardableResult
    static func hold(
        _ browser: Browser, as template: Template? = nil, isWhole: Bool = true, for user: String = "",
        at location: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let page = "\(try await browser.address) \(user)"
        let shown = try await browser.run("return document.body.dataset.template").text
        if let template { #expect(shown == template.rawValue, "\(page)", sourceLocation: location) }
        if isWhole {
            try await browser.emulate(width: 320)
            let found = try await findings(in: browser)
            #expect(found == [], "\(page), 320 pixels wide", sourceLocation: location)
            try await browser.emulate(width: nil)
        }
        for width in isWhole ? [500, 800] : [] {
            try await browser.resize(width: width)
            let found = try await findings(in: browser)
            #expect(found == [], "\(page), \(width) pixels wide", sourceLocation: location)
        }
        try await browser.resize(width: 1_100)
        for scheme in isWhole ? ["light", "dark"] : ["light"] {
            try await browser.prefer(scheme)
            let found = try await findings(in: browser)
            #expect(found == [], "\(page), \(scheme)", sourceLocation: location)
        }
        return shown
    }
}
