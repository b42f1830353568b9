public import Foundation
import SyncProtocol
public import TrialModel
import TrialStore

extension SiteStore {
    /// Changes the person's password at the centre, and with it the slot on this laptop. Other laptops drop
    /// their old slots at their next contact.
    ///
    /// - Throws: `Problem(.serverUnreachable)`, `.wrongPassword`, `.tooManyAttempts`;
    ///   `.passwordInvalid` for a
    ///   new password that is too short or too long.
    public func changePassword(from old: String, to new: String) async throws {
        try Credentials.check(password: new)
        let request = PasswordRequest(user: user, password: old, newPassword: new)
        let reply = try await link.changePassword(request, as: identity)
        try await Self.addSlot(
            SlotContents(reply), password: new, to: SlotStore(replica), environment)
    }

    /// Takes in a new slot from a file that the centre wrote, for a person who forgot the password while this
    /// laptop is offline. What is saved here stays as it is.
    ///
    /// - Parameters:
    ///   - bytes: the file of `trialsyncd user reset-password NAME --file FILE`.
    ///   - password: the new password.
    /// - Throws: `Problem(.malformed)`, `.wrongPassword`, `.tooManyAttempts`; `.notAllowed` for a file that a
    ///   later password has overtaken; `.userDisabled`; `.sealBroken` for a file of another site.
    public static func takeIn(
        slotFile bytes: Data, at places: Places, user: String, password: String
    ) async throws -> SiteStore {
        let slot = try SlotFile.decode(bytes)
        let (file, environment) = (try file(of: places), ReplicaEnvironment.system)
        let (slots, attempts) = (SlotStore(file), LoginAttempts(file))
        let contents = try await open(slot, of: user, password: password, attempts, environment)
        if let known = try await slots.generation(of: user), known > contents.generation {
            throw Problem(
                .notAllowed, "the password of \(user) was set again after this file was written",
                remedy: "use the newer password, or ask for a new file")
        }
        let store = try await unlocked(
            file, contents, isFresh: false, places: places, environment: environment)
        try await addSlot(contents, password: password, to: slots, environment)
        try await attempts.forgive(user)
        return store
    }
}
