import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

struct QuarantineModel: Sendable {
    struct Row: Sendable {
        let entry: String
        let code: String
        /// What the code means.
        let meaning: String
        /// The participant and the visit; the entry's name for what is of none.
        let title: String
        /// Where the entry is looked at.
        let href: String
        let changes: HistoryModel
        let site: String
        /// What a tick is called.
        let name: String
        /// Whether it was ticked before, where the form comes back.
        let isTicked: Bool
    }

    let list: SearchedList<Row>
    let mayRelease: Bool
    /// The reason that was typed before, where the form comes back.
    let reason: String
}

extension Console {
    /// - Parameter notice: why a form of the list comes back.
    func quarantine(_ visit: Visit, notice: Shell.Notice? = nil) async throws -> PageResponse {
        let cases = try await seen(by: visit.visitor)
        let all = cases.quarantine
        let names = Dictionary(cases.cards.map { ($0.participant.id, $0.shown.participant) }) {
            first, _ in
            first
        }
        let found = all.filter { entry in
            let number = entry.change?.record.participant.flatMap { names[$0] } ?? ""
            return visit.fits(
                site: entry.site, kinds: [code(of: entry)],
                [number, entry.change?.author ?? "", entry.deviceName, entry.site.text, code(of: entry)])
        }
        let shown = Array(visit.shown(found))
        let told = try await centre.auditEntries(shown, names: names)
        let rows = shown.compactMap { entry in
            told[entry.name.description].map { row($0.audit, entry, visit) }
        }
        let codes = Set(all.map { code(of: $0) }).sorted().compactMap { ProblemCode(rawValue: $0) }
        let list = visit.list(
            rows, of: found.count, find: "findKept", none: all.isEmpty ? "noQuarantine" : "nothingFound",
            sites: all.map(\.site), kinds: codes.map { ($0.rawValue, "problem.\($0.rawValue)") },
            kindLabel: "why")
        let model = QuarantineModel(
            list: list, mayRelease: visit.visitor.may(.release), reason: visit.request.form["reason"] ?? "")
        return try await page(
            visit, .quarantine, title: visit.words("quarantine"), model, notice: notice, status: notice.status
        )
    }

    private func row(_ audit: AuditEntry, _ entry: HistoryEntry, _ visit: Visit)
        -> QuarantineModel.Row
    {
        let title = [audit.participant, audit.place].filter { !$0.isEmpty }.joined(separator: " ")
        return QuarantineModel.Row(
            entry: audit.stamp.entry, code: code(of: entry), meaning: meaning(of: entry, visit.words),
            title: title.isEmpty ? audit.stamp.entry : title,
            href: "/quarantine/\(urlEscaped(audit.stamp.entry))",
            changes: history(audit, visit), site: audit.stamp.site, name: name(of: audit, visit),
            isTicked: visit.request.form.values("entry").contains(audit.stamp.entry))
    }

    /// What was saved, as the history of a record would tell it.
    func history(_ audit: AuditEntry, _ visit: Visit) -> HistoryModel {
        HistoryModel(
            HistoryView(
                stamp: audit.stamp, kind: audit.kind, verdict: audit.verdict, changes: audit.changes),
            study: visit.study, words: visit.words)
    }

    private func name(of audit: AuditEntry, _ visit: Visit) -> String {
        [audit.participant, audit.place, audit.stamp.author, visit.words.time(audit.stamp.at)]
            .filter { !$0.isEmpty }.joined(separator: visit.words.comma)
    }

    func release(_ visit: Visit) async throws -> PageResponse {
        if visit.isUndone { return try await quarantine(visit) }
        let names = visit.request.form.values("entry")
        guard !names.isEmpty, names.count <= 200 else {
            return try await quarantine(
                visit, notice: visit.notice("tickEntry", remedy: "tickEntryRemedy"))
        }
        let kept = try await seen(by: visit.visitor).quarantine
        let entries = names.compactMap { name in kept.first { $0.name.description == name } }
        guard entries.count == names.count else { throw Problem.unknownPage }
        let reason = visit.request.form["reason"] ?? ""
        guard reason.saysSomething else { throw Problem(.reasonNeeded, "a release needs a reason") }
        let act = try await releasing(entries, visit)
        if let page = try await confirmation(of: act, visit) { return page }
        let released = try await centre.release(names, reason: reason, by: try actor(visit))
        return done(visit, visit.words("released", n: released.count), at: "/quarantine")
    }

    private func releasing(_ entries: [HistoryEntry], _ visit: Visit) async throws -> Act {
        let (words, book) = (visit.words, try await centre.book())
        let told = try await centre.auditEntries(entries)
        var sentences = [words("will.release", ["person": visit.visitor.grant.name])]
        var values: [Label] = []
        for entry in entries {
            guard let audit = told[entry.name.description]?.audit else { continue }
            values.append(label(audit, visit))
            guard let change = entry.change, let sheet = try await book.sheet(of: change.record) else {
                continue
            }
            let conflicting = book.conflicting(ofReleasing: change, entry.id, on: sheet)
            guard !conflicting.isEmpty else { continue }
            let items = conflicting.map { visit.study.item($0)?.label[words.language] ?? $0 }
            sentences.append(
                words(
                    "willReleaseConflict",
                    [
                        "sheet": "\(audit.participant) \(audit.place)",
                        "items": items.joined(separator: words.listComma),
                    ]))
        }
        return Act(
            title: words("act.release", n: entries.count), sentences: sentences, values: values,
            typed: ("reason", words("reason"), true), keepsForm: true)
    }

    private func label(_ audit: AuditEntry, _ visit: Visit) -> Label {
        let words = visit.words
        let changes = history(audit, visit).changes.map { change in
            change.item + words.colon + (change.hasOld ? "\(change.old) → " : "") + change.new
        }
        let place = [
            audit.participant, audit.place, words.who(audit.stamp), words.time(audit.stamp.at),
        ]
        return Label(
            label: place.filter { !$0.isEmpty }.joined(separator: words.comma),
            text: changes.isEmpty ? words("kind.\(audit.kind)") : changes.joined(separator: words.semicolon))
    }
}
