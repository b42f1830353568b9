import FoundationEssentials
import SyncProtocol
package import TrialModel

/// What a form of a sheet needs beside the sheet itself.
extension CaseBook {
    /// A live version that was not there when a form was opened.
    package struct LateVersion: Sendable {
        package let register: String
        package let version: VersionView
    }

    /// What has come to stand on a sheet since a form of it was opened, register by register.
    ///
    /// - Parameter base: what the form was opened with.
    package func late(since base: Base, on sheet: Sheet) async throws -> [LateVersion] {
        var late: [LateVersion] = []
        for (name, register) in sheet.view.state.sortedRegisters where RegisterName.isData(name) {
            let shown = Set(base.registers[name]?.shown ?? [])
            for version in register.live where !shown.contains(version.id) {
                let view = VersionView(stamp: try await stamp(of: version.id), values: version.values)
                late.append(LateVersion(register: name, version: view))
            }
        }
        return late
    }

    /// The last answer to an item at an earlier visit.
    package struct EarlierValue: Sendable {
        package let value: Value
        /// `BL`
        package let visit: String
        /// `nil` while the date of that visit is empty or in conflict.
        package let date: CalendarDate?
    }

    /// The last agreed answer to each item at the visits that stand before a sheet in the study's order.
    package func earlierValues(than sheet: Sheet) async throws -> [String: EarlierValue] {
        guard case .visit = sheet.place else { return [:] }
        var earlier: [String: EarlierValue] = [:]
        for visit in try await visits(of: sheet.participant) {
            if visit.key == sheet.key { break }
            guard let held = visit.caseVisit, !held.isVoid else { continue }
            let date = study.ruleBook.dayZero?.date(of: held)
            for (item, value) in held.values.agreed
            where !value.isEmpty && value.missingReason == nil {
                earlier[item] = EarlierValue(value: value, visit: visit.name, date: date)
            }
        }
        return earlier
    }

    /// What one participant asks of a person: the visits that are planned, and what is unfinished.
    package struct Duties: Sendable {
        package let schedule: ParticipantSchedule
        /// Sheets with findings that nobody has mended or confirmed.
        package let unfinished: [(sheet: String, findings: [Finding])]
    }

    /// Computed from one reading of the participant's records.
    package func duties(of participant: Participant, today: CalendarDate) async throws -> Duties {
        let (visits, lines) = (try await visits(of: participant), try await lines(of: participant))
        let record = ParticipantCase(
            participant: participant.name, site: participant.site, visits: visits.compactMap(\.caseVisit),
            lines: lines.compactMap(\.caseLine))
        var unfinished: [(sheet: String, findings: [Finding])] = []
        for sheet in visits + lines where !sheet.isVoid {
            let found: [Finding] =
                if let visit = sheet.caseVisit {
                    visit.values.isEmpty ? [] : study.findings(on: visit, of: record)
                } else if let line = sheet.caseLine {
                    study.findings(on: line, of: record)
                } else {
                    []
                }
            let open = found.filter { sheet.view.state.confirmations(of: $0).isEmpty }
            if !open.isEmpty { unfinished.append((sheet.name, open)) }
        }
        return Duties(
            schedule: ParticipantSchedule(of: record, in: study, today: today), unfinished: unfinished)
    }
}
