import Foundation
import Testing
import TrialModel
@testable import TrialPages

@Suite("Pictures")
struct LinePictureTests {
    @Test("Without a point there is no picture")
    func empty() {
        let picture = LinePicture(
            title: "RI", xLabel: "Days", yLabel: "Score", series: [.init("RI", .line, [])])
        #expect(picture.figure(Words(.en)) == nil)
    }

    @Test("Every point is drawn inside the frame and stands in the table, a conflict as one")
    func points() throws {
        let points = [
            LinePicture.Point(x: -28, y: 9, place: "Day -28", text: "9"),
            LinePicture.Point(x: 84, y: 2, place: "Day 84", text: "2", isOpen: true),
            LinePicture.Point(x: 84, y: 4, place: "Day 84", text: "4", isOpen: true),
        ]
        let picture = LinePicture(
            title: "RI", xLabel: "Days", yLabel: "Score", series: [.init("RI", .line, points)],
            bands: [.init("window", 4...15, text: "4 to 15")])
        let html = try #require(picture.figure(Words(.en)))
        #expect(html.matches(of: /<circle class="point"/).count == 1)
        #expect(html.matches(of: /<rect class="open"/).count == 2)
        #expect(html.matches(of: /<tr><td>/).count == 4)
        #expect(html.matches(of: /<line class="edge"/).count == 2)
        #expect(html.contains("<tr><td>window</td><td>–</td><td>4 to 15</td></tr>"))
        #expect(html.matches(of: /In conflict/).count == 3, "two rows of the table, and the line of signs")
        for match in html.matches(of: /c[xy]="(-?[0-9.]+)"/) {
            let place = try #require(Double(match.output.1))
            #expect((0...640).contains(place))
        }
    }

    @Test("Without colours too a plan differs from another, from a target, from doses and from a conflict")
    func shapes() throws {
        func points(_ y: Double, isOpen: Bool = false) -> [LinePicture.Point] {
            [0.0, 7].map { .init(x: $0, y: y, place: "day \($0)", text: "\(y)", isOpen: isOpen) }
        }
        let picture = LinePicture(
            title: "Doses", xLabel: "Days", yLabel: "mg/d",
            series: [
                .init("planned, 70", .step, points(40)), .init("planned, 72", .step, points(45)),
                .init("target", .target, points(50)), .init("taken", .points, points(42)),
                .init("taken", .points, points(44, isOpen: true)),
            ])
        let html = try #require(picture.figure(Words(.en)))
        let lines = html.matches(of: /<path class="([^"]+)"/).map { String($0.output.1) }
        #expect(lines == ["line", "line other", "target"])
        let style = String(decoding: PackageResources.style_css, as: UTF8.self)
        for (name, dashes) in [("other", "2 3"), ("target", "6 4")] {
            let rule = style.split(separator: "svg .\(name) {").dropFirst().first?.split(separator: "}").first
            #expect(rule?.contains("stroke-dasharray: \(dashes)") == true, "\(name)")
        }
        #expect(html.matches(of: /<circle class="point"/).count == 2)
        #expect(html.matches(of: /<rect class="open"/).count == 2)
        #expect(html.contains("<p class=\"quiet\">□ In conflict</p>"))
        for name in ["planned, 70", "planned, 72", "target", "taken"] {
            #expect(html.contains(">\(name)</text>"), "\(name)")
        }
        // Every mark of the style sheet has a sign of its own besides its colour.
        let marks = style.matches(of: /\.mark\.([a-z]+)::before \{ content: "([^"]+)"/)
        #expect(marks.count >= 5 && Set(marks.map { String($0.output.2) }).count == marks.count)
    }

    @Test("Windows of visits lie along the axis with names that do not overlap, and stand in the table")
    func spans() throws {
        let windows: [(name: String, from: Double, to: Double)] = [
            ("BL", 0, 0), ("D1", 1, 1), ("D14", 11, 17), ("W12", 77, 91),
        ]
        let picture = LinePicture(
            title: "RI", xLabel: "Days", yLabel: "Score",
            series: [.init("", .line, [.init(x: 0, y: 1, place: "day 0", text: "1")])],
            spans: windows.map { .init($0.name, $0.from...$0.to, place: "days of \($0.name)") },
            scale: 0...100)
        let html = try #require(picture.figure(Words(.en)))
        #expect(html.matches(of: /<rect class="span"/).count == 4)
        for window in windows {
            #expect(html.contains("<tr><td>\(window.name)</td><td>days of \(window.name)</td>"))
        }
        // Where the names stand; a letter takes 9 at the most.
        let names = html.matches(of: /<text x="([0-9.]+)" y="242" text-anchor="middle">([^<]+)</).map {
            (middle: Double($0.output.1) ?? 0, half: Double($0.output.2.count) * 4.5)
        }
        #expect(names.count >= 3)
        for (left, right) in zip(names, names.dropFirst()) {
            #expect(left.middle + left.half <= right.middle - right.half)
        }
        #expect(html.contains(">100</text>") && !html.contains(">1</text>"), "one point is no scale")
    }

    @Test("Round ticks cover any range, and there are never many")
    func ticks() {
        for low in [-1000.0, -28, 0, 3, 250] {
            for span in [0.0, 0.5, 1, 3, 7, 48, 336, 10_000] {
                let ticks = PlotFrame.ticks(from: low, to: low + span)
                #expect(ticks.count >= 2 && ticks.count <= 12, "\(low) \(span): \(ticks)")
                #expect(ticks[0] <= low && ticks[ticks.count - 1] >= low + span, "\(low) \(span): \(ticks)")
                #expect(zip(ticks, ticks.dropFirst()).allSatisfy { $0 < $1 })
            }
        }
    }
}
