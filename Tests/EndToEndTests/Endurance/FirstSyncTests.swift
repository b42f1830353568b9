import Foundation
import Testing

extension Endurance {
    /// A laptop that joins a site with a long history.
    @Suite(.timeLimit(.minutes(5))) struct FirstSyncTests {
        @Test("A fresh laptop at a site with many edits of few visits ends in step, with the whole history")
        func manyEdits() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            let (visits, edits) = (100, 12)
            for edit in 1...edits {
                let rows = (1...visits).map { "PKU-001,UNS#\($0),\(edit)" }
                let file = trial.folder.appending(path: "edit-\(edit).csv")
                try Data(("participant,event,PGA.vas\n" + rows.joined(separator: "\n") + "\n").utf8)
                    .write(to: file)
                try await laptop("import", file.path, "--reason", "read again")
            }
            try await laptop.sync()
            let fresh = try await trial.laptop("ward-2", user: "nurse-2")
            try await fresh.sync()
            #expect(try await fresh("status")["historyLeft"] == 0)
            let visit = try await fresh("visit", "show", "PKU-001", "UNS#7", "--history")
            #expect(visit["items", "PGA.vas", "value"].int == edits)
            #expect(visit["history"].list.count == edits)
            try await expectInStep(trial, [laptop, fresh])
        }
    }
}
