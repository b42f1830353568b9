import Foundation
import Testing

extension Trouble {
    /// Both programs meet a store that a failing disk or a bad copy left damaged: they say so, and leave it
    /// as it is.
    @Suite(.timeLimit(.minutes(5))) struct DamagedProgramsTests {
        /// What happened to a file.
        enum Damage: CaseIterable, Sendable {
            case formatTurned, schemaLost, pageLost, lastPageCut, emptied

            func apply(to file: Data) -> Data {
                var bytes = [UInt8](file)
                switch self {
                // How it is written, in its header.
                case .formatTurned: bytes[18] = 9
                case .schemaLost: bytes.replaceSubrange(100..<110, with: [UInt8](repeating: 0, count: 10))
                case .pageLost:
                    bytes.replaceSubrange(8_192..<12_288, with: [UInt8](repeating: 0, count: 4_096))
                case .lastPageCut: bytes.removeLast(4_096)
                case .emptied: bytes = []
                }
                return Data(bytes)
            }
        }

        /// The store of a laptop or of the centre, closed: one file.
        private struct Store {
            let file: URL
            let whole: Data

            init(_ file: URL) throws {
                self.file = file
                whole = try Data(contentsOf: file)
                #expect(try log.isEmpty, "it is not closed")
            }

            private var log: Data {
                get throws {
                    let log = URL(fileURLWithPath: file.path + "-wal")
                    return FileManager.default.fileExists(atPath: log.path)
                        ? try Data(contentsOf: log) : Data()
                }
            }

            /// Damages it, and expects it to be as it was damaged after each command, with no log.
            func expectUntouched(
                by replies: [@Sendable () async throws -> Reply], after damage: Damage
            ) async throws {
                let damaged = damage.apply(to: whole)
                try damaged.write(to: file)
                for reply in replies {
                    expectRefusal(try await reply(), "store-damaged")
                    #expect(try Data(contentsOf: file) == damaged && log.isEmpty, "\(damage)")
                }
                try mend()
            }

            func mend() throws { try whole.write(to: file) }
        }

        @Test("A damaged store is named by every command, stays as it is, and works when it is put back")
        func damaged() async throws {
            let (trial, laptop) = try await Trial.withLaptop()
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try await laptop.sync()
            try await laptop("visit", "edit", "PKU-001", "D14", "VS.weight=71")
            try await trial.stop()
            try await trial.centre("status")
            let here = try Store(laptop.store.appending(path: "store.db"))
            let there = try Store(trial.data.appending(path: "centre.db"))
            for damage in Damage.allCases {
                try await here.expectUntouched(
                    by: [
                        { try await laptop.reply(["status"]) }, { try await laptop.reply(["sync"]) },
                        { try await laptop.reply(["visit", "edit", "PKU-001", "W12", "VS.weight=72"]) },
                    ], after: damage)
                try await there.expectUntouched(
                    by: [
                        { try await trial.reply("serve", "--listen", "127.0.0.1:0") },
                        { try await trial.reply("status") }, { try await trial.reply("verify") },
                        { try await trial.reply("site", "add", "NEW", "Made-up") },
                        { try await trial.reply("backup", trial.folder.appending(path: "backup").path) },
                    ], after: damage)
            }
            try await trial.serve()
            #expect(try await laptop("status")["pending"] == 1)
            #expect(try await laptop.sync()["pushed"] == 1)
            try await expectInStep(trial, [laptop])
        }
    }
}
