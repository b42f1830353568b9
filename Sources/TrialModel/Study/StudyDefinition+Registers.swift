extension StudyDefinition {
    /// A register as people call it: `VS.weight (Weight)`, `all items of RI`, `the lock`.
    public func words(forRegister register: String) -> String {
        switch register {
        case RegisterName.lock: return "what came after the lock"
        case RegisterName.void: return "whether the record is void"
        case RegisterName.number: return "the number"
        default: break
        }
        let items = items(of: register)
        if items.count > 1 { return "all items of \(register)" }
        return items.first?.named(in: .en) ?? register
    }
}
