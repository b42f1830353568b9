import Foundation
import Testing
@testable import TrialPages

@Suite("Templates")
struct TemplateTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "Sources/TrialPages/Resources")

    @Test("Every template of the folder is embedded, and every page has one")
    func complete() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
            .filter { $0.hasSuffix(".mustache") }.map { String($0.dropLast(".mustache".count)) }
        #expect(Set(files) == Set(PageRenderer.templates.keys))
        for template in Template.allCases {
            #expect(PageRenderer.templates[template.rawValue] != nil, "\(template)")
        }
    }

    @Test("Every template escapes by scalar, and hands on unescaped only what this room has made")
    func escaping() {
        let allowed = [
            "shell": ["{{{main}}}"], "overview": ["{{{enrolment}}}"], "participant": ["{{{.}}}"],
            "siteCasebook": ["{{{.}}}"],
        ]
        for (name, bytes) in PageRenderer.templates {
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.hasPrefix("{{% CONTENT_TYPE: PAGE}}"), "\(name)")
            let raw = text.matches(of: /\{\{\{[^}]*\}\}\}|\{\{&[^}]*\}\}/).map { String($0.output) }
            #expect(raw == allowed[name] ?? [], "\(name)")
        }
    }

    @Test("No template holds a script, a style or a handler of its own, or loads anything from elsewhere")
    func noInline() {
        for (name, bytes) in PageRenderer.templates {
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.firstMatch(of: /<style|\sstyle=|\son[a-z]+=|javascript:|https?:/) == nil, "\(name)")
            for script in text.matches(of: /<script[^>]*>/) {
                let own = ["page", "site"].map { "<script src=\"{{root}}\($0).js\" defer>" }
                #expect(own.contains(String(script.output)), "\(name)")
            }
        }
    }

    @Test("No field is of a kind that a browser shows by its own locale: dates are typed as 2026-03-02")
    func ownDates() {
        for (name, bytes) in PageRenderer.templates {
            let text = String(decoding: bytes, as: UTF8.self)
            let kinds = text.matches(of: /<input type="(date|datetime-local|month|time|week|number)"/)
            #expect(kinds.isEmpty, "\(name)")
        }
    }

    @Test("Every form that posts bears the session's token, and every field has a label")
    func forms() {
        for (name, bytes) in PageRenderer.templates {
            let text = String(decoding: bytes, as: UTF8.self)
            for form in text.split(separator: "<form").dropFirst() where form.contains("method=\"post\"") {
                let body = form.split(separator: "</form>")[0]
                #expect(name == "login" || body.contains("name=\"csrf\""), "\(name)")
            }
            for field in text.matches(of: /<(input|select|textarea)([^>]*)>/) {
                let attributes = field.output.2
                if attributes.contains("type=\"hidden\"") || attributes.contains("aria-label=") { continue }
                let before = text[..<field.range.lowerBound]
                let (opened, closed) = ("<label", "</label>")
                if let last = before.ranges(of: opened).last?.lowerBound,
                    !before[last...].contains(closed)
                {
                    continue
                }
                let id = attributes.firstMatch(of: /id="([^"]+)"/)?.output.1
                #expect(id.map { text.contains("for=\"\($0)\"") } ?? false, "\(name): \(field.output.0)")
            }
        }
    }
}
