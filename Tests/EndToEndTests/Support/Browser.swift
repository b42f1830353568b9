import Foundation

/// A headless Chromium, driven by the WebDriver protocol (https://www.w3.org/TR/webdriver2/).
///
/// Debian's packages are `chromium` and `chromium-driver`; `.ci/run` installs them.
struct Browser: Sendable {
    private let trial: Trial
    private let session: String

    static let isInstalled = ["chromium", "chromedriver"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
    }

    /// Starts a driver, and a browser with an empty profile. Both end with the trial.
    static func open(for trial: Trial, language: String = "en", width: Int = 1280) async throws -> Browser {
        let driver = try trial.run(
            URL(fileURLWithPath: "/usr/bin/chromedriver"), ["--port=0"],
            environment: ["PATH": "/usr/bin:/bin", "HOME": trial.folder.path], isFollowed: true)
        let said = " started successfully on port "
        let port = try await within(seconds: 60, "chromedriver's port") {
            for await line in driver.lines {
                guard let range = line.range(of: said) else { continue }
                return String(line[range.upperBound...].prefix { $0.isNumber })
            }
            throw Failure("chromedriver ended: \(await driver.reply().err)")
        }
        let options: [String: Any] = [
            "args": [
                "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=\(width),900",
                "--lang=\(language)", "--no-proxy-server",
            ],
            "prefs": ["intl.accept_languages": language],
        ]
        let capabilities: [String: Any] = [
            "capabilities": [
                "alwaysMatch": ["acceptInsecureCerts": true, "goog:chromeOptions": options]
            ]
        ]
        let root = "http://127.0.0.1:\(port)/session"
        let answer = try await ask(trial, root, "POST", capabilities)
        // The driver would leave it behind.
        trial.adopt(answer["capabilities", "goog:processID"].int)
        return Browser(trial: trial, session: "\(root)/\(answer["sessionId"].text)")
    }

    // MARK: Pages

    func go(_ address: String) async throws { _ = try await post("url", ["url": address]) }

    /// Closes the browser, as a person does.
    func end() async throws { _ = try await Self.ask(trial, session, "DELETE") }

    func reload() async throws { _ = try await post("refresh", [:]) }

    var address: String { get async throws { try await get("url").text } }

    var title: String { get async throws { try await get("title").text } }

    /// The text of the page as it is shown.
    var text: String {
        get async throws { try await run("return document.body.innerText").text }
    }

    /// Waits until the page shows a text.
    func sees(_ text: String, seconds: Int = 60) async throws {
        do {
            _ = try await within(seconds: seconds, "“\(text)” on the page") {
                while try await !self.text.contains(text) { await Task.yield() }
            }
        } catch { throw Failure("\(error); the page says: \((try? await self.text) ?? "")") }
    }

    /// Waits until a condition of JavaScript holds on the page.
    func waits(until condition: String) async throws {
        try await within(seconds: 60, condition) {
            while try await run("return Boolean(\(condition))") != true { await Task.yield() }
        }
    }

    /// Another tab, which is the one in front from now on.
    func newTab() async throws -> String {
        let handle = try await post("window/new", ["type": "tab"])["handle"].text
        try await show(tab: handle)
        return handle
    }

    var tab: String { get async throws { try await get("window").text } }

    func show(tab: String) async throws { _ = try await post("window", ["handle": tab]) }

    /// What happens when the server forgets a browser: its cookies are gone.
    func forgetCookies() async throws { _ = try await Self.ask(trial, session + "/cookie", "DELETE") }

    func screenshot() async throws -> Data {
        Data(base64Encoded: try await get("screenshot").text) ?? Data()
    }

    func resize(width: Int, height: Int = 900) async throws {
        _ = try await post("window/rect", ["width": width, "height": height])
    }

