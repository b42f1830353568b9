import Foundation
import Testing

extension Pages {
    /// What the keyboard does in a form and around it.
    @Suite(.timeLimit(.minutes(10))) struct KeysTests {
        @Test("Esc leaves a form once what was typed is kept, and not while an input method takes the key")
        func escape() async throws {
            let (_, browser, root) = try await Trial.atBaseline()
            let form = try await browser.address
            try await browser.type("66.6", into: "[name='item.VS.weight']")
            // What an input method (of Chinese, say) does with Esc belongs to it.
            let isLeft = try await browser.run(
                """
                const field = document.activeElement;
                const key = new KeyboardEvent("keydown",
                    { key: "Escape", isComposing: true, bubbles: true, cancelable: true });
                return field.name === "item.VS.weight" && !field.dispatchEvent(key);
                """)
            #expect(isLeft == false, "the key is left to the input method")
            #expect(try await browser.address == form)
            try await browser.press(Browser.escapeKey)
            try await browser.sees("Print the casebook")
            #expect(try await browser.address != form)
            try await browser.openSheet("BL", root)
            #expect(try await browser.value(of: "[name='item.VS.weight']") == "66.6")
            try await browser.sees("it is not saved yet")
        }

        @Test("Who closes a page is held until what was typed is kept, and no longer")
        func closing() async throws {
            let browser = try await Trial.atBaseline().browser
            let wouldAsk = "return !dispatchEvent(new Event('beforeunload', { cancelable: true }))"
            #expect(try await browser.run(wouldAsk) == false, "nothing was typed")
            // In one go: the draft is kept half a second after the last key.
            let asked = try await browser.run(
                """
                const field = document.querySelector("[name='item.VS.weight']");
                field.value = "66.6";
                field.dispatchEvent(new Event("input", { bubbles: true }));
                \(wouldAsk)
                """)
            #expect(asked == true, "what was typed is not kept yet")
            try await browser.sees("draft kept")
            #expect(try await browser.run(wouldAsk) == false, "it is kept")
        }

        @Test("Who types without a pause has a draft after three seconds nevertheless")
        func withoutPause() async throws {
            let browser = try await Trial.atBaseline().browser
            _ = try await browser.run(
                """
                const field = document.querySelector("[name='item.SV.date']");
                window.pauses = 0;
                let last = performance.now();
                window.typing = setInterval(() => {
                    // A machine that is busy may take a break; then it was no typing without a pause.
                    if (performance.now() - last > 450) window.pauses += 1;
                    last = performance.now();
                    field.value += "1";
                    field.dispatchEvent(new Event("input", { bubbles: true }));
                }, 100);
                """)
            try await browser.sees("draft kept")
            let pauses = try await browser.run("clearInterval(window.typing); return window.pauses")
            try #require(pauses == 0, "the machine was too busy to type")
        }

        @Test("Enter in the reason of a finding confirms that finding, and saves nothing else")
        func why() async throws {
            let (laptop, browser, _) = try await Trial.atBaseline(with: "VS.weight=210")
            try await browser.click("[data-item='VS.weight'] details summary")
            try await browser.type("weighed twice", into: "[data-item='VS.weight'] [name^='why.']")
            try await browser.press(Browser.enterKey)
            try await browser.sees("Confirmed as correct")
            let shown = try await laptop("visit", "show", "PKU-001", "BL")
            #expect(shown["items", "VS.weight", "value"] == 210)
            let range = shown["checks"].list.filter { $0["check"].text == "range" }
            #expect(range.count == 1 && range[0]["confirmed"] != .null, "\(shown["checks"])")
        }

        @Test("Tab stops at why a value is missing only where there is none")
        func stops() async throws {
            let (laptop, browser, root) = try await Trial.atBaseline()
            let focused = "return document.activeElement.name ?? ''"
            try await browser.type("7", into: "[name='item.VS.weight']")
            try await browser.press(Browser.tabKey)
            let next = try await browser.run(focused).text
            #expect(next != "missing.VS.weight" && next != "item.VS.weight", "\(next)")
            // Typed and taken out again: there is none after all.
            try await browser.type(Browser.backspaceKey, into: "[name='item.VS.weight']")
            #expect(try await browser.value(of: "[name='item.VS.weight']") == "")
            try await browser.press(Browser.tabKey)
            #expect(try await browser.run(focused).text == "missing.VS.weight")
            // What is saved is no more a reason to stop than what is typed.
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try await browser.openSheet("BL", root)
            let stop = "return document.querySelector(\"[name='missing.VS.weight']\").tabIndex"
            #expect(try await browser.run(stop) == -1)
        }

        @Test("Arrows go through the Responder Index, and its total follows")
        func grid() async throws {
            let browser = try await Trial.atBaseline().browser
            let focused = "return document.activeElement.name + '=' + document.activeElement.value"
            _ = try await browser.run(
                "document.querySelector(\"[data-item='RI.meninges'] input[value='2']\").focus()")
            try await browser.press(" ")
            try await browser.press(Browser.downKey)
            #expect(try await browser.run(focused).text == "item.RI.pituitary=2")
            // Left and right choose within a row, as radio buttons do by themselves.
            try await browser.press(" ")
            try await browser.press(Browser.leftKey)
            #expect(try await browser.run(focused).text == "item.RI.pituitary=1")
            try await browser.press(Browser.upKey)
            #expect(try await browser.run(focused).text == "item.RI.meninges=1")
            try await browser.click("button[value^='zeros:']")
            try await browser.sees("Responder Index: 3")
        }

        @Test("Right goes on from the last score of a row to its ticks, left comes back, and neither chooses")
        func ticks() async throws {
            let browser = try await Trial.atBaseline().browser
            let focused = "return document.activeElement.name + '=' + document.activeElement.value"
            let row = "[data-item='RI.meninges'] input"
            let last = row + "[type=radio][value='']"
            _ = try await browser.run("document.querySelector(arguments[0]).focus()", last)
            for (key, place) in [
                (Browser.rightKey, "item.RI.meninges.urgent=Y"),
                (Browser.rightKey, "item.RI.meninges.damage=Y"),
                (Browser.rightKey, "item.RI.meninges.damage=Y"),
                (Browser.leftKey, "item.RI.meninges.urgent=Y"), (Browser.leftKey, "item.RI.meninges="),
            ] {
                try await browser.press(key)
                #expect(try await browser.run(focused).text == place)
            }
            #expect(try await browser.value(of: row + "[type=radio]:checked") == "", "still no answer")
            #expect(try await browser.count(row + "[type=checkbox]:checked") == 0)
        }

        @Test("/ goes to the search field, ? lists the keys, Esc closes the list")
        func around() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            let (browser, root) = try await trial.atTheSite(laptop)
            try await browser.go(root + "/participants")
            try await browser.press("/")
            #expect(try await browser.run("return document.activeElement.type").text == "search")
            #expect(try await browser.value(of: "input[type=search]") == "", "the key is not typed")
            _ = try await browser.run("document.activeElement.blur()")
            try await browser.press("?")
            #expect(try await browser.count("#keys[open]") == 1)
            #expect(try await PageRules.findings(in: browser) == [])
            try await browser.press(Browser.escapeKey)
            #expect(try await browser.count("#keys[open]") == 0)
        }
    }
}
