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
        let participant: String
        let place: String
        /// Where the record is looked at; `nil` for what is of no participant.
        let href: String?
        let changes: HistoryModel
        let site: String
        /// What a tick is called.
        let name: String
    }

    let rows: [Row]
    let isEmpty: Bool
    /// What an empty list says.
    let nothing: String
    let find: String
    let sites: [Choice]
    let paging: Paging
    let mayRelease: Bool
}

extension Console {
    func quarantine(_ visit: Visit) async throws -> PageResponse {
        let all = try await kept(visit.visitor)
        let site = visit.filter("site")
        let found = all.filter {
            (site.isEmpty || $0.site == site) && visit.finds([$0.author, $0.device, $0.site, $0.code])
        }
        let shown = Array(found.dropFirst(visit.start).prefix(Paging.rows))
        let entries = try await centre.auditEntries(Set(shown.map(\.entry)))
        let rows = shown.compactMap { row in entries[row.entry].map { self.row($0, row.code, visit) } }
        let model = QuarantineModel(
            rows: rows, isEmpty: rows.isEmpty,
            nothing: visit.words(all.isEmpty ? "noQuarantine" : "nothingFound"), find: visit.filter("find"),
            sites: choices(Set(all.map(\.site)).sorted(), chosen: site) { $0 },
            paging: visit.paging(rows.count, of: found.count), mayRelease: visit.visitor.may(.release))
        return try await page(visit, .quarantine, title: visit.words("quarantine"), model)
    }

    private func row(
        _ entry: (audit: AuditEntry, participant: EnrolmentID?), _ code: String, _ visit: Visit
    ) -> QuarantineModel.Row {
        let audit = entry.audit
        let isSheet = !audit.place.isEmpty && audit.place != "query"
        let path = entry.participant.map { id in
            "/participants/\(id.hex)" + (isSheet ? "/\(urlEscaped(audit.place))" : "")
        }
        return QuarantineModel.Row(
            entry: audit.stamp.entry, code: code,
            meaning: ProblemCode(rawValue: code).map { visit.words("problem.\($0.rawValue)") } ?? "",
            participant: audit.participant, place: audit.place, href: path,
            changes: HistoryModel(
                HistoryView(
                    stamp: audit.stamp, kind: audit.kind, verdict: audit.verdict, changes: audit.changes),
                study: visit.study, words: visit.words),
            site: audit.stamp.site,
            name: [audit.participant, audit.place, audit.stamp.author, visit.words.time(audit.stamp.at)]
                .filter { !$0.isEmpty }.joined(separator: ", "))
    }

    func release(_ visit: Visit) async throws -> PageResponse {
        let names = visit.request.form.values("entry")
        guard !names.isEmpty, names.count <= 200 else {
            throw visit.refusal("tickFirst", remedy: "tickRemedy")
        }
        let own = Set(try await kept(visit.visitor).map(\.entry))
        guard own.isSuperset(of: names) else { throw Problem.unknownPage }
        let reason = visit.request.form["reason"] ?? ""
        guard reason.saysSomething else { throw Problem(.reasonNeeded, "a release needs a reason") }
        let act = try await releasing(names, visit)
        if let page = try await confirmation(of: act, visit) { return page }
        let released = try await centre.release(names, reason: reason, by: try actor(visit))
        return done(visit, visit.words("released", n: released.count), at: "/quarantine")
    }

    private func releasing(_ names: [String], _ visit: Visit) async throws -> Act {
        let words = visit.words
        let entries = try await centre.auditEntries(Set(names))
        let values = names.compactMap { name -> Label? in
            guard let audit = entries[name]?.audit else { return nil }
            let changes = audit.changes.map { change in
                let item = visit.study.item(change.item)
                let label = item?.label[words.language] ?? change.item
                let old = change.old.filter { !$0.isEmpty }.map { words.value($0, of: item) + " → " }
                return "\(label): \(old.joined(separator: " | "))\(words.value(change.new, of: item))"
            }
            let place = [audit.participant, audit.place, who(audit.stamp, words), words.time(audit.stamp.at)]
            return Label(
                label: place.filter { !$0.isEmpty }.joined(separator: ", "),
                text: changes.isEmpty ? words("kind.\(audit.kind)") : changes.joined(separator: "; "))
        }
        return Act(
            title: words("act.release", n: names.count),
            sentences: [words("will.release", ["person": visit.visitor.grant.name])], values: values,
            typed: ("reason", words("reason"), true))
    }
}
