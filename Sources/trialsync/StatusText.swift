import SyncClient
import TrialCommand
import TrialModel
import TrialStore

/// Where the data of a laptop is, in words: at the centre is only what has a receipt.
extension SiteStatus {
    /// A sync ended, everything has arrived, and the two sides still show something else.
    static let whatDiffers =
        "not in step: every save has arrived, but this laptop does not show all records as the centre does; "
        + "run `trialsync sync` again, and if that stays, `trialsync verify`, and tell the coordinator"

    /// What is missing, what waits, since when nothing does, and what to do where this laptop and the centre
    /// are not in step.
    func whereDataIs(_ out: CommandOutput) -> [String] { missingLines(out) + whereTheRestIs(out) }

    /// Nothing is called safe where saves are known to be missing.
    private func missingLines(_ out: CommandOutput) -> [String] {
        guard !missing.isEmpty else { return [] }
        let lines = missing.map { part in
            "\(Self.missingText(part.count)), up to \(Texts.short(part.last.description))"
        }
        return lines.map(out.attention) + [Self.wayOutOfMissing]
    }

    static func missingText(_ count: Int) -> String {
        "\(Texts.count(count, "save")) made on this laptop \(count == 1 ? "is" : "are") missing in its store"
    }

    private static let wayOutOfMissing =
        "an older copy of the store was put back: run `trialsync sync` first; then put the newer store back "
        + "if it exists, and import the bundles that took these saves along; what nobody has is to be "
        + "entered again, and acknowledged: `trialsync verify --acknowledge JOURNAL/N --reason TEXT`"

    private func whereTheRestIs(_ out: CommandOutput) -> [String] {
        guard waiting == 0 else { return waitingLines(out) }
        if let stop = stopLine(out) { return [stop] + lastInStep }
        guard missing.isEmpty else {
            return (lastSync == nil || inStep ? [] : [out.attention(Self.whatDiffers)]) + lastInStep
        }
        guard let safeSince else {
            let never = "nothing has been synced yet: run `trialsync sync` when there is a connection"
            return lastSync == nil ? [never] : [out.attention(Self.whatDiffers)] + lastInStep
        }
        let safe = "safe at the centre since \(safeSince)"
        // A bundle of the centre brings receipts, and compares nothing.
        guard lastSync != nil, !inStep else { return [safe] }
        return [safe, out.attention(Self.whatDiffers)] + lastInStep
    }

    private func waitingLines(_ out: CommandOutput) -> [String] {
        var lines: [String] = []
        if pending > 0 { lines.append("\(Texts.count(pending, "save")) not yet at the centre") }
        if carried > 0 {
            lines.append(
                "\(Texts.count(carried, "save")) of other laptops carried here, not yet at the centre")
        }
        if lost > 0 {
            lines.append(
                "\(Texts.count(lost, "entry", "entries")) that the centre lost: a sync brings them back")
        }
        lines = lines.map(out.attention)
        return lines + lastInStep + [stopLine(out) ?? "run `trialsync sync` when there is a connection"]
    }

    private var lastInStep: [String] {
        [lastSync.map { "last in step at \($0)" } ?? "never in step with the centre yet"]
    }

    /// Why the last sync was stopped, and what to do.
    private func stopLine(_ out: CommandOutput) -> String? {
        guard let stoppedBy else { return nil }
        guard stoppedBy != .deviceRevoked else {
            let saves =
                waiting > 0
                ? "a sync still hands in what waits, and it is kept in quarantine there"
                : "what it has handed in since is kept in quarantine at the centre"
            return out.attention("this laptop's access was ended: \(saves); ask the coordinator")
        }
        return out.attention(
            "not in step: the last sync ended with \(stoppedBy.rawValue): \(stoppedBy.remedy)")
    }
}
