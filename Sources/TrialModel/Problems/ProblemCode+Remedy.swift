extension ProblemCode {
    /// One line: what the code means.
    public var meaning: String { text.meaning }

    /// One line: what to do about it when the place that threw knows nothing better.
    public var remedy: String { text.remedy }

    private var text: (meaning: String, remedy: String) {
        switch self {
        case .usage: ("The command was not understood", "see --help for the form and an example")
        case .unknownItem: ("The study has no such item", "see `study show` for the items of each form")
        case .wrongType: ("A value is not of the item's type", "enter a value of the type that is named")
        case .unknownCode: ("A value is not in the item's code list", "enter one of the codes that are named")
        case .unknownUnit:
            ("The item has no such unit and no factor for it", "enter the value in the unit that is named")
        case .textTooLong: ("A text is longer than the item takes", "shorten it; nothing was saved")
        case .amendmentRefused:
            (
                "The new version of the study would change what data stand under",
                "raise the version, use new OIDs for what is different, and publish again"
            )
        case .unknownForm: ("The study has no such log form", "see `study show` for the forms")
        case .unknownEvent: ("The study has no such event", "see `study show` for the events")
        case .unknownParticipant:
            (
                "No participant has this number here",
                "see `participant list`; sync if another laptop enrolled them"
            )
        case .ambiguousNumber: ("Two records bear one number", "use one of the short ids that are named")
        case .itemNotAtEvent:
            ("The form of this item is not planned at this event", "choose an event that has the form")
        case .reasonNeeded:
            ("A value that was saved is to be replaced and no reason is given", "give --reason TEXT")
        case .atomicIncomplete:
            ("The group is in conflict and must be given whole", "give every item of the group")
        case .baseUnknown:
            ("The base token is not one of this store's", "run `visit show` again and use its base")
        case .importProblems:
            ("Lines of the file cannot be saved", "mend the lines that are named; nothing was saved")
        case .fileUnreadable: ("A file cannot be read or written", "check the path and its permissions")
        case .studyInvalid: ("The study definition has problems", "mend the places that are named by path")
        case .nameInvalid:
            ("A name has characters or a length that are not allowed", "use the form that is named")
        case .passwordInvalid:
            ("A new password is too short or too long", "choose one of 8 to 200 characters")
        case .alreadyExists: ("Something of this name exists", "choose another name")
        case .notFound: ("There is no such thing here", "list what there is, and check the spelling")
        case .conflictOpen:
            ("A value of this register is in conflict", "resolve the conflict that is named first")
        case .conflictNotCurrent:
            ("The conflict has changed since it was shown", "look at the conflict that is named now")
        case .recordLocked: ("The record is locked", "ask the coordinator to unlock it")
        case .queryClosed: ("The query is closed", "ask the centre to open it again")
        case .recordVoided: ("The record is void", "ask the coordinator")
        case .notLocked: ("The record is not locked", "nothing to do")
        case .notVoided: ("The record is not void", "nothing to do")
        case .changedMeanwhile:
            ("The record has changed since it was shown", "look at it as it is now, then do it again")
        case .nothingToSign: ("Nothing has been entered in the record", "enter the visit first")
        case .unknownFinding:
            ("No check has this finding on the record", "see `checks` of the visit, and name one of them")
        case .numbersExhausted:
            ("This laptop has used all its leased participant numbers", "sync to lease more")
        case .draftsFull:
            (
                "As many forms as are kept were begun and not saved: this one is kept on the page only",
                "save or discard some of those that Today lists"
            )
        case .wrongPassword: ("User name or password is wrong", "check both and try again")
        case .wrongPassphrase:
            ("The passphrase is not the backup's", "give the one that it was made with")
        case .tooManyAttempts:
            ("The password was wrong too often: one try a minute", "wait as long as is said, then try again")
        case .screenLocked: ("The screen is locked", "unlock it with the password; a sync goes on meanwhile")
        case .passwordNeeded:
            (
                "A password is needed and there is no terminal to ask on",
                "run it on a terminal, or set TRIALSYNC_PASSWORD"
            )
        case .notAllowed: ("This person's role does not allow it", "ask someone with the role that is named")
        case .userDisabled: ("This person's access was ended", "ask the coordinator")
        case .linkInvalid:
            ("The enrolment link is not one this server gave", "copy the whole link, or ask for a new one")
        case .linkUsed: ("The enrolment link was used already", "ask the coordinator for a new link")
        case .linkExpired: ("The enrolment link has expired", "ask the coordinator for a new link")
        case .linkRevoked: ("The enrolment link was taken back", "ask the coordinator for a new link")
        case .challengeInvalid: ("The challenge was answered wrongly, late or twice", "sync again")
        case .tokenInvalid: ("The session token is not valid any more", "sync again")
        case .deviceRevoked:
            ("This laptop's access was ended", "ask the coordinator; nothing saved here is lost")
        case .deviceLost:
            (
                "This laptop was reported lost, and its keys were destroyed",
                "bring it to the coordinator; to use it again, enrol it anew in another directory"
            )
        case .quarantineFull:
            (
                "A laptop whose access was ended has handed in as much as is kept of one",
                "ask the coordinator to readmit it; nothing saved here is lost"
            )
        case .deviceUnknown: ("The server does not know this laptop", "ask the coordinator to readmit it")
        case .notEnrolled: ("This store belongs to no site yet", "run `trialsync enroll LINK`")
        case .siteUnknown: ("There is no such site", "see `site list`")
        case .signatureInvalid: ("A signature does not verify", "report it to the coordinator; run `verify`")
        case .serverUnreachable:
            (
                "The server cannot be reached",
                "everything is saved here; sync again when there is a connection"
            )
        case .certificateNotTrusted:
            (
                "The server's certificate is not from the authority this laptop trusts",
                "do not go on; ask the coordinator: a bundle of the centre brings a new authority"
            )
        case .clockWrong:
            ("The certificate fails only on its dates", "set this computer's clock; the saves are safe")
        case .serverFailed:
            ("The server could not answer", "sync again later; the server's log has the details")
        case .cancelled: ("The work was cancelled", "start it again when you like; nothing is lost")
        case .tooManyRequests: ("Too many requests in a short time", "wait as long as is said, then go on")
        case .bodyTooLarge:
            ("A message is larger than the limit", "update this program; report it if it stays")
        case .bodyIncomplete: ("A message was cut short", "sync again; nothing of it was taken")
        case .malformed:
            ("A message or file is not of the expected form", "check that it is whole and of this program")
        case .protocolUnsupported:
            ("The other side speaks another version of the protocol", "update the older program")
        case .chainBroken: ("An entry does not continue its journal", "run `verify` and show the coordinator")
        case .receiptInvalid:
            ("A receipt does not cover what was sent with it", "run `verify` and show the coordinator")
        case .digestMismatch:
            (
                "Two stores with the same entries differ",
                "run `verify` on both sides; what it can mend it names: `verify --repair`"
            )
        case .firstSyncUnfinished:
            (
                "The first sync has not brought the whole site yet, so nothing of it is shown",
                "sync again: it goes on where it was"
            )
        case .notInStep: ("The exchange ended before both sides were in step", "sync again; nothing is lost")
        case .storeMissing:
            ("There is no store in this directory", "name the right directory, or create the store first")
        case .storeExists:
            ("There is a store in this directory already", "use it, or name an empty directory")
        case .storeDamaged:
            (
                "The store's file is damaged; it was left untouched",
                "copy the file away, then restore or enrol anew"
            )
        case .storeForeign:
            ("The file is not a TrialSync store; it was left untouched", "name the right directory")
        case .storeNewer:
            ("The store was written by a newer program; it was left untouched", "update this program")
        case .storeRolledBack:
            (
                "The store is older than what is remembered of it outside",
                "find out who put it back; what others hold comes again as they sync"
            )
        case .storeBusy: ("Another process holds the store", "wait a moment and try again")
        case .storeReadOnly:
            (
                "The store cannot be written",
                "check the permissions of its directory, and whether its disk is mounted read-only"
            )
        case .diskFull: ("The disk is full; nothing of this was written", "make room, then do it again")
        case .diskFailed:
            (
                "The disk fails: the store's file could not be read or written",
                "nothing that was answered is lost: copy the directory, or make a backup, to another disk, "
                    + "and replace this one"
            )
        case .centreDiskFull:
            (
                "The disk of the centre is full; nothing of this was taken there",
                "tell whoever keeps the centre; everything is saved here, and goes there once there is room"
            )
        case .storeFailed: ("The store could not be read or written", "try again; run `verify` if it stays")
        case .sealBroken:
            (
                "A sealed row does not open with this key",
                "the file was altered or mixed up: `verify` names the place; a laptop brings out what was "
                    + "not sent with `bundle export FILE --rescue`"
            )
        case .siteKeyMissing:
            ("A row or bundle is sealed with a newer site key", "log in once with a connection, or sync")
        case .personKeyMissing:
            (
                "A person is on record, and the key is not in the centre's store: a restore left it behind",
                "give the person a new key: `trialsyncd user reset-password NAME`"
            )
        case .serverChanged:
            (
                "This laptop's file names another centre than the one it joined",
                "tell the coordinator that somebody altered the file; nothing that was saved is lost"
            )
        case .daemonRunning: ("A daemon serves this directory", "end it first, with SIGTERM")
        case .restoreUnfinished:
            ("A restore of this directory was cut short", "run `trialsyncd restore` again")
        case .addressInUse:
            ("The address to listen on is taken", "choose another port or end the other process")
        case .undecodable:
            ("The bytes of a change cannot be decoded", "the entry is kept; update the program that wrote it")
        case .kindUnknown:
            ("The kind of a change is not known here", "update this program, then release the entry")
        case .conflictNotResolved:
            (
                "An ordinary save replaced two versions that differ",
                "resolve the conflict, or release the entry"
            )
        case .locked: ("The author had seen the lock", "unlock the record first")
        case .voided: ("The author had seen that the record is void", "nothing to do")
        case .otherSite: ("The entry belongs to another site", "report it to the coordinator")
        case .studyVersionUnknown:
            (
                "The entry names a version of the study that the centre never published",
                "find out which program wrote it, then release it if what it says is right"
            )
        case .internalError:
            ("A defect of this program", "report it with what you did; nothing saved is lost")
        }
    }
}
