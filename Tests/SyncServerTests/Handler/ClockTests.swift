import Foundation
import SyncProtocol
@testable import SyncServer
import Testing
import TrialModel

@Suite("Laptops' clocks, as the coordinator sees them", .timeLimit(.minutes(10)))
struct ClockTests {
    @Test("A clock that is off, or ran backwards, is shown in the list and the status, and decides nothing")
    func shown() async throws {
        let centre = try await CentreUnderTest()
        let device = try await centre.enrol("PKU")
        func contact(off seconds: Int64) async throws -> Centre.DeviceStatus {
            centre.advance(seconds: 60)
            var request = try await centre.hello(of: device)
            request.hello.clockMilliseconds += seconds * 1000
            guard case .exchanged? = try await centre.sync(request, as: device).answer else {
                throw CentreUnderTest.Refused(code: nil)
            }
            return try await centre.centre.devices()[0]
        }
        #expect(try await contact(off: 0).clockTrouble == nil)
        #expect(try await contact(off: 119).clockTrouble == nil)
        #expect(try await contact(off: 300).clockTrouble == "300 s ahead")
        #expect(try await centre.centre.status().wrongClocks.map(\.name) == ["laptop"])
        let back = try await contact(off: -1000)
        #expect(back.clockTrouble?.hasPrefix("1000 s behind, ran backwards, seen 20") == true)
        // It was set right: that it once ran backwards stays on the list.
        let right = try await contact(off: 0)
        #expect(right.clockRanBack == back.clockRanBack && right.clockRanBack != nil)
        #expect(right.clockTrouble?.contains("behind") == false)
    }
}
