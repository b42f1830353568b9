@testable import SyncServer
import Testing
import TrialModel
import TrialPages

@Suite("The enrolment curve")
struct EnrolmentPictureTests {
    @Test(
        "The target is a line also when all enrolled on one day, and the curve goes on to today",
        arguments: [([20_000], 20_000), ([20_000, 20_000, 20_000], 20_000), ([20_000, 20_004], 20_040)])
    func toToday(days: [Int], today: Int) throws {
        let picture = try #require(Console.enrolmentPicture(days, target: 20, today: today, Words(.en)))
        let figure = try #require(picture.figure(Words(.en)))
        let target = try #require(figure.firstMatch(of: /class="target" d="M([0-9.]+) [0-9.]+L([0-9.]+)/))
        let (from, to) = (Double(target.output.1) ?? 0, Double(target.output.2) ?? 0)
        #expect(to > from + 50, "the target goes from \(from) to \(to)")
        let curve = try #require(figure.firstMatch(of: /class="line" d="[^"]*H([0-9.]+)"/))
        #expect(Double(curve.output.1) == to, "the curve ends today, as the target does")
    }

    @Test("Without a participant there is no curve")
    func nobody() { #expect(Console.enrolmentPicture([], target: 20, today: 20_000, Words(.en)) == nil) }
}
