import Foundation
import Testing

extension Story {
    /// Who gets what.
    @Suite(.timeLimit(.minutes(5))) struct SiteTests {
        @Test("A laptop never gets anything of another site, and its files hold no value in the clear")
        func separation() async throws {
            let trial = try await Trial()
            let here = try await trial.laptop("ward-1")
            let there = try await trial.laptop("ward-3", site: "SHA", user: "nurse-3")
            for laptop in [here, there] {
                try await laptop("participant", "add", "DM.initials=ZQXJ", "DM.sex=F")
                try await laptop("visit", "edit", "\(laptop.site)-001", "BL", "VS.weight=71.03")
            }
            let before = try await there.sync()
            #expect(before["pushed"] == 3)
            try await here.sync()
            let after = try await there.sync()
            #expect(after["pulled"] == 0 && after["pushed"] == 0)
            #expect(try await there("participant", "list").list.map { $0["participant"] } == ["SHA-001"])
            #expect(try await there("digest").keys == ["SHA"])
            try await there.refuses("unknown-participant", "visit", "show", "PKU-001", "BL")
            #expect(try await trial.centre("participant", "list").list.count == 2)
            #expect(try await trial.centre("participant", "list", "--site", "SHA").list.count == 1)
            try await expectInStep(trial, [here])
            try await expectInStep(trial, [there], site: "SHA")
            for laptop in [here, there] {
                for bytes in try laptop.files() {
                    for text in ["ZQXJ", "71.03", "PKU-001", "SHA-001", Trial.password(laptop.user)] {
                        #expect(bytes.range(of: Data(text.utf8)) == nil, "\(text) stands in a laptop's file")
                    }
                }
            }
        }

        @Test("Nobody joins a site where they have no role")
        func noRole() async throws {
            let trial = try await Trial()
            let laptop = Laptop(trial: trial, name: "ward-3", user: "nurse-3")
            let link = try await trial.link(site: "PKU")
            try await laptop.refuses("not-allowed", "enroll", link, "--name", "ward-3")
            #expect(try await trial.centre("device", "list").list.isEmpty)
            // A refused person does not use up the link.
            try await laptop.with(user: "nurse-1")("enroll", link, "--name", "ward-3")
        }
    }
}

extension Laptop {
    /// The site that the person's name stands for.
    fileprivate var site: String { user == "nurse-3" ? "SHA" : "PKU" }
}
