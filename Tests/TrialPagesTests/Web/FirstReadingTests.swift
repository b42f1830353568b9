import Testing
@testable import TrialPages

@Suite("What is read when the program starts", .timeLimit(.minutes(10)))
struct FirstReadingTests {
    @Test("It is being read until somebody says that it was, also before it was begun")
    func waits() async {
        let reading = FirstReading()
        #expect(await !reading.isOver(within: .zero))
        let waiting = Task { await reading.isOver(within: .seconds(600)) }
        reading.end()
        #expect(await waiting.value)
        #expect(await reading.isOver(within: .zero))
    }

    @Test("Whoever waits and is cancelled waits no longer")
    func cancelled() async {
        let reading = FirstReading()
        let waiting = Task { await reading.isOver(within: .seconds(600)) }
        waiting.cancel()
        #expect(await !waiting.value)
    }
}
