import Testing

@testable import SyncClient

@Suite("Screen lock") struct ScreenLockTests {
    @Test("It locks after the limit without activity, and not before")
    func limit() {
        var screen = ScreenLock(limitSeconds: 900, now: 50)
        let limit = screen.limitMilliseconds
        #expect(limit == 900_000)
        #expect(screen.touch(at: 50 + limit - 1) == true)
        #expect(screen.touch(at: 50 + 2 * limit - 2) == true, "activity begins the time anew")
        #expect(!screen.isLocked(at: 50 + 3 * limit - 3))
        #expect(screen.isLocked(at: 50 + 3 * limit - 2))
        #expect(screen.touch(at: 50 + 3 * limit - 2) == false)
    }

    @Test("It says how long it stays open without activity, and nothing once it is locked")
    func left() {
        var screen = ScreenLock(limitSeconds: 900, now: 0)
        #expect(screen.leftMilliseconds(at: 840_000) == 60_000)
        let isOpen = screen.touch(at: 840_000)
        #expect(isOpen)
        #expect(screen.leftMilliseconds(at: 840_001) == 899_999)
        #expect(screen.leftMilliseconds(at: 1_740_000) == 0)
        screen.lock()
        #expect(screen.leftMilliseconds(at: 840_001) == 0)
    }

    @Test("Once locked it stays locked until it is unlocked, whatever the clock says")
    func stays() {
        var screen = ScreenLock(limitSeconds: 1, now: 0)
        #expect(screen.touch(at: 1000) == false)
        #expect(screen.touch(at: 1) == false, "a refused touch is no activity")
        screen.unlock(at: 5000)
        #expect(screen.touch(at: 5999) == true)
        screen.lock()
        #expect(screen.isLocked(at: 5999))
        #expect(screen.touch(at: 5999) == false)
    }
}
