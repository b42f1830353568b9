import Foundation
import Testing

extension Pages {
    /// What stays in sight of a form that is longer than the window.
    @Suite(.timeLimit(.minutes(10))) struct LongFormTests {
        /// Whether an element is in sight, and under nothing.
        private func isSeen(_ selector: String, in browser: Browser) async throws -> Bool {
            try await browser.run(
                """
                const element = document.querySelector(arguments[0]);
                const box = element?.getClientRects()[0];
                if (!box) return false;
                const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
                return top !== null && element.contains(top);
                """, selector) == true
        }

        @Test(
            "A value, the reason for its change, the button and how the data stands are seen together",
            arguments: ["VS.weight", "RL.reason"])
        func reason(item: String) async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            try await laptop("visit", "edit", "PKU-001", "W12", "VS.weight=70", "RL.reason=none")
            let (browser, root) = try await trial.atTheSite(laptop)
            try await browser.resize(width: 1_100, height: 800)
            try await browser.openSheet("W12", root)
            #expect(try await !isSeen("#reason", in: browser), "nothing is changed yet")
            let field = "[name='item.\(item)']"
            try await browser.clear(field)
            try await browser.type("71", into: field)
            try await browser.sees("Reason for the change")
            for selector in [field, "#reason", "#entry button.main", ".top .state"] {
                #expect(try await isSeen(selector, in: browser), "\(selector)")
            }
            _ = try await browser.run("document.querySelector(\"[name='item.RI.skin']\").scrollIntoView()")
            #expect(try await isSeen("[name='item.RI.skin']", in: browser), "not under the line at the top")
            for selector in ["#reason", "#entry button.main", ".top .state"] {
                #expect(try await isSeen(selector, in: browser), "\(selector), scrolled")
            }
            #expect(try await PageRules.findings(in: browser) == [])
        }

        @Test("In a small window how the data stands is seen beside the field, in a line that is thin")
        func small() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            let (browser, root) = try await trial.atTheSite(laptop)
            try await browser.openSheet("W12", root)
            let field = "[name='item.VS.weight']"
            for width in [320, 700] {
                try await browser.emulate(width: width)
                _ = try await browser.run("document.querySelector(arguments[0]).scrollIntoView()", field)
                for selector in [field, ".top .state"] {
                    #expect(try await isSeen(selector, in: browser), "\(selector), \(width) pixels wide")
                }
                let height = try await browser.run(
                    "return document.querySelector('.top .state').getBoundingClientRect().height")
                #expect(height.double <= 44, "\(width) pixels wide")
            }
        }

        @Test("In a small window a grid that is wider shows at its side that there is more")
        func sideways() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            let (browser, root) = try await trial.atTheSite(laptop)
            try await browser.openSheet("W12", root)
            try await browser.emulate(width: 320)
            let isWide = try await browser.run(
                """
                const grid = document.querySelector("[data-grid]");
                return grid.scrollWidth > grid.clientWidth;
                """)
            #expect(isWide == true)
            // Covers that move with the content over edges that do not.
            let drawn = try await browser.run(
                "return getComputedStyle(document.querySelector('[data-grid]')).backgroundAttachment")
            #expect(drawn.text == "local, local, scroll, scroll")
        }
    }
}
