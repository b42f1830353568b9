/// A visit or log line with findings that nobody has mended or confirmed.
package struct UnfinishedSheet: Hashable, Sendable {
    /// `BL`, `AE-3fa1c2d4`.
    package let sheet: String
    package let findings: [Finding]
    /// Whether one of them is a major one.
    package let isMajor: Bool
    /// Whether one of those is more than that something is missing.
    package let isMajorBesidesMissing: Bool

    package init(_ sheet: String, _ findings: [Finding]) {
        (self.sheet, self.findings) = (sheet, findings)
        let major = findings.filter { $0.severity == .major }
        (isMajor, isMajorBesidesMissing) = (!major.isEmpty, major.contains { $0.check != .required })
    }
}