    /// Shows pages as if the window were smaller than a window can be: 320 by 256 pixels are a screen of 1280
    /// by 1024 at 400 %; `nil` as it is again.
    func emulate(width: Int?) async throws {
        var metrics: [String: Any] = [:]
        if let width {
            metrics = ["width": width, "height": 256, "deviceScaleFactor": 1, "mobile": false]
        }
        let command = metrics.isEmpty ? "clearDeviceMetricsOverride" : "setDeviceMetricsOverride"
        _ = try await post("goog/cdp/execute", ["cmd": "Emulation.\(command)", "params": metrics])
    }

    /// Shows pages as on another medium: `print`; empty for a screen again.
    func emulate(media: String) async throws {
        _ = try await post(
            "goog/cdp/execute", ["cmd": "Emulation.setEmulatedMedia", "params": ["media": media]])
    }

    /// Sets the height of the window to that of the page.
    func fitHeight(width: Int = 1280) async throws {
        let height = try await run("return document.documentElement.scrollHeight").double
        try await resize(width: width, height: min(max(Int(height) + 140, 600), 1_300))
    }

    /// `light` or `dark`.
    func prefer(_ scheme: String) async throws {
        let features = [["name": "prefers-color-scheme", "value": scheme]]
        _ = try await post(
            "goog/cdp/execute", ["cmd": "Emulation.setEmulatedMedia", "params": ["features": features]])
    }

    // MARK: Elements

    /// Clicks as a person does, who scrolls until it stands free.
    func click(_ selector: String) async throws {
        _ = try await run(
            "document.querySelector(arguments[0])?.scrollIntoView({ block: 'center' })", selector)
        _ = try await post("element/\(try await find(selector))/click", [:])
    }

    /// Types into a field, after what stands there.
    func type(_ text: String, into selector: String) async throws {
        _ = try await post("element/\(try await find(selector))/value", ["text": text])
    }

    func clear(_ selector: String) async throws {
        _ = try await post("element/\(try await find(selector))/clear", [:])
    }

    /// Types on the keyboard, wherever the focus is.
    func press(_ keys: String) async throws {
        let element = try await get("element/active")
        _ = try await post("element/\(Self.id(element))/value", ["text": keys])
    }

    static let backspaceKey = "\u{E003}"
    static let tabKey = "\u{E004}"
    static let enterKey = "\u{E007}"
    static let escapeKey = "\u{E00C}"
    static let leftKey = "\u{E012}"
    static let upKey = "\u{E013}"
    static let rightKey = "\u{E014}"
    static let downKey = "\u{E015}"

    func value(of selector: String) async throws -> String {
        try await run("return document.querySelector(arguments[0])?.value ?? null", selector).text
    }

    func count(_ selector: String) async throws -> Int {
        Int(try await run("return document.querySelectorAll(arguments[0]).length", selector).double)
    }

    /// What a script returns.
    func run(_ script: String, _ arguments: String...) async throws -> JSONNode {
        try await post("execute/sync", ["script": script, "args": arguments])
    }

    private func find(_ selector: String) async throws -> String {
        Self.id(try await post("element", ["using": "css selector", "value": selector]))
    }

    // MARK: The protocol

    private static func id(_ element: JSONNode) -> String {
        element.keys.first.map { element[$0].text } ?? ""
    }

    private func get(_ path: String) async throws -> JSONNode {
        try await Self.ask(trial, "\(session)/\(path)", "GET")
    }

    private func post(_ path: String, _ body: [String: Any]) async throws -> JSONNode {
        try await Self.ask(trial, "\(session)/\(path)", "POST", body)
    }

