/// The one catalogue of problems: stable kebab-case codes, what each means and what to do.
///
/// A code, once released, keeps its meaning for ever. `docs/reference/errors.md` is generated from here
/// (`make docs`).
public enum ProblemCode: String, CaseIterable, Hashable, Sendable {
    // What a person typed
    case usage
    case unknownItem = "unknown-item"
    case wrongType = "wrong-type"
    case unknownCode = "unknown-code"
    case unknownUnit = "unknown-unit"
    case textTooLong = "text-too-long"
    case unknownEvent = "unknown-event"
    case unknownForm = "unknown-form"
    case amendmentRefused = "amendment-refused"
    case unknownParticipant = "unknown-participant"
    case ambiguousNumber = "ambiguous-number"
    case itemNotAtEvent = "item-not-at-event"
    case reasonNeeded = "reason-needed"
    case atomicIncomplete = "atomic-incomplete"
    case baseUnknown = "base-unknown"
    case importProblems = "import-problems"
    case fileUnreadable = "file-unreadable"
    case studyInvalid = "study-invalid"
    case nameInvalid = "name-invalid"
    case passwordInvalid = "password-invalid"
    case alreadyExists = "already-exists"
    case notFound = "not-found"

    // The state of a record
    case conflictOpen = "conflict-open"
    case conflictNotCurrent = "conflict-not-current"
    case recordLocked = "record-locked"
    case recordVoided = "record-voided"
    case queryClosed = "query-closed"
    case notLocked = "not-locked"
    /// A void was to be lifted that does not stand.
    case notVoided = "not-voided"
    case changedMeanwhile = "changed-meanwhile"
    case nothingToSign = "nothing-to-sign"
    case unknownFinding = "unknown-finding"
    case numbersExhausted = "numbers-exhausted"
    case draftsFull = "drafts-full"

    // Who may do what
    case wrongPassword = "wrong-password"
    case tooManyAttempts = "too-many-attempts"
    case passwordNeeded = "password-needed"
    case wrongPassphrase = "wrong-passphrase"
    case notAllowed = "not-allowed"
    case userDisabled = "user-disabled"
    case screenLocked = "screen-locked"
    case linkInvalid = "link-invalid"
    case linkUsed = "link-used"
    case linkExpired = "link-expired"
    case linkRevoked = "link-revoked"
    case challengeInvalid = "challenge-invalid"
    case tokenInvalid = "token-invalid"
    case deviceRevoked = "device-revoked"
    case deviceLost = "device-lost"
    case quarantineFull = "quarantine-full"
    case deviceUnknown = "device-unknown"
    case notEnrolled = "not-enrolled"
    case siteUnknown = "site-unknown"
    case signatureInvalid = "signature-invalid"

    // The network
    case serverUnreachable = "server-unreachable"
    case certificateNotTrusted = "certificate-not-trusted"
    case clockWrong = "clock-wrong"
    case serverFailed = "server-failed"
    case cancelled
    case tooManyRequests = "too-many-requests"

    // Bytes
    case bodyTooLarge = "body-too-large"
    case bodyIncomplete = "body-incomplete"
    case malformed
    case protocolUnsupported = "protocol-unsupported"
    case chainBroken = "chain-broken"
    case receiptInvalid = "receipt-invalid"
    case digestMismatch = "digest-mismatch"
    case notInStep = "not-in-step"
    case firstSyncUnfinished = "first-sync-unfinished"

    // The store
    case storeMissing = "store-missing"
    case storeExists = "store-exists"
    case storeDamaged = "store-damaged"
    case storeForeign = "store-foreign"
    case storeNewer = "store-newer"
    case storeRolledBack = "store-rolled-back"
    case storeBusy = "store-busy"
    case storeReadOnly = "store-read-only"
    case diskFull = "disk-full"
    /// The disk answers with errors of its own: at a laptop the laptop's, in the centre's log the centre's.
    case diskFailed = "disk-failed"
    /// The centre's disk, as a laptop is told of it.
    case centreDiskFull = "centre-disk-full"
    case storeFailed = "store-failed"
    case sealBroken = "seal-broken"
    case siteKeyMissing = "site-key-missing"
    /// After a restore: laptops brought a person's record back, and no laptop holds the centre's key of it.
    case personKeyMissing = "person-key-missing"
    case serverChanged = "server-changed"
    case addressInUse = "address-in-use"
    case daemonRunning = "daemon-running"
    case restoreUnfinished = "restore-unfinished"

    // Why an entry was kept but not applied (after `quarantined:`)
    case undecodable
    case kindUnknown = "kind-unknown"
    case conflictNotResolved = "conflict-not-resolved"
    case locked
    case voided
    case otherSite = "other-site"
    case studyVersionUnknown = "study-version-unknown"

    // A defect of ours
    case internalError = "internal-error"
}
