/// A code and what it means.
public struct Code: Hashable, Sendable {
    /// As it is stored and typed.
    public let code: String
    /// What people see.
    public let label: LocalizedText
}

/// The codes that an item takes.
public struct CodeList: Hashable, Sendable {
    /// `sex`, for instance.
    public let oid: String
    /// In the order they are shown.
    public let codes: [Code]
    private let spellings: [String: Int]

    init(oid: String, codes: [Code]) {
        (self.oid, self.codes) = (oid, codes)
        spellings = Dictionary(
            codes.enumerated().map { ($1.code.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The code that a person means, in whichever case it is typed.
    ///
    /// - Complexity: O(1).
    public func code(typed text: String) -> Code? { spellings[text.lowercased()].map { codes[$0] } }

    /// Whether this is one of the codes, to the letter.
    ///
    /// - Complexity: O(1).
    public func contains(_ code: String) -> Bool { self.code(typed: code)?.code == code }
}
