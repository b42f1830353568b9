import TrialModel
import TrialStore

/// Saves that were made on this laptop and are missing in its store, which was put back to an earlier state.
extension SiteStore {
    /// Acknowledges that saves of this laptop are lost for good: nothing names them as missing any longer,
    /// and `verify` says who acknowledged it, when and why.
    ///
    /// - Parameter name: `JOURNAL/N` as `verify` names it, or a short form of it.
    /// - Throws: `Problem(.reasonNeeded)`, `.notFound`, `.ambiguousNumber`, `.notAllowed`.
    public func acknowledge(_ name: String, reason: String) async throws {
        try admit()
        try author.check(may: .save)
        guard reason.saysSomething else {
            throw Problem(.reasonNeeded, "that a save is lost is acknowledged with a reason")
        }
        let head = try await replica.goneHead(named: name, expecting: [], program: "trialsync")
        let place = "\(head.journal.hex.prefix(8))/\(head.n)"
        try await replica.acknowledge(head, saying: "\(place), by \(user) at \(now.iso8601): \(reason)")
        try await mark()
    }
}
