import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

/// A row of the list of what is locked, void or signed.
struct SealRow: Sendable {
    let href: String
    let participant: String
    let place: String
    let site: String
    let kind: String
    let mark: String
    let who: String
    let at: String
    let reason: String
    /// What has been saved since; empty if nothing.
    let since: [String]
    let isUnchanged: Bool
}

extension Console {
    /// Which records are locked, void or signed, by whom, when, and what has changed since.
    func records(_ visit: Visit) async throws -> PageResponse {
        let (all, book) = (try await seen(by: visit.visitor).seals, try await centre.book())
        let found = all.filter { seal in
            let participant = seal.participant
            return visit.fits(
                site: participant.site, kinds: Self.kinds(of: seal),
                [participant.name, participant.site.text, seal.signer])
        }
        var rows: [SealRow] = []
        for seal in visit.shown(found) {
            rows.append(row(try await book.shown(seal), visit))
        }
        let model = visit.list(
            rows, of: found.count, find: "findSeal", none: all.isEmpty ? "noSeals" : "nothingFound",
            sites: all.map(\.participant.site),
            kinds: ["lock", "void", "sign", "broken"].map { ($0, "seal.\($0)") })
        return try await page(visit, .records, title: visit.words("records"), model)
    }

    private static func kinds(of seal: CaseBook.Seal) -> [String] {
        [seal.kind.rawValue] + (seal.isValid ? [] : ["broken"])
    }

    private func row(_ shown: CaseBook.ShownSeal, _ visit: Visit) -> SealRow {
        let (words, seal) = (visit.words, shown.seal)
        let place = shown.header.eventName
        var since = shown.since.map { entry in
            let labels = entry.changes.compactMap { visit.study.item($0.item)?.label[words.language] }
            let what =
                labels.isEmpty ? words("kind.\(entry.kind)") : labels.joined(separator: words.listComma)
            var parts = [entry.stamp.author, words.time(entry.stamp.at)]
            if entry.verdict != "applied" {
                parts.append(
                    words("verdict.\(entry.verdict.split(separator: ":").first.map(String.init) ?? "")"))
            }
            return words.bracketed(what, parts.joined(separator: words.comma))
        }
        // What was received before the signature, and its maker had not seen.
        if since.isEmpty, !seal.isValid { since = [words("unseenBySigner")] }
        return SealRow(
            href: "/participants/\(seal.participant.id.hex)/\(urlEscaped(place))",
            participant: seal.participant.name, place: place, site: seal.participant.site.text,
            kind: words(seal.isValid ? "seal.\(seal.kind.rawValue)" : "seal.broken"),
            mark: seal.kind == .sign && seal.isValid ? "agreed" : "attention",
            who: words.who(shown.stamp), at: words.time(shown.stamp.at),
            reason: seal.kind == .sign ? seal.meaning : shown.stamp.reason, since: since,
            isUnchanged: since.isEmpty)
    }
}
