/// What a person may do. Raw values travel on the wire and never change.
public enum Role: UInt8, Hashable, Sendable, CaseIterable {
    case dataEntry = 1
    case investigator = 2
    case monitor = 3
    case dataManager = 4
    case coordinator = 5
    case statistician = 6
    case admin = 7
    /// The centre itself, for what no person did by hand.
    case centre = 8

    public var name: String {
        switch self {
        case .dataEntry: "dataEntry"
        case .investigator: "investigator"
        case .monitor: "monitor"
        case .dataManager: "dataManager"
        case .coordinator: "coordinator"
        case .statistician: "statistician"
        case .admin: "admin"
        case .centre: "centre"
        }
    }

    /// The roles that a person can be given.
    public static let ofPeople: [Role] = allCases.filter { $0 != .centre }

    public init?(name: String) {
        guard let role = Self.ofPeople.first(where: { $0.name == name }) else { return nil }
        self = role
    }

    /// Whether the role belongs to named sites; the others see the whole trial.
    public var isBoundToSites: Bool {
        switch self {
        case .dataEntry, .investigator, .monitor: true
        case .dataManager, .coordinator, .statistician, .admin, .centre: false
        }
    }

    /// Which kinds of change the role may write. One table, asked by the laptop before a save and by the
    /// centre on taking.
    public func mayWrite(_ kind: ChangeKind) -> Bool {
        switch self {
        case .dataEntry: [.save, .query, .confirm].contains(kind)
        case .investigator: [.save, .query, .confirm, .resolve, .sign].contains(kind)
        case .monitor: kind == .query
        case .dataManager: kind == .query
        case .coordinator: kind != .sign && kind != .save
        case .statistician: false
        case .admin: kind == .administer
        case .centre: kind == .administer
        }
    }
}
