/// Who decides a conflict. Rule kind `conflictResolution`.
public struct ConflictResolutionRule: Hashable, Sendable {
    /// At least one, in the order of the document; each may write resolutions at all.
    public let resolveBy: [Role]

    init?(reading reader: RuleReader) {
        reader.allow("resolveBy")
        guard let list = reader.required("resolveBy") else { return nil }
        var roles: [Role] = []
        for node in list.elements(atLeast: 1) {
            guard let name = node.text() else { continue }
            guard let role = Role(name: name), role.may(.resolve) else {
                node.note("\"\(name)\" is no role that may decide conflicts; \(Self.known) may")
                continue
            }
            if roles.contains(role) { node.note("\"\(name)\" is named twice") }
            roles.append(role)
        }
        guard !roles.isEmpty else { return nil }
        resolveBy = roles
    }

    private static var known: String {
        Action.resolve.roles.map(\.name).joined(separator: " and ")
    }
}
