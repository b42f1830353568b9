import FoundationEssentials
import SyncProtocol
package import TrialModel

/// What a form of a sheet needs beside the sheet itself.
extension CaseBook {
    /// A live version that was not there when a form was opened.
    package struct LateVersion: Sendable {
        package let register: String
        package let version: VersionView
        /// Whether it had been replaced when the form was opened and stands again: what was shown was kept
        /// and not applied.
        package let isBack: Bool
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
                let isBack = base.registers[name]?.through.contains(version.id) ?? false
                late.append(LateVersion(register: name, version: view, isBack: isBack))
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
        let order = eventOrder
        var earlier: [String: EarlierValue] = [:]
        for visit in try await sheets(of: sheet.participant) {
            // The sheet may not be there yet, and visits that come after it may.
            guard let held = visit.caseVisit, visit.place(in: order) < sheet.place(in: order) else { break }
            guard !held.isVoid else { continue }
            let date = study.ruleBook.dayZero?.date(of: held)
            for (item, value) in held.values.agreed
            where !value.isEmpty && value.missingReason == nil {
                earlier[item] = EarlierValue(value: value, visit: visit.name, date: date)
            }
        }
        return earlier
    }

    /// Sheets with findings that nobody has mended or confirmed.
    func unfinished(_ sheets: [Sheet], _ record: ParticipantCase) -> [UnfinishedSheet] {
        var unfinished: [UnfinishedSheet] = []
        for sheet in sheets where !sheet.isVoid {
            let found: [Finding] =
                if let visit = sheet.caseVisit {
                    visit.values.isEmpty ? [] : study.findings(on: visit, of: record)
                } else if let line = sheet.caseLine {
                    study.findings(on: line, of: record)
                } else {
                    []
                }
            let open = found.filter { sheet.view.state.confirmations(of: $0).isEmpty }
            if !open.isEmpty { unfinished.append(UnfinishedSheet(sheet.name, open)) }
        }
        return unfinished
    }
}
