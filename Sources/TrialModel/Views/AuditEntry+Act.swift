extension AuditEntry {
    /// What an entry of kind `administer` did, for whoever is to do it again: `access ended`, `new password`.
    /// Empty for other kinds, whose name says it, and for what altered nothing.
    public var act: String {
        guard kind == "administer" else { return "" }
        let added = changes.filter { $0.old.isEmpty }
        guard let role = added.first(where: { $0.item == "@role" }),
            added.contains(where: { $0.item == "@key" })
        else { return changes.compactMap { told($0) }.joined(separator: ", ") }
        let sites = added.first { $0.item == "@sites" }.map { Self.sites($0.new) } ?? ""
        return "added as \(role.new.plainText), \(sites)"
    }

    private func told(_ change: HistoryView.ItemChange) -> String? {
        let (isYes, isFirst, text) = (change.new == .yesNo(true), change.old.isEmpty, change.new.plainText)
        switch change.item {
        case "@revoked", "@disabled": return isYes ? "access ended" : isFirst ? nil : "access given back"
        case "@lost":
            let isSaid = isFirst || changes.contains { $0.item == "@revoked" }
            return isYes ? "reported lost" : isSaid ? nil : "found again"
        case "@role": return "role \(text)"
        case "@sites": return Self.sites(change.new)
        case "@key": return "new signing key"
        case "@slots": return "new password"
        case "@name": return isFirst ? "added as \(text)" : "named \(text)"
        case "@definition": return "published"
        case RegisterName.authority: return "other authorities"
        case let item where item.hasPrefix("@key/"): return "new site key"
        case let item where item.hasPrefix(RegisterName.lost("")):
            return "entry \(item.dropFirst(RegisterName.lost("").count)) acknowledged as lost"
        default: return change.item
        }
    }

    private static func sites(_ value: Value) -> String {
        ["", "*"].contains(value.plainText) ? "all sites" : "sites \(value.plainText)"
    }
}
