import Foundation
import Testing

extension Trouble {
    /// Stores that were copied, put back, or cloned with the whole machine.
    @Suite(.timeLimit(.minutes(5))) struct CopiedStoreTests {
        private func begin() async throws -> (Trial, Laptop) {
            let (trial, laptop) = try await Trial.withLaptop()
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=70")
            try await laptop.sync()
            return (trial, laptop)
        }

        private func copied(_ trial: Trial) async throws -> [Bool] {
            try await trial.centre("device", "list").list.map { $0["copied"] == true }
        }

        @Test("A copy of a store at another path writes a journal of its own, and nothing of either is lost")
        func copy() async throws {
            let (trial, laptop) = try await begin()
            try await laptop("visit", "edit", "PKU-001", "BL", "PGA.vas=10")
            var copy = Laptop(trial: trial, name: "ward-1-copy", user: "nurse-1")
            copy.state = trial.folder.appending(path: "other-state")
            try FileManager.default.copyItem(at: laptop.store, to: copy.store)
            #expect(try await copy("status")["copied"] == true)
            try await copy("visit", "edit", "PKU-001", "BL", "LB.igg4=3.5")
            try await laptop("visit", "edit", "PKU-001", "BL", "LB.alt=20")
            try await copy.sync()
            try await laptop.sync()
            try await copy.sync()
            #expect(try await laptop("status")["copied"] == false)
            #expect(try await copied(trial) == [true])
            for one in [laptop, copy] {
                let items = try await one("visit", "show", "PKU-001", "BL")["items"]
                #expect(items["PGA.vas", "value"] == 10 && items["LB.igg4", "value"] == 3.5)
                #expect(items["LB.alt", "value"] == 20 && items["VS.weight", "value"] == 70)
            }
            try await expectInStep(trial, [laptop, copy])
        }

        @Test(
            "An older store that is put back at the same path opens a new journal before it writes",
            arguments: [
                true, false,
            ])
        func restored(inPlace: Bool) async throws {
            let (trial, laptop) = try await begin()
            let other = try await trial.laptop("ward-2", user: "nurse-2")
            let image = try StoreImage(of: laptop)
            try await laptop("visit", "edit", "PKU-001", "BL", "PGA.vas=10")
            try await laptop.sync()
            if inPlace { try image.restoreInPlace(marker: false) } else { try image.restoreStore() }
            #expect(try await laptop("status")["copied"] == true)
            try await laptop("visit", "edit", "PKU-001", "BL", "LB.igg4=3.5")
            try await laptop.sync()
            try await other.sync()
            for one in [laptop, other] {
                let items = try await one("visit", "show", "PKU-001", "BL")["items"]
                #expect(items["PGA.vas", "value"] == 10 && items["LB.igg4", "value"] == 3.5)
            }
            #expect(try await copied(trial).sorted { $0 && !$1 } == [true, false])
            try await laptop("participant", "add")
            try await laptop.sync()
            try await other.sync()
            #expect(try await other("participant", "list").list.map { $0["participant"].text }.count == 2)
            try await expectInStep(trial, [laptop, other])
        }

        @Test("Clones that nothing tells apart fork one journal: both lines are kept, under one name each")
        func clone() async throws {
            let (trial, laptop) = try await begin()
            let before = try StoreImage(of: laptop)
            try await laptop("visit", "edit", "PKU-001", "BL", "PGA.vas=10")
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=71", "--reason", "first clone")
            try await laptop.sync()
            let first = try StoreImage(of: laptop)

            try before.restoreInPlace(marker: true)
            #expect(try await laptop("status")["copied"] == false, "a whole machine was cloned")
            try await laptop("visit", "edit", "PKU-001", "BL", "LB.igg4=3.5")
            try await laptop("visit", "edit", "PKU-001", "BL", "VS.weight=72", "--reason", "second clone")
            try await laptop.sync()
            let items = try await laptop("visit", "show", "PKU-001", "BL")["items"]
            #expect(items["PGA.vas", "value"] == 10 && items["LB.igg4", "value"] == 3.5)
            #expect(items["VS.weight", "versions"].list.count == 2)
            try await expectInStep(trial, [laptop])

            try first.restoreInPlace(marker: true)
            try await laptop.sync()
            #expect(try await laptop("conflicts").list.count == 1)
            try await expectInStep(trial, [laptop])
        }

        @Test("Clones made right after enrolment give one number to two people: flagged everywhere")
        func duplicateNumber() async throws {
            let trial = try await Trial()
            let laptop = try await trial.laptop("ward-1")
            let other = try await trial.laptop("ward-2", user: "nurse-2")
            let image = try StoreImage(of: laptop)
            try await laptop("participant", "add", "DM.initials=AA")
            try await laptop.sync()
            let first = try StoreImage(of: laptop)
            try image.restoreInPlace(marker: true)
            try await laptop("participant", "add", "DM.initials=BB")
            try await laptop.sync()
            try await expectDuplicate(trial, [laptop, other])
            try first.restoreInPlace(marker: true)
            try await expectDuplicate(trial, [laptop, other])
            try await laptop.refuses("ambiguous-number", "visit", "show", "PKU-001", "SCR")
            let names = try await laptop("participant", "list").list.map { $0["participant"].text }
            #expect(names.count == 2 && names.allSatisfy { $0.hasPrefix("PKU-001~") })
            let initials = try await withInitials(laptop, names)
            #expect(Set(initials) == ["AA", "BB"])
            try await expectInStep(trial, [laptop, other])
        }

        private func withInitials(_ laptop: Laptop, _ names: [String]) async throws -> [String] {
            var all: [String] = []
            for name in names {
                all.append(
                    try await laptop("visit", "show", name, "SCR")["items", "DM.initials", "value"].text)
            }
            return all
        }

        private func expectDuplicate(_ trial: Trial, _ laptops: [Laptop]) async throws {
            var lists = [try await trial.centre("conflicts")]
            for laptop in laptops {
                try await laptop.sync()
                lists.append(try await laptop("conflicts"))
            }
            for list in lists {
                #expect(list.list.map { $0["kind"] } == ["duplicateNumber"])
                #expect(list[0]["versions"].list.count == 2 && list[0]["id"] == lists[0][0]["id"])
            }
        }
    }
}
