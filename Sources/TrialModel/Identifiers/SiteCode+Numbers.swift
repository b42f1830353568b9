extension SiteCode {
    /// The number behind the site's code, as in `PKU-007`: three digits or more, written in one way only.
    package func participantNumber(_ text: String) -> Int? {
        let prefix = self.text + "-"
        guard text.hasPrefix(prefix) else { return nil }
        let digits = text.dropFirst(prefix.count)
        guard (3...9).contains(digits.count), digits.utf8.allSatisfy({ (48...57).contains($0) }),
            digits.count == 3 || digits.first != "0", let number = Int(digits), number > 0
        else { return nil }
        return number
    }

    /// A number as people write it: `PKU-007`.
    package func participant(numbered number: Int) -> String {
        let digits = String(number)
        return "\(text)-" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    }
}
