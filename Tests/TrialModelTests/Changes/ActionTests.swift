import Testing
import TrialModel

@Suite("Rights of roles", .tags(.unit)) struct ActionTests {
    /// Role by role, as design and command line contract say it.
    private static let text: [(role: Role, may: Set<Action>)] = [
        (.dataEntry, [.read, .save, .confirm, .query]),
        (.investigator, [.read, .save, .confirm, .confirmWindow, .query, .resolve, .sign]),
        (.monitor, [.read, .query, .closeQuery]),
        (.dataManager, [.read, .query, .closeQuery]),
        (
            .coordinator,
            [
                .read, .confirm, .query, .closeQuery, .resolve, .decideHeld, .lock, .unlock, .void, .release,
                .administer,
            ]
        ),
        (.statistician, [.read]),
        (.admin, [.administer, .entrust]),
        (.centre, [.administer]),
    ]

    @Test("Each role may do exactly what is written of it", arguments: Role.allCases)
    func matrix(role: Role) throws {
        let row = try #require(Self.text.first { $0.role == role })
        for action in Action.allCases {
            #expect(role.may(action) == row.may.contains(action), "\(role.name): \(action.rawValue)")
        }
    }

    @Test("Each kind of change needs the right of its name", arguments: ChangeKind.allCases)
    func kinds(kind: ChangeKind) {
        #expect(kind.action.rawValue == "\(kind)")
    }

    @Test("What must be signed may be done by someone who can be told apart", arguments: ChangeKind.allCases)
    func signed(kind: ChangeKind) {
        if kind.needsSignature { #expect(!kind.action.roles.contains(.centre)) }
    }

    @Test(
        "Every action says what it is, and somebody may do it, each role named once",
        arguments: Action.allCases)
    func complete(action: Action) {
        #expect(!action.meaning.isEmpty && !action.roles.isEmpty)
        #expect(Set(action.roles).count == action.roles.count)
    }
}
