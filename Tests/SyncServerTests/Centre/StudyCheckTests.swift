import Testing
import TrialModel
@testable import SyncServer

@Suite("A definition checked against the study that runs") struct StudyCheckTests {
    private let running: StudyDefinition

    init() throws { running = try StudyDefinition.shipped() }

    private func check(_ replacements: (String, String)..., against study: StudyDefinition?) -> [String] {
        var text = String(decoding: running.json, as: UTF8.self)
        for (old, new) in replacements {
            #expect(text.contains(old))
            text = text.replacing(old, with: new)
        }
        return Centre.StudyCheck(Array(text.utf8), against: study).problems.map(\.path)
    }

    private let next = (#""version": 1,"#, #""version": 2,"#)

    @Test("What publishing would refuse is a problem, by its path")
    func amendments() {
        let renamed = (#""oid": "AE.outcome""#, #""oid": "AE.result""#)
        #expect(check(next, against: running) == [])
        #expect(check((#""target": 20"#, #""target": 21"#), against: running) == ["version"])
        #expect(!check(next, renamed, against: running).isEmpty)
        #expect(check(next, renamed, against: nil) == [])
    }

    @Test("The version that runs has nothing to follow, and another study follows nothing")
    func others() {
        #expect(check(against: running) == [])
        let shown = running.json + Array("\n".utf8)
        #expect(Centre.StudyCheck(shown, against: running) == Centre.StudyCheck(running.json, against: nil))
        #expect(check((#""oid": "NCT05746689""#, #""oid": "OTHER""#), against: running) == [])
    }

    @Test("A document that is wrong is not compared")
    func wrong() {
        let check = Centre.StudyCheck(Array("{}".utf8), against: running)
        #expect(!check.problems.isEmpty && check.comparedWith == nil)
    }
}
