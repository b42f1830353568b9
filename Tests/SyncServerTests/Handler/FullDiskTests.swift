import Foundation
import SyncProtocol
import Synchronization
@testable import SyncServer
import Testing
import TrialModel
import TrialStore

@Suite("A full disk at the centre, as laptops are told of it", .timeLimit(.minutes(10)))
struct FullDiskTests {
    /// Stands for a store whose disk fills up while an entry is taken.
    private struct FullDisk: EntryJudge {
        func verdict(
            on change: EncodedChange, in journal: JournalIntroduction, evidence: some JudgeEvidence
        ) throws -> Verdict { throw Problem(.diskFull, "the disk is full") }
    }

    @Test("A sync that finds no room is told whose disk is full, and so is the log")
    func sync() async throws {
        let made = try await CentreUnderTest()
        let device = try await made.enrol()
        let before = try await made.centre.replica.acceptedCounts()
        let save = try await made.save(at: device.site, salt: 1)
        let request = try await made.pushing([save], of: device)
        let notes = Mutex<[ExchangeNote]>([])
        let body = try await CentreExchange(store: made.centre.replica, judge: FullDisk()).answer(
            try request.encoded(), note: { note in notes.withLock { $0.append(note) } })
        guard case .failed(let problem) = try SyncAnswer(decoding: body) else {
            Issue.record("it was not refused")
            return
        }
        #expect(problem.code == .centreDiskFull && problem.message.contains("centre"))
        #expect(notes.withLock { $0 } == [.refused(.centreDiskFull)])
        #expect(try await made.centre.replica.acceptedCounts() == before)
    }

    @Test("A failing disk keeps its code for the log, and is told as the centre's")
    func failing() {
        let told = Problem(.diskFailed, "the disk fails: SQLite error 778").toldByCentre
        #expect(told.code == .diskFailed && told.message == "the disk of the centre fails")
        #expect(told.code.httpStatus == ProblemCode.diskFull.httpStatus)
    }

    @Test("Every other problem is told as it is")
    func others() {
        for code in ProblemCode.allCases where ![.diskFull, .diskFailed].contains(code) {
            let problem = Problem(code, "what happened")
            #expect(problem.toldByCentre == problem)
        }
    }
}
