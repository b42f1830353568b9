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
            bands: [.init("window", 4...15)])
        let html = try #require(picture.figure(Words(.en)))
        #expect(html.matches(of: /<circle class="point"/).count == 1)
        #expect(html.matches(of: /<rect class="open"/).count == 2)
        #expect(html.matches(of: /<tr><td>/).count == 3)
        #expect(html.matches(of: /In conflict/).count == 2)
        for match in html.matches(of: /c[xy]="(-?[0-9.]+)"/) {
            let place = try #require(Double(match.output.1))
            #expect((0...640).contains(place))
        }
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
