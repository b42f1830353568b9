/// Tests mirror `Sources`: one looks for the tests of `Room` in `Tests/RoomTests` and nowhere else.
enum MirrorRule {
    /// Rooms without a mirror, and who tests them.
    static let testedElsewhere: [String: String] = [
        "CCurl": "SyncClientTests", "CZstd": "SyncProtocolTests", "TrialCommand": "EndToEndTests",
        "trialsync": "EndToEndTests", "trialsyncd": "EndToEndTests", "TrialSyncTesting": "every room's tests",
        "trialsim": "SimulationTests",
    ]
    /// Test folders that are about no single room.
    static let acrossRooms: Set<String> = [
        "EndToEndTests", "FuzzTests", "RepositoryTests", "SimulationTests",
    ]

    static func findings(rooms: [String], tests: [String]) -> [Finding] {
        let untested = rooms.filter { !tests.contains("\($0)Tests") && testedElsewhere[$0] == nil }
        let astray = tests.filter { test in
            !acrossRooms.contains(test) && !rooms.contains { "\($0)Tests" == test }
        }
        return untested.map { Finding("Sources/\($0)", 1, "has no Tests/\($0)Tests") }
            + astray.map { Finding("Tests/\($0)", 1, "mirrors no room of Sources") }
    }
}
