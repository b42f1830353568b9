import Foundation
import Testing

extension Pages {
    /// Screenshots of the main pages, for the README: `make images`. Somebody looks at them.
    @Suite(
        .enabled(if: imageFolder != nil, "only `make images` writes them"),
        .timeLimit(.minutes(10)))
    struct ImagesTests {

        @Test("The console's overview and a conflict, and a visit's form at the site, are written")
        func written() async throws {
            let trial = try await Trial()
            let laptop = try await PreparedTrial.fill(trial)
            let console = try await Browser.open(for: trial, width: 1_100)
            try await console.go(trial.address + "/login")
            try await console.logIn("coordinator-1")
            try await console.sees("Sites")
            try await write("console-overview", console)
            try await console.go(trial.address + "/conflicts")
            try await console.click("main th ~ td a")
            try await console.sees("71.5")
            try await write("console-conflict", console)
            try await console.go(trial.address + "/participants")
            try await console.click("main th a")
            try await write("console-participant", console)

            let site = try await Browser.open(for: trial, width: 1_100)
            try await site.go(try await trial.page(of: laptop))
            let root = try await site.address.split(separator: "/").prefix(2).joined(separator: "//")
            try await site.logIn("nurse-1")
            try await site.sees("Today")
            try await write("site-today", site)
            try await site.go(root + "/participants")
            try await site.click("main th a")
            let casebook = try await site.address
            try await site.go(casebook + "/BL")
            try await write("site-form", site)
        }

        private func write(_ name: String, _ browser: Browser) async throws {
            try await browser.fitHeight(width: 1_100)
            let folder = try #require(imageFolder)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let image = try await browser.screenshot()
            #expect((1_000..<400_000).contains(image.count), "\(name) is kept small")
            try image.write(to: folder.appending(path: name + ".png"))
        }
    }
}

private let imageFolder = ProcessInfo.processInfo.environment["TRIALSYNC_IMAGES"].map {
    URL(fileURLWithPath: $0)
}