    /// By way of curl: chromedriver's answers are more than Foundation's own client takes on Linux.
    private static func ask(
        _ trial: Trial, _ url: String, _ method: String, _ body: [String: Any]? = nil
    ) async throws -> JSONNode {
        var arguments = ["-sS", "--noproxy", "*", "--max-time", "60", "-X", method]
        if let body {
            let text = String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
            arguments += ["-H", "Content-Type: application/json", "--data-binary", text]
        }
        let reply = await
            (try trial.run(
                URL(fileURLWithPath: "/usr/bin/curl"), arguments + [url],
                environment: ["PATH": "/usr/bin:/bin"])).reply()
        guard reply.exit == 0 else { throw Failure("\(method) \(url): \(reply.err)") }
        let answer = try JSONDecoder().decode(JSONNode.self, from: Data(reply.out.utf8))["value"]
        guard answer["error"].text.isEmpty else {
            throw Failure("\(method) \(url): \(answer["error"].text): \(answer["message"].text)")
        }
        return answer
    }
}

extension Trial {
    /// Starts the page of a laptop; the address opens once.
    func page(of laptop: Laptop) async throws -> String { try await startPage(of: laptop).address }

    /// Starts the page of a laptop.
    ///
    /// - Parameter port: where it was before; 0 lets the system choose, `nil` the program.
    /// - Returns: the program, and the address that opens once.
    func startPage(
        of laptop: Laptop, on port: Int? = 0
    ) async throws -> (program: Running, address: String) {
        let listen = port.map { ["--listen", "127.0.0.1:\($0)"] } ?? []
        let running = try run(
            Program.trialsync.url(), ["ui"] + listen + ["--no-open", "--sync-every", "0"],
            environment: environment(store: laptop.store), isFollowed: true)
        let address = try await within(seconds: 60, "the line `open`") {
            for await line in running.lines where line.hasPrefix("open ") { return String(line.dropFirst(5)) }
            throw Failure("the page ended: \(await running.reply().err)")
        }
        return (running, address)
    }

    /// A browser before the page of a laptop, logged in.
    ///
    /// - Returns: the browser, and the address of the page without a path.
    func atTheSite(_ laptop: Laptop) async throws -> (Browser, root: String) {
        let browser = try await Browser.open(for: self)
        return (browser, try await browser.enter(try await page(of: laptop), as: laptop.user))
    }

    /// A trial with one participant, whose baseline visit is open in a browser.
    ///
    /// - Parameter values: saved in the visit before it is opened.
    /// - Returns: the laptop, its browser, and the address of its page without a path.
    static func atBaseline(
        as user: String = "nurse-1", with values: String...
    ) async throws -> (laptop: Laptop, browser: Browser, root: String) {
        let laptop = try await Trial().laptop("ward-1", user: user)
        try await laptop("participant", "add")
        if !values.isEmpty { _ = try await laptop.reply(["visit", "edit", "PKU-001", "BL"] + values).done() }
        let (browser, root) = try await laptop.trial.atTheSite(laptop)
        try await browser.openSheet("BL", root)
        return (laptop, browser, root)
    }

    /// A browser before the console, logged in.
    func atTheConsole(as user: String = "coordinator-1") async throws -> Browser {
        let browser = try await Browser.open(for: self)
        try await browser.go(address + "/login")
        try await browser.logIn(user)
        try await browser.sees("Overview")
        return browser
    }
}

extension Browser {
    /// Fills the form of the log-in page and sends it.
    func logIn(_ user: String) async throws {
        try await type(user, into: "#user")
        try await type(Trial.password(user), into: "#password")
        try await click("button.main")
    }

    /// Opens the page of a site with its one-time address, and logs in.
    ///
    /// - Returns: the address without a path.
    func enter(_ page: String, as user: String) async throws -> String {
        try await go(page)
        let root = try await address.split(separator: "/").prefix(2).joined(separator: "//")
        try await logIn(user)
        try await sees("Today")
        return root
    }

    /// Opens a sheet of the first participant, here or at the centre.
    func openSheet(_ sheet: String, _ root: String) async throws {
        try await go(root + "/participants")
        let path = try await run(
            "return document.querySelector('th a[href^=\"/participants/\"]').getAttribute('href')")
        try await go(root + path.text + "/" + sheet)
    }
}
