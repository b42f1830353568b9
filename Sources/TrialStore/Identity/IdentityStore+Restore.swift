extension IdentityStore {
    /// Ends every session, challenge and enrolment link: after a restore nobody knows which of them were
    /// used.
    package func forgetSessionsAndLinks() async throws {
        try await replica.write { store in
            for table in ["session", "challenge", "invite"] { try store.execute("DELETE FROM \(table)") }
        }
    }
}
