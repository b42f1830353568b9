extension StudyDefinition {
    /// A register as people call it: `VS.weight (Weight)`, `all items of RI`, `the number`.
    public func words(forRegister register: String, in language: Language) -> String {
        let items = items(of: register)
        switch (register, language) {
        case (RegisterName.lock, .en): return "what came after the lock"
        case (RegisterName.lock, .zh): return "锁定后收到的保存"
        case (RegisterName.void, .en): return "whether the record is void"
        case (RegisterName.void, .zh): return "记录是否作废"
        case (RegisterName.number, .en): return "the number"
        case (RegisterName.number, .zh): return "编号"
        case (_, .en) where items.count > 1: return "all items of \(register)"
        case (_, .zh) where items.count > 1: return "\(register) 的全部项目"
        default: return items.first?.named(in: language) ?? register
        }
    }
}
