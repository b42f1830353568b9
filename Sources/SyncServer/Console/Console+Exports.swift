import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

/// What can be downloaded: what `trialsyncd export` and `trialsyncd report` give, as files.
enum ConsoleExport: String, CaseIterable, Sendable {
    case auditTable = "audit.csv"
    case auditDocuments = "audit.json"
    case endpoints = "endpoints.json"
    case dosing = "dosing.json"
    case schedule = "schedule.json"
    case reconciliation = "reconcile.json"
    case definition = "study.json"

    /// Whether it is of the whole trial, and so only for those who see the whole trial.
    var isOfWholeTrial: Bool {
        switch self {
        case .auditTable, .auditDocuments, .definition: false
        case .endpoints, .dosing, .schedule, .reconciliation: true
        }
    }
}

struct ExportsModel: Sendable {
    struct Row: Sendable {
        let href: String
        let file: String
        let meaning: String
    }

    let rows: [Row]
}

extension Console {
    func exports(_ visit: Visit) async throws -> PageResponse {
        let rows = ConsoleExport.allCases.filter { visit.visitor.may($0) }.map { file in
            ExportsModel.Row(
                href: "/exports/\(file.rawValue)", file: file.rawValue,
                meaning: visit.words("export.\(file)"))
        }
        return try await page(visit, .exports, title: visit.words("exports"), ExportsModel(rows: rows))
    }

    func export(_ visit: Visit) async throws -> PageResponse {
        guard let file = ConsoleExport(rawValue: visit.value("file")) else { throw Problem.unknownPage }
        guard visit.visitor.may(file) else {
            throw Problem(.notAllowed, "\(file.rawValue) is of the whole trial", remedy: "ask a coordinator")
        }
        let bytes = try await bytes(of: file, visit)
        let isTable = file == .auditTable
        return .file(
            bytes, named: "\(try centre.today)-\(file.rawValue)",
            contentType: isTable ? "text/csv; charset=utf-8" : "application/json")
    }

    private func bytes(of file: ConsoleExport, _ visit: Visit) async throws -> [UInt8] {
        switch file {
        case .auditTable, .auditDocuments:
            var request = AuditRequest(seenBy: visit.visitor.grant)
            request.format = file == .auditTable ? .csv : .json
            return try await centre.auditFile(request)
        case .endpoints: return Array(try await centre.endpoints().json.text.utf8)
        case .dosing: return Array(try await centre.dosing().json.text.utf8)
        case .schedule: return Array(try await centre.schedule().json.text.utf8)
        case .reconciliation: return Array(JSON.array(try await centre.reconcile().map(\.json)).text.utf8)
        case .definition: return visit.study.json
        }
    }
}

extension Console.Visitor {
    fileprivate func may(_ file: ConsoleExport) -> Bool {
        may(.read) && !(file.isOfWholeTrial && grant.role.isBoundToSites)
    }
}

extension AuditRequest {
    /// Of everything that the person sees.
    init(seenBy grant: PersonGrant) {
        self.init()
        if grant.role.isBoundToSites { seenSites = Set(grant.sites) }
    }
}
