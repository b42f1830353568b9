package import SyncProtocol
package import TrialModel

extension CaseBook {
    /// A lock, a void or a signature that stands on a record.
    package struct Seal: Sendable {
        package enum Kind: String, CaseIterable, Sendable { case lock, void, sign }

        package let kind: Kind
        package let participant: Participant
        /// Who signed; empty for a lock or void.
        package let signer: String
        package let meaning: String
        /// Of a signature: whether the data is still what was signed.
        package let isValid: Bool
        fileprivate let record: RecordKey
        fileprivate let id: ChangeID
    }

    /// A seal with what a list says of it.
    package struct ShownSeal: Sendable {
        package let seal: Seal
        package let header: VisitView.Header
        /// Who set it, when and why.
        package let stamp: EntryStamp
        /// What was saved on the record since, and altered a value or waits for a decision.
        package let since: [HistoryView]
    }

    /// Every lock, void and signature that stands, by visit and log line.
    package func seals(of participant: Participant) async throws -> [Seal] {
        let (visits, lines) = (try await visits(of: participant), try await lines(of: participant))
        return seals(on: visits + lines, of: participant)
    }

    func seals(on sheets: [Sheet], of participant: Participant) -> [Seal] {
        sheets.flatMap { sheet in
            let state = sheet.view.state
            func seal(_ kind: Seal.Kind, _ id: ChangeID, signature: Signature? = nil) -> Seal {
                Seal(
                    kind: kind, participant: participant, signer: signature?.user ?? "",
                    meaning: signature?.meaning ?? "", isValid: signature?.isValid(on: state) ?? true,
                    record: sheet.key, id: id)
            }
            return [
                state[RegisterName.lock].standing.map { seal(.lock, $0) },
                state[RegisterName.void].standing.map { seal(.void, $0) },
            ].compactMap(\.self) + state.signatures.map { seal(.sign, $0.id, signature: $0) }
        }
    }

    /// What a list says of a seal.
    package func shown(_ seal: Seal) async throws -> ShownSeal {
        let (key, site) = (seal.record, seal.participant.site)
        let stamp = try await stamp(of: seal.id)
        let view = try await store.view(of: key, site: site)
        let history = try await history(of: key)
        let own = history.firstIndex { $0.stamp.entry == stamp.entry }
        let later = own.map { history[($0 + 1)...] } ?? []
        let undecided = try await undecided(on: view.state)
        return ShownSeal(
            seal: seal, header: try await header(of: key, site: site, view: view), stamp: stamp,
            since: later.filter { entry in
                switch entry.verdict {
                case "pending": true
                case "applied": entry.changes.contains { study.item($0.item) != nil }
                default: undecided.contains(entry.stamp.entry)
                }
            })
    }

    /// The entries that a lock holds or that are in quarantine: what was decided about is neither, though
    /// its verdict stays.
    private func undecided(on state: RecordState) async throws -> Set<String> {
        let entries = try await entries(of: state.key)
        let held = entries.filter { state.held.contains($0.id) }
        return Set((held + entries.inQuarantine).map(\.name.description))
    }
}
