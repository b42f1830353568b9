package import TrialModel

extension ProblemCode {
    /// The HTTP status of a refusal with this code (RFC 9110, 15; RFC 6585).
    package var httpStatus: Int {
        switch self {
        case .usage, .malformed, .bodyIncomplete, .protocolUnsupported, .chainBroken, .receiptInvalid,
            .undecodable,
            .signatureInvalid, .kindUnknown:
            400
        case .wrongPassword, .passwordNeeded, .screenLocked, .challengeInvalid, .tokenInvalid:
            401
        case .notAllowed, .userDisabled, .deviceRevoked, .deviceLost, .deviceUnknown, .notEnrolled,
            .linkInvalid,
            .otherSite, .studyVersionUnknown,
            .certificateNotTrusted, .serverChanged:
            403
        case .notFound, .unknownItem, .unknownFinding, .unknownEvent, .unknownForm, .amendmentRefused,
            .unknownParticipant, .siteUnknown:
            404
        case .alreadyExists, .conflictOpen, .conflictNotCurrent, .conflictNotResolved, .recordLocked,
            .recordVoided, .queryClosed, .notLocked, .notVoided, .changedMeanwhile, .nothingToSign,
            .locked, .voided, .ambiguousNumber, .baseUnknown, .digestMismatch, .notInStep,
            .firstSyncUnfinished,
            .storeExists:
            409
        case .linkUsed, .linkExpired, .linkRevoked:
            410
        case .bodyTooLarge, .quarantineFull:
            413
        case .wrongType, .unknownCode, .unknownUnit, .textTooLong, .itemNotAtEvent, .reasonNeeded,
            .atomicIncomplete, .importProblems, .studyInvalid, .nameInvalid, .passwordInvalid,
            .numbersExhausted, .draftsFull, .clockWrong:
            422
        case .tooManyRequests, .tooManyAttempts:
            429
        case .storeBusy, .storeReadOnly, .cancelled, .serverUnreachable:
            503
        case .diskFull, .centreDiskFull, .diskFailed:
            507
        case .serverFailed, .fileUnreadable, .storeMissing, .storeDamaged, .storeForeign, .storeNewer,
            .storeRolledBack,
            .storeFailed,
            .sealBroken, .siteKeyMissing, .personKeyMissing, .addressInUse, .daemonRunning,
            .restoreUnfinished, .wrongPassphrase,
            .internalError:
            500
        }
    }
}
