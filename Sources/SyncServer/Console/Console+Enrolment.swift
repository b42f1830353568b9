import TrialModel
import TrialPages
import TrialStore

extension Console {
    /// Participants by the day of enrolment, up to today, against the target: a stall is seen as one.
    ///
    /// - Parameter days: of enrolment, as day numbers.
    static func enrolmentPicture(
        _ days: [Int], target: Int, today: Int, _ words: Words
    ) -> LinePicture? {
        let days = days.sorted()
        guard let first = days.first, let last = days.last else { return nil }
        func point(_ day: Int, _ count: Int) -> LinePicture.Point {
            let date = CalendarDate(dayNumber: day)?.description ?? ""
            return .init(
                x: Double(day - first), y: Double(count), place: words.date(date), text: String(count))
        }
        let points = days.indices.filter { $0 + 1 == days.count || days[$0 + 1] != days[$0] }
            .map { point(days[$0], $0 + 1) }
        // A day at least: a line between two equal places is none.
        let end = Double(max(last, today, first + 1) - first)
        let ends = [0, end].map {
            LinePicture.Point(x: $0, y: Double(target), place: words("target"), text: String(target))
        }
        return LinePicture(
            title: words("enrolmentCurve"), xLabel: words("daysSinceFirst"), yLabel: words("participants"),
            series: [
                .init(words("enrolled"), .step, points, until: end), .init(words("target"), .target, ends),
            ])
    }
}
