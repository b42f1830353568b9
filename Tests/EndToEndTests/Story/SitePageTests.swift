import Foundation
import Testing

extension Story {
    /// The site's page as a browser meets it.
    @Suite(.timeLimit(.minutes(5))) struct SitePageTests {
        @Test("First run, a visit saved with the centre away, and a sync that brings it there")
        func firstDay() async throws {
            let trial = try await Trial()
            let page = try await SitePage(trial: trial, store: "ward-1")
            let start = try await page.get("/start")
            let link = try await trial.link(site: "PKU")
            try await page.post(
                "/start",
                [
                    "link": link, "device": "ward-1", "user": "nurse-1",
                    "password": Trial.password("nurse-1"),
                ], of: start)
            let today = try await within(seconds: 60, "the end of joining") {
                while true {
                    let shown = try await page.get("/")
                    if shown.contains("nurse-1") && shown.contains("action=\"/logout\"") { return shown }
                    #expect(!shown.contains("role=\"alert\""), "\(shown)")
                }
            }
            #expect(today.contains("safe at the centre since"))

            try await trial.stop()
            let list = try await page.get("/participants")
            let enrolled = try await page.post("/participants", ["consented": "Y"], of: list)
            #expect(enrolled.contains("PKU-001"))
            let path = SitePage.link("/participants/", in: try await page.get("/participants")) + "/BL"
            #expect(path.count > 10 && !path.contains("PKU"), "\(path)")
            let visit = try await page.get(path)
            let saved = try await page.post(
                path,
                [
                    "base": SitePage.hidden("base", in: visit), "was.VS.weight": "",
                    "item.VS.weight": "71.5",
                ], of: visit)
            #expect(SitePage.hidden("was.VS.weight", in: saved) == "71.5")
            #expect(saved.contains("2 saves not yet at the centre"))

            try await page.post("/sync", [:], of: saved)
            _ = try await within(seconds: 120, "the sync's failure") {
                while try await !page.get("/").contains("centre not reachable since") {}
            }
            try await trial.serve()
            try await page.post("/sync", [:], of: try await page.get("/"))
            _ = try await within(seconds: 60, "the sync") {
                while try await !page.get("/").contains("safe at the centre since") {}
            }
            let shown = try await trial.centre("visit", "show", "PKU-001", "BL")
            #expect(shown["items", "VS.weight", "value"] == 71.5)

            page.running.signal(SIGTERM)
            let end = try await within(seconds: 60, "the page's end") { await page.running.reply() }
            #expect(end.exit == 0, "\(end.err)")
            #expect(!end.err.contains("71.5") && !end.err.contains("PKU-001"))
        }

        @Test("What cannot be read is answered with a page that leads back, in the browser's language")
        func unread() async throws {
            let trial = try await Trial()
            let page = try await SitePage(trial: trial, store: "ward-1")
            let large = trial.scratch.appending(path: "large")
            try Data(repeating: UInt8(ascii: "a"), count: 300 << 10).write(to: large)
            let requests = [
                (["-X", "PUT"], "405", "was not understood"),
                (["-d", "a=%zz"], "400", "did not arrive whole"),
                (["--data-binary", "@\(large.path)"], "413", "is larger than is taken here"),
            ]
            for (arguments, status, said) in requests {
                let all = arguments + ["-w", "%{http_code}"]
                let english = try await page.ask("/search", all)
                #expect(english.contains(said) && english.contains("Go back"), "\(english)")
                let chinese = try await page.ask("/search", all + ["-H", "Accept-Language: zh-CN"])
                #expect(chinese.contains("请返回") && !chinese.contains(said), "\(chinese)")
                #expect(try await page.ask("/search", all + ["-H", "Sec-Fetch-Dest: empty"]) == status)
            }
        }
    }
}
