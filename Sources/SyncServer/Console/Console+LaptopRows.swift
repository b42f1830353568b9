import TrialModel
import TrialPages
import TrialStore

/// A laptop as a row, with a bar: the longer, the longer it has been silent.
struct LaptopRow: Sendable {
    /// Another access that it can be given, as a button says it.
    struct Decision: Sendable {
        let value: String
        let label: String
        /// Whether it destroys what is on the laptop.
        let isDanger: Bool
    }

    let id: String
    let name: String
    let site: String
    /// In the bar's own units, of ``longest``.
    let width: Int
    let since: String
    let lastContact: String
    /// What a mark says besides its shape.
    let mark: String
    let unsent: String
    let clock: String
    let isClockOff: Bool
    let copied: Bool
    let access: String
    let isEnded: Bool
    /// Only for who may decide.
    let decisions: [Decision]

    /// The width of the whole picture.
    static let longest = 120
    /// From how many days on the bar grows no longer.
    static let mostDays = 30
    /// From how many days on a laptop is said to be silent.
    static let silentDays = 7
}

/// What the list of laptops can be narrowed to.
enum LaptopKind: String, CaseIterable, Sendable { case silent, unsent, clock, copied, ended }

extension Console {
    static func order(_ status: Centre.DeviceStatus) -> (Int64, String, String) {
        (status.device.lastSeenMilliseconds ?? 0, status.site, status.name)
    }

    /// For how many whole days a laptop has not been heard of; `nil` if it never was.
    func silentDays(_ status: Centre.DeviceStatus) -> Int? {
        status.device.lastSeenMilliseconds.map {
            Int(max(0, centre.environment.now() - $0) / 86_400_000)
        }
    }

    func isOf(_ kind: LaptopKind, _ status: Centre.DeviceStatus) -> Bool {
        switch kind {
        case .silent: silentDays(status).map { $0 >= LaptopRow.silentDays } ?? true
        case .unsent: status.pending > 0
        case .clock: status.clockTrouble != nil
        case .copied: status.isCopied
        case .ended: status.isRevoked
        }
    }

    /// The name; where several laptops bear it, with the id and when this one was enrolled.
    func name(
        of status: Centre.DeviceStatus, among all: [Centre.DeviceStatus], _ words: Words
    ) -> String {
        let isShared = all.contains { $0.name == status.name && $0.device.id != status.device.id }
        return isShared ? "\(status.fullName) · \(words.time(status.enrolled))" : status.name
    }

    func row(
        _ status: Centre.DeviceStatus, among all: [Centre.DeviceStatus], _ visit: Visit
    ) -> LaptopRow {
        let (words, days) = (visit.words, silentDays(status))
        let share = min(days ?? LaptopRow.mostDays, LaptopRow.mostDays) * LaptopRow.longest
        let clock = clockWords(status, words)
        let others = DeviceAccess.allCases.filter { $0 != status.access }
        return LaptopRow(
            id: status.device.id.hex, name: name(of: status, among: all, words), site: status.site,
            width: max(2, share / LaptopRow.mostDays), since: silence(days, words),
            lastContact: status.lastSeen.map(words.time) ?? "",
            mark: isOf(.silent, status) ? "attention" : "agreed",
            unsent: String(status.pending), clock: clock ?? words("clockGood"), isClockOff: clock != nil,
            copied: status.isCopied, access: words("access.\(status.access)"), isEnded: status.isRevoked,
            decisions: visit.visitor.may(.administer)
                ? others.map {
                    LaptopRow.Decision(
                        value: $0.rawValue, label: words("give.\($0.rawValue)"), isDanger: $0 == .lost)
                } : [])
    }

    /// For how many days nothing was heard, in words.
    func silence(_ days: Int?, _ words: Words) -> String {
        days.map { words($0 == 0 ? "contactToday" : "contactDays", n: $0) } ?? words("never")
    }

    /// What is wrong with a laptop's clock; `nil` if it is good enough.
    func clockWords(_ status: Centre.DeviceStatus, _ words: Words) -> String? {
        let seconds = Int((status.device.clockOffsetMilliseconds ?? 0) / 1_000)
        let isOff = abs(seconds) > ClockTolerance.seconds
        let troubles = [
            isOff ? words(seconds > 0 ? "clockAhead" : "clockBehind", n: abs(seconds)) : nil,
            status.clockRanBack.map { words("clockRanBack", ["time": words.time($0)]) },
        ].compactMap(\.self)
        return troubles.isEmpty ? nil : troubles.joined(separator: words.comma)
    }
}
