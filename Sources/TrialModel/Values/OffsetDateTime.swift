/// A moment as a person wrote it: local date and time to the second, with the offset from UTC
/// (`2026-03-02T09:12:00+08:00`).
public struct OffsetDateTime: Hashable, Sendable {
    /// Seconds since 1 January 1970 UTC.
    public let secondsSince1970: Int64
    /// Minutes east of UTC.
    public let offsetMinutes: Int

    public static let offsets = -14 * 60...14 * 60

    /// - Returns: `nil` if the offset or the year is out of range.
    public init?(secondsSince1970: Int64, offsetMinutes: Int) {
        guard Self.offsets.contains(offsetMinutes),
            (-8_000_000_000..<8_000_000_000).contains(secondsSince1970)
        else { return nil }
        let local = secondsSince1970 + Int64(offsetMinutes) * 60
        guard CalendarDate(dayNumber: Int(local.flooredDivision(by: 86_400))) != nil else { return nil }
        (self.secondsSince1970, self.offsetMinutes) = (secondsSince1970, offsetMinutes)
    }

    /// Reads `2026-03-02T09:12+08:00`, `2026-03-02T09:12:30Z`; a blank may stand for the `T`.
    public init?(_ text: some StringProtocol) {
        let characters = Array(text.utf8)
        guard characters.count >= 17,
            characters[10] == UInt8(ascii: "T") || characters[10] == UInt8(ascii: " "),
            let date = CalendarDate(String(decoding: characters[..<10], as: UTF8.self)),
            let day = date.dayNumber,
            let hour = Self.number(characters[11..<13], below: 24), characters[13] == UInt8(ascii: ":"),
            let minute = Self.number(characters[14..<16], below: 60)
        else { return nil }
        var rest = characters[16...]
        var second = 0
        if rest.first == UInt8(ascii: ":") {
            guard rest.count >= 4, let found = Self.number(rest.dropFirst().prefix(2), below: 60) else {
                return nil
            }
            second = found
            rest = rest.dropFirst(3)
        }
        guard let offset = Self.offset(Array(rest)) else { return nil }
        let local = Int64(day) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
        self.init(secondsSince1970: local - Int64(offset) * 60, offsetMinutes: offset)
    }

    /// The date where the person was.
    public var localDate: CalendarDate? {
        CalendarDate(dayNumber: Int(localSeconds.flooredDivision(by: 86_400)))
    }

    private var localSeconds: Int64 { secondsSince1970 + Int64(offsetMinutes) * 60 }

    private static func number(_ digits: some Collection<UInt8>, below limit: Int) -> Int? {
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = Int(String(decoding: digits, as: UTF8.self)), number < limit
        else { return nil }
        return number
    }

    private static func offset(_ text: [UInt8]) -> Int? {
        if text == [UInt8(ascii: "Z")] { return 0 }
        guard text.count == 6, text[3] == UInt8(ascii: ":"), let hours = number(text[1..<3], below: 15),
            let minutes = number(text[4..<6], below: 60)
        else { return nil }
        switch text[0] {
        case UInt8(ascii: "+"): return hours * 60 + minutes
        case UInt8(ascii: "-"): return -(hours * 60 + minutes)
        default: return nil
        }
    }
}

extension OffsetDateTime: CustomStringConvertible {
    /// ISO 8601 with seconds and offset; `Z` for UTC.
    public var description: String {
        let day = localSeconds.flooredDivision(by: 86_400)
        let second = Int(localSeconds - day * 86_400)
        let date = CalendarDate(dayNumber: Int(day))?.description ?? "?"
        let time = padded(second / 3600, 2) + ":" + padded(second / 60 % 60, 2) + ":" + padded(second % 60, 2)
        guard offsetMinutes != 0 else { return date + "T" + time + "Z" }
        let sign = offsetMinutes < 0 ? "-" : "+"
        let magnitude = abs(offsetMinutes)
        return date + "T" + time + sign + padded(magnitude / 60, 2) + ":" + padded(magnitude % 60, 2)
    }
}

extension Int64 {
    /// Division that rounds towards minus infinity, for moments before 1970.
    func flooredDivision(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
