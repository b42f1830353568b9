/// Runs a body that must be done in time.
///
/// - Throws: ``Failure`` if it is not, with what was awaited.
func within<Result: Sendable>(
    seconds: Int, _ what: String, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: .seconds(seconds))
            throw Failure("\(what) did not happen within \(seconds) s")
        }
        defer { group.cancelAll() }
        guard let result = try await group.next() else { throw Failure(what) }
        return result
    }
}
