package import TrialModel

/// Values over time or days, drawn as SVG: lines, steps, points and bands, labelled where they are, readable
/// in black and white, with the same numbers as a table behind it.
package struct LinePicture: Sendable {
    /// How a series is drawn.
    package enum Style: String, Sendable { case line, step, points, target }

    package struct Point: Hashable, Sendable {
        package let x: Double
        package let y: Double
        /// The place on the x axis in words: `Day 14`, `2 Mar 2026`.
        package let place: String
        /// The value in words, with its unit.
        package let text: String
        /// Whether people do not agree on it: one of several.
        package let isOpen: Bool

        package init(x: Double, y: Double, place: String, text: String, isOpen: Bool = false) {
            (self.x, self.y, self.place, self.text, self.isOpen) = (x, y, place, text, isOpen)
        }
    }

    package struct Series: Sendable {
        package let label: String
        package let style: Style
        package let points: [Point]
        /// Up to where the last level of a step holds; `nil` if it ends with its last point.
        package let until: Double?

        package init(_ label: String, _ style: Style, _ points: [Point], until: Double? = nil) {
            (self.label, self.style, self.points, self.until) = (label, style, points, until)
        }
    }

    /// A range of y that is wanted: a therapeutic window.
    package struct Band: Sendable {
        package let label: String
        package let range: ClosedRange<Double>
        /// The range in words, with its unit.
        package let text: String

        package init(_ label: String, _ range: ClosedRange<Double>, text: String = "") {
            (self.label, self.range, self.text) = (label, range, text)
        }
    }

    /// A stretch of x that has a name: the window of a visit.
    package struct Span: Sendable {
        /// `W12`
        package let label: String
        package let range: ClosedRange<Double>
        /// The stretch in words: `day 77 – day 91`.
        package let place: String

        package init(_ label: String, _ range: ClosedRange<Double>, place: String) {
            (self.label, self.range, self.place) = (label, range, place)
        }
    }

    package let title: String
    /// With the unit: `Days since the start`.
    package let xLabel: String
    package let yLabel: String
    package var series: [Series]
    package var bands: [Band] = []
    /// In the order of their beginnings.
    package var spans: [Span] = []
    /// What y shows at the least, whatever the points are; `nil` for what they need.
    package var scale: ClosedRange<Double>?

    package init(
        title: String, xLabel: String, yLabel: String, series: [Series], bands: [Band] = [],
        spans: [Span] = [], scale: ClosedRange<Double>? = nil
    ) {
        (self.title, self.xLabel, self.yLabel) = (title, xLabel, yLabel)
        (self.series, self.bands, self.spans, self.scale) = (series, bands, spans, scale)
    }

    private static let width = 640.0
    /// The size of texts, as the style sheet has it, and how wide a letter is at the most.
    private static let letterHeight = 14.0
    private static let letterWidth = 9.0
    private static let margins = (left: 56.0, right: 136.0, top: 28.0, bottom: 44.0)
    /// What stretches of x take below the numbers of the axis.
    private var spanHeight: Double { spans.isEmpty ? 0 : 30 }
    private var height: Double { 240 + spanHeight }

    /// The figure with its picture and its table, as HTML; `nil` if there is nothing to draw.
    package func figure(_ words: Words) -> String? {
        guard series.contains(where: { !$0.points.isEmpty }) else { return nil }
        let isOpen = series.contains { $0.points.contains(where: \.isOpen) }
        return "<figure><figcaption>\(escaped(title))</figcaption>\(svg(words))"
            + (isOpen ? "<p class=\"quiet\">□ \(escaped(words("inConflict")))</p>" : "")
            + "<details><summary>\(escaped(words("asTable")))</summary>\(table(words))</details></figure>"
    }

    // MARK: Drawing

    private func svg(_ words: Words) -> String {
        let frame = PlotFrame(
            points: series.flatMap(\.points),
            ends: series.compactMap(\.until) + spans.flatMap { [$0.range.lowerBound, $0.range.upperBound] },
            bands: bands.map(\.range) + [scale].compactMap(\.self), width: Self.width,
            height: height - spanHeight, margins: Self.margins)
        var parts = [
            "<svg role=\"img\" aria-label=\"\(escaped(title))\" viewBox=\"0 0 \(Int(Self.width)) "
                + "\(Int(height))\" width=\"\(Int(Self.width))\" height=\"\(Int(height))\">"
        ]
        for band in bands {
            let (top, bottom) = (frame.y(band.range.upperBound), frame.y(band.range.lowerBound))
            parts.append(
                "<rect class=\"band\" x=\"\(number(frame.left))\" y=\"\(number(top))\" "
                    + "width=\"\(number(frame.right - frame.left))\" height=\"\(number(bottom - top))\"/>"
                    + label(band.label, x: frame.right + 6, y: (top + bottom) / 2 + 5))
        }
        parts.append(axes(frame))
        // The edges lie over the lines of the numbers.
        for edge in bands.flatMap({ [$0.range.lowerBound, $0.range.upperBound] }) {
            parts.append(line("edge", at: edge, frame))
        }
        parts.append(drawn(spans, frame, words))
        for (index, each) in series.enumerated() {
            // The plans of several versions are told apart without their names too.
            let isOther = each.style == .step && series[..<index].contains { $0.style == .step }
            parts.append(drawn(each, frame, words, isOther: isOther))
        }
        let named = series.filter { !$0.points.isEmpty }.sorted { frame.end(of: $0) < frame.end(of: $1) }
        for (each, y) in zip(named, Self.apart(named.map { frame.end(of: $0) + 5 }, above: frame.bottom + 5))
        {
            parts.append(label(each.label, x: frame.right + 6, y: y))
        }
        return parts.joined() + "</svg>"
    }

    /// Names of lines that end together stand one below the other, and none among the ticks below.
    private static func apart(_ wanted: [Double], above bottom: Double) -> [Double] {
        let line = letterHeight + 3
        var places: [Double] = []
        for place in wanted { places.append(max(place, (places.last ?? -.infinity) + line)) }
        var lowest = bottom
        for index in places.indices.reversed() {
            places[index] = min(places[index], lowest)
            lowest = places[index] - line
        }
        return places
    }

    private func axes(_ frame: PlotFrame) -> String {
        var parts = frame.yTicks.map { tick in
            line("grid", at: tick, frame)
                + label(tickText(tick), x: frame.left - 6, y: frame.y(tick) + 5, anchor: "end")
        }
        parts += frame.xTicks.map { tick in
            label(tickText(tick), x: frame.x(tick), y: frame.bottom + 18, anchor: "middle")
        }
        parts.append(label(yLabel, x: 4, y: 14))
        parts.append(
            label(
                xLabel, x: (frame.left + frame.right) / 2, y: frame.bottom + spanHeight + 38,
                anchor: "middle"))
        return parts.joined()
    }

    /// A level from one side to the other.
    private func line(_ style: String, at level: Double, _ frame: PlotFrame) -> String {
        "<line class=\"\(style)\" x1=\"\(number(frame.left))\" x2=\"\(number(frame.right))\" "
            + "y1=\"\(number(frame.y(level)))\" y2=\"\(number(frame.y(level)))\"/>"
    }

    /// Thin bands below the numbers of the axis, with their names below them; a name that would stand far
    /// from its band is left to the table.
    private func drawn(_ spans: [Span], _ frame: PlotFrame, _ words: Words) -> String {
        var (parts, end) = ([String](), -Double.infinity)
        for span in spans {
            let (left, right) = (frame.x(span.range.lowerBound), frame.x(span.range.upperBound))
            // One day is seen too.
            let width = max(3, right - left)
            let middle = (left + right) / 2
            parts.append(
                "<rect class=\"span\" x=\"\(number(middle - width / 2))\" y=\"\(number(frame.bottom + 26))\" "
                    + "width=\"\(number(width))\" height=\"6\">"
                    + "<title>\(escaped(span.label + words.colon + span.place))</title></rect>")
            let half = Double(span.label.count) * Self.letterWidth / 2
            let place = max(middle, end + half)
            guard place - middle <= Self.letterWidth * 2 else { continue }
            parts.append(label(span.label, x: place, y: frame.bottom + 46, anchor: "middle"))
            end = place + half + 4
        }
        return parts.joined()
    }

    private func drawn(_ series: Series, _ frame: PlotFrame, _ words: Words, isOther: Bool) -> String {
        guard !series.points.isEmpty else { return "" }
        let places = series.points.map { (x: frame.x($0.x), y: frame.y($0.y)) }
        var drawn = ""
        if series.style != .points {
            var path = ""
            for (index, place) in places.enumerated() {
                if series.style == .step, index > 0 { path += "H\(number(place.x))" }
                path += (index == 0 ? "M" : "L") + "\(number(place.x)) \(number(place.y))"
            }
            if let end = series.until, series.style == .step { path += "H\(number(frame.x(end)))" }
            let style = series.style == .target ? "target" : isOther ? "line other" : "line"
            drawn = "<path class=\"\(style)\" d=\"\(path)\"/>"
        }
        if series.style == .points || series.style == .line {
            drawn += zip(series.points, places).map { point, place in
                let mark =
                    point.isOpen
                    ? "<rect class=\"open\" x=\"\(number(place.x - 4))\" y=\"\(number(place.y - 4))\" "
                        + "width=\"8\" height=\"8\">"
                    : "<circle class=\"point\" cx=\"\(number(place.x))\" cy=\"\(number(place.y))\" r=\"4\">"
                return mark + "<title>\(escaped(point.place + words.colon + point.text))</title>"
                    + (point.isOpen ? "</rect>" : "</circle>")
            }.joined()
        }
        return drawn
    }

    private func label(_ text: String, x: Double, y: Double, anchor: String = "start") -> String {
        "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\">\(escaped(text))</text>"
    }

    // MARK: The table behind it

    private func table(_ words: Words) -> String {
        let rows = series.flatMap { series in
            series.points.map { point in
                let note = point.isOpen ? " · \(words("inConflict"))" : ""
                return "<tr><td>\(escaped(series.label))</td><td>\(escaped(point.place))</td>"
                    + "<td>\(escaped(point.text + note))</td></tr>"
            }
        }
        let ranges: [(String, String, String)] =
            bands.map { ($0.label, "–", $0.text) } + spans.map { ($0.label, $0.place, "–") }
        let others = ranges.map { name, place, text in
            "<tr><td>\(escaped(name))</td><td>\(escaped(place))</td><td>\(escaped(text))</td></tr>"
        }
        return "<table><thead><tr><th scope=\"col\">\(escaped(words("series")))</th>"
            + "<th scope=\"col\">\(escaped(xLabel))</th><th scope=\"col\">\(escaped(yLabel))</th></tr>"
            + "</thead>"
            + "<tbody>\((rows + others).joined())</tbody></table>"
    }

    private func escaped(_ text: String) -> String { PageText().escapeText(text) }
}

