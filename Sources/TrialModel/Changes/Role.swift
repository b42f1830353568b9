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

    /// Whether the table of rights gives the role this one.
    public func may(_ action: Action) -> Bool { action.roles.contains(self) }
}
