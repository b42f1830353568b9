import Foundation
import SyncProtocol
import Synchronization
import Testing
import TrialModel
import TrialStore

@testable import SyncServer

@Suite("Laptops that listen while the centre's disk fails", .timeLimit(.minutes(10)))
struct EventHubTests {
    /// A hub whose reads fail while a test says so.
    private final class Made: Sendable {
        let centre: CentreUnderTest
        let hub: EventHub
        let log: LogLines
        private let fails: Fails

        private final class Fails: Sendable {
            let now = Mutex(false)
        }

        init() async throws {
            let (made, log, fails) = (try await CentreUnderTest(), LogLines(), Fails())
            let replica = made.centre.replica
            hub = EventHub(made.centre, logger: log.logger) {
                if fails.now.withLock({ $0 }) { throw Problem(.diskFailed, "the disk fails") }
                return try await replica.acceptedCounts()
            }
            (centre, self.log, self.fails) = (made, log, fails)
        }

        func set(fails isFailing: Bool) { fails.now.withLock { $0 = isFailing } }

        /// A stream that has said that it is ready.
        func listening(_ device: CentreUnderTest.Device) async -> AsyncStream<ServerSentEvent>.Iterator {
            let session = DeviceSession(device: device.certificate.device, site: device.site)
            var events = await hub.events(for: session).makeAsyncIterator()
            let first = await events.next()
            #expect(first?.name == "ready")
            return events
        }
    }

    @Test("A read that fails is logged and has laptops look; what it missed is found after the next change")
    func missed() async throws {
        let made = try await Made()
        let device = try await made.centre.enrol()
        await made.hub.look()
        var events = await made.listening(device)
        made.set(fails: true)
        _ = try await made.centre.centre.set(.revoked, device: "laptop")
        await made.hub.look()
        let told = await events.next()
        #expect(told?.name == "changed" && told?.data == device.site.text)
        #expect(made.log.all.count == 1 && made.log.all[0].hasSuffix("code=disk-failed"))

        made.set(fails: false)
        await made.hub.look()
        let end = await events.next()
        #expect(end == nil, "the access of this laptop was ended")
    }

    @Test("The hub does not end with a read that fails, be it its first, and tells of what comes after")
    func goesOn() async throws {
        let made = try await Made()
        let device = try await made.centre.enrol()
        let replica = made.centre.centre.replica
        made.set(fails: true)
        let running = Task { try await made.hub.run() }
        var number: UInt8 = 0
        // Its first read, and one after a change.
        while made.log.all.count < 2 {
            number &+= 1
            try await replica.set("made-up", to: Data([number]))
            try await Task.sleep(for: .milliseconds(20))
        }
        var events = await made.listening(device)
        made.set(fails: false)
        _ = try await made.centre.centre.addSite("FUD", name: "Made-up hospital")
        let told = await events.next()
        #expect(told?.name == "changed")
        running.cancel()
        try await running.value
    }
}
