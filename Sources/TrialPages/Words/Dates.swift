package import TrialModel

/// Dates, times and numbers as people read them: unambiguous in both languages.
extension Words {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `2 Mar 2026`, `2026年3月2日`; of a partial date what is known of it.
    package func date(_ iso: String) -> String {
        let parts = iso.split(separator: "-").map { Int($0) }
        guard let year = parts.first ?? nil, !parts.contains(nil) else { return iso }
        let month = parts.count > 1 ? parts[1] ?? 0 : 0
        guard parts.count <= 3, parts.count == 1 || (1...12).contains(month) else { return iso }
        let day = parts.count > 2 ? parts[2] ?? 0 : 0
        switch language {
        case .en:
            return [
                day > 0 ? String(day) : nil, month > 0 ? Self.months[month - 1] : nil, String(year),
            ].compactMap(\.self).joined(separator: " ")
        case .zh: return "\(year)年" + (month > 0 ? "\(month)月" : "") + (day > 0 ? "\(day)日" : "")
        }
    }

    /// `4 Mar 2026 09:12 +08:00` of an ISO 8601 date and time; the text itself if it is none.
    package func time(_ iso: String) -> String {
        let halves = iso.split(separator: "T", maxSplits: 1)
        guard halves.count == 2, halves[1].utf8.count >= 5 else { return iso }
        let clock = halves[1].prefix(5)
        let zone = halves[1].dropFirst(5).drop { $0 == ":" || $0 == "." || $0.isNumber }
        let offset = zone == "Z" ? "UTC" : zone == "" ? "" : String(zone)
        return "\(date(String(halves[0]))) \(clock)" + (offset.isEmpty ? "" : " \(offset)")
    }

    /// `09:12` of an ISO 8601 date and time; the text itself if it is none.
    package func clock(_ iso: String) -> String {
        let halves = iso.split(separator: "T", maxSplits: 1)
        guard halves.count == 2, halves[1].utf8.count >= 5 else { return iso }
        return String(halves[1].prefix(5))
    }

    /// A unit as people write it: definitions spell the letter µ as `u`.
    package func unit(_ unit: String) -> String {
        unit.hasPrefix("ug/") || unit.hasPrefix("umol/") ? "µ\(unit.dropFirst())" : unit
    }

    /// A text of a rule as pages print it: its dates, its units and the thin space before them. An example of
    /// what to type stays as it is typed.
    package func asPrinted(_ text: String) -> String {
        var (printed, rest) = ("", text.utf8[...])
        while let first = rest.first {
            guard Self.isOfWord(first) else {
                let between = rest.prefix { !Self.isOfWord($0) }
                printed += Substring(between)
                rest = rest[between.endIndex...]
                continue
            }
            // A mark at its end is the sentence's.
            let whole = rest.prefix(while: Self.isOfWord)
            let inner = whole.lastIndex { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: ":") }
            let word = Substring(inner.map { whole[...$0] } ?? whole)
            rest = rest[word.endIndex...]
            if Self.startsWithDate(word), !printed.hasSuffix("such as "), !printed.hasSuffix("如") {
                printed += word.count == 10 ? date(String(word)) : time(String(word))
                continue
            }
            if Self.isUnit(word), printed.last == " ", printed.dropLast().last?.isNumber == true {
                printed.removeLast()
                printed.append("\u{2009}")
            }
            printed += unit(String(word))
        }
        return printed
    }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            // - . / 0 to 9 :
            UInt8(ascii: "-")...UInt8(ascii: ":"), UInt8(ascii: "+"):
            true
        default: false
        }
    }

    /// Whether it is a whole date, alone or with a time.
    private static func startsWithDate(_ word: Substring) -> Bool {
        guard word.utf8.count >= 10 else { return false }
        let letters = Array(word)
        guard letters.count == 10 || letters[10] == "T" else { return false }
        return letters.prefix(10).enumerated().allSatisfy { place, letter in
            place == 4 || place == 7 ? letter == "-" : letter.isNumber
        }
    }

    /// Whether it is a unit where it stands behind a number.
    private static func isUnit(_ word: Substring) -> Bool {
        word.first?.isLetter == true && (word.contains("/") || plainUnits.contains(word))
    }

    private static let plainUnits: Set<Substring> = [
        "kg", "g", "mg", "ug", "cm", "mm", "m", "L", "mL", "d", "h", "U", "IU", "mmHg", "bpm",
    ]

    /// A moment in UTC, from milliseconds since 1970.
    package func time(milliseconds: Int64) -> String {
        time(DeviceTime(milliseconds: milliseconds, offsetMinutes: 0).iso8601)
    }

    /// A value as people read it: codes by their labels, the unit after a thin space, what was typed if that
    /// was converted, and words for what is empty or missing.
    ///
    /// - Parameter withCode: whether the code stands behind its label; a form needs only the label.
    package func value(_ value: Value, of item: Item?, withCode: Bool = true) -> String {
        switch value {
        case .empty: self("empty")
        case .missing(let reason): self("missing", ["reason": self("missing.\(reason.rawValue)")])
        case .yesNo(let isYes): self(isYes ? "yes" : "no")
        case .date, .dateTime: value.plainText.contains("T") ? time(value.plainText) : date(value.plainText)
        case .decimal(let quantity): measured(quantity)
        case .text(let text): text
        case .integer, .code:
            item?.codeList?.code(typed: value.plainText).map { code in
                withCode ? bracketed(code.label[language], code.code) : code.label[language]
            } ?? value.plainText
        }
    }

    private func measured(_ quantity: Quantity) -> String {
        let text = quantity.number.description + (quantity.unit.map { "\u{2009}\(unit($0))" } ?? "")
        guard let entered = quantity.entered else { return text }
        return self("valueEntered", ["value": text, "entered": entered])
    }

    /// Values of which one stands or stood, in a sentence: `71.5 kg or 72.5 kg`.
    package func either(_ texts: [String]) -> String { texts.joined(separator: " \(self("or")) ") }
}
