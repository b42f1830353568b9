/// A visit or log line with findings that nobody has mended or confirmed.
package struct UnfinishedSheet: Hashable, Sendable {
    /// `BL`, `AE-3fa1c2d4`.
    package let sheet: String
    package let findings: [Finding]
    /// Whether one of them is a major one.
    package let isMajor: Bool

    package init(_ sheet: String, _ findings: [Finding]) {
        (self.sheet, self.findings) = (sheet, findings)
        isMajor = findings.contains { $0.severity == .major }
    }
}
