/// Clock, randomness, ids and environment come in through parameters in the rooms that must be repeatable.
enum HiddenInputRule {
    static let pureRooms = ["TrialModel", "SyncProtocol"]

    private static let forbidden = [
        "Date()", "Date.now", "UUID()", "Task.sleep", "ContinuousClock", "SuspendingClock",
        "SystemRandomNumberGenerator", "ProcessInfo",
    ]

    static func findings(in file: SourceFile) -> [Finding] {
        guard let room = file.room, pureRooms.contains(room) else { return [] }
        return forbidden.flatMap { token in
            file.lines(containing: token).map { line in
                Finding(file.path, line, "\(room) is pure: take a parameter instead of \(token)")
            }
        }
    }
}
