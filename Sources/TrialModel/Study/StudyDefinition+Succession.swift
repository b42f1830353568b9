extension StudyDefinition {
    /// What keeps this definition from following an earlier version of the study; empty if nothing does.
    ///
    /// Data stands for ever under its item's OID, so an item's register, type and unit never change: such a
    /// change needs a new OID. The version must rise.
    public func problems(replacing earlier: StudyDefinition) -> [DefinitionProblem] {
        var problems: [DefinitionProblem] = []
        func note(_ path: String, _ message: String) { problems.append(.init(path: path, message: message)) }
        if oid != earlier.oid { note("oid", "the study is \"\(earlier.oid)\"") }
        if version <= earlier.version { note("version", "must be more than \(earlier.version)") }
        for old in earlier.forms.flatMap(\.items) {
            guard let new = item(old.oid) else { continue }
            if new.type != old.type {
                note(
                    new.path + ".type",
                    "\(old.oid) was \(old.type.rawValue) in version \(earlier.version); use a new OID")
            }
            if new.unit != old.unit {
                note(
                    new.path + ".unit",
                    "\(old.oid) was in \(old.unit ?? "no unit") in version \(earlier.version); use a new OID")
            }
            if new.register != old.register {
                note(
                    new.path + ".oid",
                    "\(old.oid) was saved with \(old.register) in version \(earlier.version) "
                        + "and would now be with \(new.register); use a new OID")
            }
        }
        return problems
    }
}
