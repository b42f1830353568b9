import SyncProtocol
import TrialModel
import TrialPages

struct QuarantineModel: Sendable {
    struct Row: Sendable {
        let entry: String
        let code: String
        let author: String
        let device: String
        let site: String
        let at: String
        let record: String
    }

    let rows: [Row]
    let isEmpty: Bool
    let mayRelease: Bool
}

extension Console {
    func quarantine(_ visit: Visit) async throws -> PageResponse {
        let rows = try await kept(visit.visitor)
        let model = QuarantineModel(
            rows: rows.map { row in
                QuarantineModel.Row(
                    entry: row.entry, code: row.code, author: row.author, device: row.device, site: row.site,
                    at: visit.words.time(row.at), record: row.record)
            }, isEmpty: rows.isEmpty, mayRelease: visit.visitor.may(.release))
        return try await page(visit, .quarantine, title: visit.words("quarantine"), model)
    }

    func release(_ visit: Visit) async throws -> PageResponse {
        let names = visit.request.form.values("entry")
        guard !names.isEmpty, names.count <= 200 else {
            throw Problem(.usage, visit.words("tickFirst"), remedy: visit.words("tickRemedy"))
        }
        let own = Set(try await kept(visit.visitor).map(\.entry))
        guard own.isSuperset(of: names) else { throw Problem.unknownPage }
        let released = try await centre.release(
            names, reason: visit.request.form["reason"] ?? "", by: try actor(visit))
        return done(visit, visit.words("released", n: released.count), at: "/quarantine")
    }
}