/// Where points of a picture lie: scales with round ticks.
struct PlotFrame {
    let left: Double
    let right: Double
    let top: Double
    let bottom: Double
    let xTicks: [Double]
    let yTicks: [Double]
    private let xRange: ClosedRange<Double>
    private let yRange: ClosedRange<Double>

    init(
        points: [LinePicture.Point], ends: [Double] = [], bands: [ClosedRange<Double>], width: Double,
        height: Double,
        margins: (left: Double, right: Double, top: Double, bottom: Double)
    ) {
        (left, right, top) = (margins.left, width - margins.right, margins.top)
        bottom = height - margins.bottom
        let xs = points.map(\.x) + ends
        let ys = points.map(\.y) + bands.flatMap { [$0.lowerBound, $0.upperBound] } + [0]
        xTicks = Self.ticks(from: xs.min() ?? 0, to: xs.max() ?? 1)
        yTicks = Self.ticks(from: ys.min() ?? 0, to: ys.max() ?? 1)
        xRange = min(xs.min() ?? 0, xTicks[0])...max(xs.max() ?? 1, xTicks[xTicks.count - 1])
        yRange = yTicks[0]...yTicks[yTicks.count - 1]
    }

    func x(_ value: Double) -> Double {
        left + (value - xRange.lowerBound) / (xRange.upperBound - xRange.lowerBound) * (right - left)
    }

    /// Where the last point of a series lies.
    func end(of series: LinePicture.Series) -> Double { y(series.points.last?.y ?? 0) }

    func y(_ value: Double) -> Double {
        bottom - (value - yRange.lowerBound) / (yRange.upperBound - yRange.lowerBound) * (bottom - top)
    }

    /// Round values that cover a range, five or so, at least two.
    static func ticks(from low: Double, to high: Double) -> [Double] {
        let span = max(high - low, 1)
        var step = 1.0
        while step * 5 < span { step *= 10 }
        for divisor in [5.0, 4, 2] where step / divisor * 5 >= span && step / divisor >= 1 {
            step /= divisor
            break
        }
        let first = (low / step).rounded(.down) * step
        let count = max(1, Int(((high - first) / step).rounded(.up)))
        return (0...count).map { first + Double($0) * step }
    }
}

/// A coordinate with at most one decimal: the pictures' bytes do not depend on the machine.
private func number(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    guard tenths % 10 != 0 else { return String(tenths / 10) }
    return (tenths < 0 ? "-" : "") + "\(abs(tenths) / 10).\(abs(tenths) % 10)"
}

private func tickText(_ value: Double) -> String { number(value) }
