import TrialModel
import TrialPages
import TrialStore

/// A laptop as a bar: the longer, the longer it has been silent.
struct LaptopBar: Sendable {
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
    let access: String?

    /// The width of the whole picture.
    static let longest = 120
    /// From how many days on the bar grows no longer.
    static let mostDays = 30
}

extension Console {
    /// The laptops of the visitor's sites, the longest silent first.
    func laptopBars(_ visit: Visit) async throws -> [LaptopBar] {
        let devices = try await centre.devices().filter { visit.visitor.sees($0.device.site) }
        let order = devices.sorted {
            ($0.device.lastSeenMilliseconds ?? 0, $0.site, $0.name)
                < ($1.device.lastSeenMilliseconds ?? 0, $1.site, $1.name)
        }
        return order.map { bar($0, visit.words) }
    }

    private func bar(_ status: Centre.DeviceStatus, _ words: Words) -> LaptopBar {
        let seen = status.device.lastSeenMilliseconds
        let days = seen.map { Int(max(0, centre.environment.now() - $0) / 86_400_000) }
        let share = min(days ?? LaptopBar.mostDays, LaptopBar.mostDays) * LaptopBar.longest
        let clock = clockWords(status, words)
        return LaptopBar(
            name: status.name, site: status.site, width: max(2, share / LaptopBar.mostDays),
            since: days.map { words($0 == 0 ? "contactToday" : "contactDays", n: $0) } ?? words("never"),
            lastContact: status.lastSeen.map(words.time) ?? "",
            mark: days.map { $0 < 7 ? "agreed" : "attention" } ?? "attention",
            unsent: String(status.pending), clock: clock ?? words("clockGood"), isClockOff: clock != nil,
            copied: status.isCopied,
            access: status.isRevoked ? words("access.\(status.access)") : nil)
    }

    /// What is wrong with a laptop's clock; `nil` if it is good enough.
    func clockWords(_ status: Centre.DeviceStatus, _ words: Words) -> String? {
        let seconds = Int((status.device.clockOffsetMilliseconds ?? 0) / 1_000)
        let isOff = abs(seconds) > ClockTolerance.seconds
        let troubles = [
            isOff ? words(seconds > 0 ? "clockAhead" : "clockBehind", n: abs(seconds)) : nil,
            status.clockRanBack.map { words("clockRanBack", ["time": words.time($0)]) },
        ].compactMap(\.self)
        return troubles.isEmpty ? nil : troubles.joined(separator: ", ")
    }
}
