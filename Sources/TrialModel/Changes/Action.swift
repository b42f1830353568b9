/// What a person can be allowed to do. Which role may do what is one table, ``roles``: the laptop asks it
/// before a save, the centre on taking each entry and before each command with a `--user`.
///
/// `docs/reference/roles.md` is generated from here (`make docs`).
public enum Action: String, CaseIterable, Hashable, Sendable {
    /// Log in on a laptop of a site, and see what it holds.
    case read
    case save
    case confirm
    case confirmWindow
    case query
    case closeQuery
    case resolve
    case decideHeld
    case sign
    case lock
    case unlock
    case void
    case release
    case administer
    /// Make passwords for people whom one could then sign as, or who could make such passwords.
    case entrust

    /// The roles that may do it.
    public var roles: [Role] {
        switch self {
        case .read: [.dataEntry, .investigator, .monitor, .dataManager, .coordinator, .statistician]
        case .save: [.dataEntry, .investigator]
        case .confirm: [.dataEntry, .investigator, .coordinator]
        case .query: [.dataEntry, .investigator, .monitor, .dataManager, .coordinator]
        case .closeQuery: [.monitor, .dataManager, .coordinator]
        case .confirmWindow: [.investigator]
        case .resolve: [.investigator, .coordinator]
        case .sign: [.investigator]
        case .decideHeld, .lock, .unlock, .void, .release: [.coordinator]
        case .administer: [.coordinator, .admin, .centre]
        case .entrust: [.admin]
        }
    }

    /// What it is, for the person who reads the table.
    public var meaning: String {
        switch self {
        case .read: "see the data of one's sites, and log in on their laptops"
        case .save: "enrol participants, enter and correct visits and log lines"
        case .confirm: "confirm a finding as correct"
        case .confirmWindow: "confirm a measurement outside its window (`pk-window`)"
        case .query: "raise, ask and answer data queries"
        case .closeQuery: "close and reopen data queries"
        case .resolve: "decide a conflict of values"
        case .decideHeld: "decide about an edit that came after a lock"
        case .sign: "sign a record"
        case .lock: "lock a record"
        case .unlock: "unlock a record"
        case .void: "void a record"
        case .release:
            "release what was kept in quarantine or held; renumber, merge and transfer participants"
        case .administer: "admit sites, people and laptops, and publish a version of the study"
        case .entrust: "give a person a new password, or add an admin, at the console"
        }
    }
}

extension ChangeKind {
    /// The right that a change of this kind needs.
    public var action: Action {
        switch self {
        case .save: .save
        case .resolve: .resolve
        case .lock: .lock
        case .unlock: .unlock
        case .void: .void
        case .sign: .sign
        case .release: .release
        case .query: .query
        case .confirm: .confirm
        case .administer: .administer
        }
    }
}

extension Change {
    /// The right that this change needs: that of its kind, except that a measurement outside its window is
    /// for the investigator.
    public var action: Action {
        let window = RegisterName.confirmation(of: CheckID.pkWindow.rawValue + ":")
        return kind == .confirm && writes.contains { $0.register.hasPrefix(window) }
            ? .confirmWindow : kind.action
    }
}
