/// The names of registers that hold no data of the study: they begin with `@`.
public enum RegisterName {
    /// Whether the record is locked.
    public static let lock = "@lock"
    /// Whether the record is void.
    public static let void = "@void"
    /// The number that people use for the record.
    public static let number = "@number"

    /// The certificates of the authorities that laptops pin, as PEM: of the record of `*` itself.
    public static let authority = "@authority"

    /// That an entry which stood at the centre once is lost for good: of the record of `*` itself.
    ///
    /// - Parameter entry: `JOURNAL/N`.
    public static func lost(_ entry: String) -> String { "@lost-entry/" + entry }

    private static let signaturePrefix = "@signature/"
    private static let confirmationPrefix = "@confirmed/"
    /// The longest name, in UTF-8 bytes.
    private static let limitBytes = 128

    /// Whether the register holds data of the study.
    public static func isData(_ register: String) -> Bool { !register.hasPrefix("@") }

    /// One person's signature on a record.
    public static func signature(of person: String) -> String { signaturePrefix + person }

    /// The person whose signature the register holds; `nil` if it is no such register.
    public static func signer(_ register: String) -> String? {
        register.hasPrefix(signaturePrefix) ? String(register.dropFirst(signaturePrefix.count)) : nil
    }

    /// "Confirmed as correct" on the finding with this ``Finding/key``; a long key is replaced by its hash.
    public static func confirmation(of key: String) -> String {
        let name = confirmationPrefix + key
        return name.utf8.count <= limitBytes ? name : confirmationPrefix + Finding.hashed(key)
    }

    /// The key of the finding whose confirmation the register holds; `nil` if it is no such register.
    public static func confirmed(_ register: String) -> String? {
        isConfirmation(register) ? String(register.dropFirst(confirmationPrefix.count)) : nil
    }

    /// Whether the register holds a "confirmed as correct".
    public static func isConfirmation(_ register: String) -> Bool { register.hasPrefix(confirmationPrefix) }

    /// Whether versions that differ stand beside each other and await no decision: each signature and each
    /// confirmation speaks for itself.
    package static func isSideBySide(_ register: String) -> Bool {
        signer(register) != nil || isConfirmation(register)
    }
}
