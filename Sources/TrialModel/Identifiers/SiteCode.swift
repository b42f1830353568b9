/// The short code of a field site (`PKU`), or the pseudo-site `*` that holds what all must know.
public struct SiteCode: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let text: String

    /// The pseudo-site: study versions, sites, people's names and roles, revocations.
    public static let all = SiteCode(unchecked: "*")

    private init(unchecked text: String) { self.text = text }

    /// - Returns: `nil` unless the text is `*`, or two to twelve capital letters and digits that start with a
    ///   letter.
    public init?(_ text: some StringProtocol) {
        let text = String(text)
        guard text == "*" || Self.isFieldSite(text) else { return nil }
        self.text = text
    }

    private static func isFieldSite(_ text: String) -> Bool {
        let characters = text.utf8
        guard (2...12).contains(characters.count), let first = characters.first else { return false }
        let letters = UInt8(ascii: "A")...UInt8(ascii: "Z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return letters.contains(first)
            && characters.allSatisfy { letters.contains($0) || digits.contains($0) }
    }

    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
    public var description: String { text }
}
