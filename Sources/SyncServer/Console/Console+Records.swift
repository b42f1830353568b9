import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

/// The list of what is locked, void or signed.
struct RecordsModel: Sendable {
    struct Row: Sendable {
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

    let rows: [Row]
    let isEmpty: Bool
    /// What an empty list says.
    let nothing: String
    let find: String
    let sites: [Choice]
    let kinds: [Choice]
    let paging: Paging
}

extension Console {
    /// Which records are locked, void or signed, by whom, when, and what has changed since.
    func records(_ visit: Visit) async throws -> PageResponse {
        let (words, book) = (visit.words, try await centre.book())
        let all = try await seen(by: visit.visitor).seals
        let (site, kind) = (visit.filter("site"), visit.filter("kind"))
        let found = all.filter { seal in
            (site.isEmpty || seal.participant.site.text == site)
                && (kind.isEmpty || Self.kinds(of: seal).contains(kind))
                && visit.finds([seal.participant.name, seal.participant.site.text, seal.signer])
        }
        var rows: [RecordsModel.Row] = []
        for seal in found.dropFirst(visit.start).prefix(Paging.rows) {
            rows.append(row(try await book.shown(seal), visit))
        }
        let model = RecordsModel(
            rows: rows, isEmpty: rows.isEmpty, nothing: words(all.isEmpty ? "noSeals" : "nothingFound"),
            find: visit.filter("find"),
            sites: choices(Set(all.map(\.participant.site.text)).sorted(), chosen: site) { $0 },
            kinds: choices(["lock", "void", "sign", "broken"], chosen: kind) { words("seal.\($0)") },
            paging: visit.paging(rows.count, of: found.count))
        return try await page(visit, .records, title: words("records"), model)
    }

    private static func kinds(of seal: CaseBook.Seal) -> [String] {
        [seal.kind.rawValue] + (seal.isValid ? [] : ["broken"])
    }

    private func row(_ shown: CaseBook.ShownSeal, _ visit: Visit) -> RecordsModel.Row {
        let (words, seal) = (visit.words, shown.seal)
        let place = shown.header.eventName
        var since = shown.since.map { entry in
            let labels = entry.changes.compactMap { visit.study.item($0.item)?.label[words.language] }
            let what = labels.isEmpty ? words("kind.\(entry.kind)") : labels.joined(separator: ", ")
            let verdict =
                entry.verdict == "applied"
                ? ""
                : ", "
                    + words("verdict.\(entry.verdict.split(separator: ":").first.map(String.init) ?? "")")
            return "\(what) (\(entry.stamp.author), \(words.time(entry.stamp.at))\(verdict))"
        }
        // What was received before the signature, and its maker had not seen.
        if since.isEmpty, !seal.isValid { since = [words("unseenBySigner")] }
        return RecordsModel.Row(
            href: "/participants/\(seal.participant.id.hex)/\(urlEscaped(place))",
            participant: seal.participant.name, place: place, site: seal.participant.site.text,
            kind: words(seal.isValid ? "seal.\(seal.kind.rawValue)" : "seal.broken"),
            mark: !seal.isValid ? "attention" : seal.kind == .sign ? "agreed" : "none",
            who: who(shown.stamp, words), at: words.time(shown.stamp.at),
            reason: seal.kind == .sign ? seal.meaning : shown.stamp.reason, since: since,
            isUnchanged: since.isEmpty)
    }
}
