package import TrialModel

/// What is kept beside the study's items, as people call it: locks, numbers, queries, rights, signatures.
extension Words {
    private static let registers = [
        "@lock": "register.lock", "@lock.to": "register.wentTo", "@lock.why": "register.why",
        "@void": "register.void", "@number": "register.number", "@enrolled": "register.enrolled",
        "@event": "visit", "@item": "item", "@asked": "register.asked", "@message": "register.message",
        "@message.author": "register.writer", "@message.role": "role", "@message.at": "register.writtenAt",
        "@message.saw": "register.saw", "@message.reopens": "register.reopens",
        "@query/closed": "register.closed", "@role": "role", "@sites": "sites", "@key": "register.key",
        "@slots": "register.slots", "@disabled": "register.ended", "@revoked": "register.ended",
        "@lost": "register.lost", "@name": "register.name", "@definition": "register.definition",
        "@authority": "register.authority", "meaning": "register.meaning", "hash": "register.signed",
        "check": "register.check", "fingerprint": "register.finding", "prompt": "register.prompt",
        "reason": "reason",
    ]
    /// So many hexadecimal digits are enough to know an id again.
    private static let shownDigits = 8
    /// A run of so many hexadecimal digits is an id or a hash.
    private static let idDigits = 24

    /// What an item or register is called; the name itself where nobody gave it another.
    package func label(ofRegister name: String, in study: StudyDefinition) -> String {
        if let item = study.item(name) { return item.label[language] }
        return Self.registers[name].map { self($0) } ?? name
    }

    /// A value with what it means there, ids and hashes by their first digits.
    ///
    /// - Returns: the whole of it besides, if it was shortened.
    package func value(_ value: Value, ofRegister name: String, in study: StudyDefinition) -> (
        text: String, whole: String?
    ) {
        let item = study.item(name)
        guard item == nil, case .text(let text) = value else { return (self.value(value, of: item), nil) }
        switch name {
        case "@item": return (study.item(text)?.label[language] ?? (text.isEmpty ? self("empty") : text), nil)
        case "@asked":
            guard let side = QuerySide(rawValue: text) else { return (text, nil) }
            return (self(side == .site ? "sideSite" : "sideCentre"), nil)
        case "@role", "@message.role":
            return (Role(name: text).map { self("role.\($0.name)") } ?? text, nil)
        case "@message.at": return (time(text), nil)
        case "@sites": return (["", "*"].contains(text) ? self("allSites") : text, nil)
        case "@lock.why":
            guard let why = DepartureReason(rawValue: text) else { return (text, nil) }
            return (self(why == .transferred ? "whyTransferred" : "whyMerged"), nil)
        case "prompt": return (asPrinted(text), nil)
        default:
            let short = Self.shortened(text)
            return (short, short == text ? nil : text)
        }
    }

    /// A text with each long run of hexadecimal digits cut to its first ones.
    private static func shortened(_ text: String) -> String {
        var (short, run) = ("", "")
        func end() {
            short += run.count < idDigits ? run : "\(run.prefix(shownDigits))…"
            run = ""
        }
        for character in text {
            if character.isHexDigit {
                run.append(character)
            } else {
                end()
                short.append(character)
            }
        }
        end()
        return short
    }

    /// The site of an entry: `*` is what is of all.
    package func site(_ code: String) -> String { code == "*" ? self("allSites") : code }

    /// Where an entry belongs, as the audit trail names it, in words: `query`, `device 364155da`, `study 1`.
    ///
    /// - Parameter laptops: their names, by id.
    package func place(_ place: String, laptops: [String: String]) -> String {
        if place == "query" { return self("query") }
        let parts = place.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return place }
        switch parts[0] {
        case "person": return "\(self("person")) \(parts[1])"
        case "site": return "\(self("site")) \(site(parts[1]))"
        case "study": return "\(self("studyVersion")) \(parts[1])"
        case "device":
            let name = laptops.first { $0.key.hasPrefix(parts[1]) || parts[1].hasPrefix($0.key) }?.value
            return "\(self("laptop")) \(name ?? Self.shortened(parts[1]))"
        default: return place
        }
    }
}
