package import Testing

/// The rules of ``ReplicaStoreContract``, as sentences.
package enum ContractRule: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case savesAreShown = "A save is in view, in history and in the summary at once"
    case savesTogether = "Changes saved together are kept all or none"
    case centreSavesAtOnce = "The centre's own saves have verdict and receipt at once"
    case viewIsConfirmedAndPending = "A laptop shows what is confirmed with what is pending on top"
    case baseGoesThroughPending = "A base names what its pending versions replace"
    case refusedChangeLeavesTheView =
        "A pending change that is quarantined leaves the view; the old value comes back"
    case heldChangeLeavesTheView = "A change that a lock holds is kept, flagged and not applied"
    case pullKeepsTheOrder = "A pull brings `*` first, then the order of acceptance"
    case pagesOfAnySize = "Pages of any size give the same state"
    case pushTwice = "A request that comes twice has its effect once and the same answer"
    case lostAnswer = "A push whose answer was lost is in effect once"
    case outcomesAreIndependent = "A gap in one journal delays no other"
    case oneChangeInTwoJournals = "A change in two journals takes effect once, with one verdict"
    case digestsMove = "Digests move with each change and are equal after a sync"
    case quarantineBlocksNothing = "A quarantined change blocks nothing behind it"
    case undecodableIsKept = "Bytes that are no change are kept in quarantine; the next entries are applied"
    case unsignedRunsAreRefused =
        "A run that its device did not sign is refused, and nothing of the request is kept"
    case announcedRestore = "After an announced restore nothing is lost and all end in step"
    case silentRestore = "A restore that nobody announced is proven by a receipt, and nothing is lost"
    case borrowedIsShownAndForwarded = "A bundle is shown, forwarded to the centre, and counted once"
    case forgedBundle = "A bundle that does not prove itself is refused whole"
    case segments = "A run that continues nothing at the centre becomes a segment"
    case settings = "Settings, sites and leased numbers are kept"

    package var testDescription: String { rawValue }
}

extension ReplicaStoreContract {
    /// Checks one rule on fresh replicas.
    package func check(_ rule: ContractRule) async throws {
        switch rule {
        case .savesAreShown: try await savesAreShown()
        case .savesTogether: try await savesTogether()
        case .centreSavesAtOnce: try await centreSavesAtOnce()
        case .viewIsConfirmedAndPending: try await viewIsConfirmedAndPending()
        case .baseGoesThroughPending: try await baseGoesThroughPending()
        case .refusedChangeLeavesTheView: try await refusedChangeLeavesTheView()
        case .heldChangeLeavesTheView: try await heldChangeLeavesTheView()
        case .pullKeepsTheOrder: try await pullKeepsTheOrder()
        case .pagesOfAnySize: try await pagesOfAnySize()
        case .pushTwice: try await pushTwice()
        case .lostAnswer: try await lostAnswer()
        case .outcomesAreIndependent: try await outcomesAreIndependent()
        case .oneChangeInTwoJournals: try await oneChangeInTwoJournals()
        case .digestsMove: try await digestsMove()
        case .quarantineBlocksNothing: try await quarantineBlocksNothing()
        case .undecodableIsKept: try await undecodableIsKept()
        case .unsignedRunsAreRefused: try await unsignedRunsAreRefused()
        case .announcedRestore: try await restore(announced: true)
        case .silentRestore: try await restore(announced: false)
        case .borrowedIsShownAndForwarded: try await borrowedIsShownAndForwarded()
        case .forgedBundle: try await forgedBundle()
        case .segments: try await segments()
        case .settings: try await settings()
        }
    }
}
