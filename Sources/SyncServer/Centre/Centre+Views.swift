import Foundation
package import SyncProtocol
package import TrialModel
package import TrialStore

/// An entry that was kept but not applied, as commands.md gives it.
package struct QuarantinedView: Hashable, Sendable {
    package let entry: String
    package let code: String
    package let author: String
    package let device: String
    package let site: String
    package let at: String
    package let record: String

    package var json: JSON {
        .keyed([
            "entry": .string(entry), "code": .string(code), "author": .string(author),
            "device": .string(device),
            "site": .string(site), "at": .string(at), "record": .string(record),
        ])
    }
}

extension Centre {
    package func conflicts(site text: String?) async throws -> [ConflictView] {
        var site: SiteCode?
        if let text { site = try await self.site(text) }
        return try await book().conflicts(site: site).map(\.shown)
    }

    package func conflict(_ id: String) async throws -> ConflictView { try await book().conflict(id) }

    package func visit(_ number: String, _ event: String, withHistory: Bool) async throws -> VisitView {
        let book = try await book()
        let sheet = try await book.sheet(try await book.participant(number), event)
        return try await book.view(of: sheet, withHistory: withHistory)
    }

    package func line(_ participant: String, _ name: String, withHistory: Bool) async throws -> VisitView {
        let book = try await book()
        let line = try await book.line(try await book.participant(participant), name)
        return try await book.view(of: line, withHistory: withHistory)
    }

    package func lines(_ participant: String, _ form: String) async throws -> [VisitView] {
        try await book().views(ofLog: form, participant: participant)
    }

    package func participants(site text: String?) async throws -> [ParticipantView] {
        var site: SiteCode?
        if let text { site = try await self.site(text) }
        let book = try await book()
        var views: [ParticipantView] = []
        for participant in try await book.participants(site: site) {
            views.append(try await book.view(of: participant))
        }
        return views
    }

    package func quarantined() async throws -> [QuarantinedView] {
        try await replica.quarantine().map(view(of:))
    }

    func view(of entry: HistoryEntry) -> QuarantinedView {
        QuarantinedView(
            entry: entry.name.description, code: entry.judgement?.verdict.code ?? "",
            author: entry.change?.author ?? "",
            device: entry.deviceName, site: entry.site.text, at: entry.change?.at.iso8601 ?? "",
            record: entry.change.map { CaseBook.shortName(of: $0.record) } ?? "")
    }

    package func digests(
        site text: String?
    ) async throws -> [(site: SiteCode, records: Int, entries: Int, digest: String)] {
        var sites = try await self.sites().map(\.code)
        if let text { sites = [try await site(text)] }
        var found: [(site: SiteCode, records: Int, entries: Int, digest: String)] = []
        for site in sites {
            let summary = try await replica.summary(of: site)
            found.append((site, summary.records, summary.entries, summary.digest.hex))
        }
        return found
    }
}

extension Centre.Site {
    package var json: JSON { .keyed(["site": .string(code.text), "name": .string(name)]) }
}

extension PersonGrant {
    package func json(password: String?) -> JSON {
        .keyed([
            "user": .string(name), "role": .string(role.name),
            "sites": .array(sites.map { .string($0.text) }),
            "disabled": isDisabled ? .bool(true) : nil, "password": password.map(JSON.string),
        ])
    }
}

extension Centre.SiteStatus {
    package var lastSync: String? {
        lastSyncMilliseconds.map { DeviceTime(milliseconds: $0, offsetMinutes: 0).iso8601 }
    }
}

extension Centre.Status {
    /// What is to be said once as many are enrolled as the study is to have; nobody is kept from enrolling.
    package var targetNote: String? {
        guard standings.enrolled >= study.target else { return nil }
        let past = standings.enrolled - study.target
        return "the target of \(study.target) participants is reached"
            + (past > 0 ? ", and passed by \(past)" : "")
    }

    package var json: JSON {
        .keyed([
            "study": .string(study.oid), "participants": .int(participants), "target": .int(study.target),
            "enrolled": .int(standings.enrolled), "states": standings.json,
            "records": .int(records), "entries": .int(entries), "quarantined": .int(quarantined),
            "openConflicts": .int(openConflicts), "openQueries": .int(openQueries),
            "seriousEvents": .int(seriousEvents.count),
            "seriousEventList": .array(seriousEvents.map(\.json)),
            "wrongClocks": .array(wrongClocks.map(\.json)),
            "restoredAt": (restored?.at).map(JSON.string),
            "syncedSinceRestore": restored.map { JSON.int($0.synced) },
            "sites": .array(
                sites.map { site in
                    .keyed([
                        "site": .string(site.site.text), "participants": .int(site.participants),
                        "devices": .int(site.devices), "lastSync": .optional(site.lastSync),
                        "openConflicts": .int(site.openConflicts), "openQueries": .int(site.openQueries),
                        "enrolled": .int(site.standings.enrolled), "states": site.standings.json,
                    ])
                }),
        ])
    }
}
