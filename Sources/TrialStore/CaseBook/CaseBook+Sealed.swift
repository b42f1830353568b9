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
        fileprivate let site: SiteCode
        fileprivate let view: RecordView
        fileprivate let id: ChangeID
    }

    /// A seal with what a list says of it.
    package struct ShownSeal: Sendable {
        package let seal: Seal
        package let header: VisitView.Header
        /// Who set it, when and why.
        package let stamp: EntryStamp
        /// What was saved on the record since, and altered a value or was held.
        package let since: [HistoryView]
    }

    /// Every lock, void and signature that stands, in the order of participants and records.
    ///
    /// - Complexity: one pass over the records, without their entries.
    package func seals() async throws -> [Seal] {
        var participants: [EnrolmentID: Participant] = [:]
        for participant in try await self.participants() where participant.departure == nil {
            participants[participant.id] = participant
        }
        var filter = RecordFilter()
        filter.kinds = [.scheduledVisit, .unscheduledVisit, .logLine]
        var seals: [(place: String, seal: Seal)] = []
        for entry in try await store.views(filter) {
            let state = entry.view.state
            guard let id = state.key.participant, let participant = participants[id],
                participant.site == entry.site
            else { continue }
            func seal(_ kind: Seal.Kind, _ id: ChangeID, signature: Signature? = nil) {
                seals.append(
                    (
                        "\(state.key.name) \(state.number ?? "")",
                        Seal(
                            kind: kind, participant: participant, signer: signature?.user ?? "",
                            meaning: signature?.meaning ?? "",
                            isValid: signature?.isValid(on: state) ?? true, site: entry.site,
                            view: entry.view, id: id)
                    ))
            }
            if let lock = state[RegisterName.lock].standing { seal(.lock, lock) }
            if let void = state[RegisterName.void].standing { seal(.void, void) }
            for signature in state.signatures { seal(.sign, signature.id, signature: signature) }
        }
        return seals.sorted {
            ($0.seal.participant.name, $0.place, $0.seal.id) < (
                $1.seal.participant.name, $1.place, $1.seal.id
            )
        }.map(\.seal)
    }

    /// What a list says of a seal.
    package func shown(_ seal: Seal) async throws -> ShownSeal {
        let key = seal.view.state.key
        let stamp = try await stamp(of: seal.id)
        let history = try await history(of: key)
        let own = history.firstIndex { $0.stamp.entry == stamp.entry }
        let later = own.map { history[($0 + 1)...] } ?? []
        return ShownSeal(
            seal: seal, header: try await header(of: key, site: seal.site, view: seal.view), stamp: stamp,
            since: later.filter { entry in
                entry.verdict != "applied" || entry.changes.contains { study.item($0.item) != nil }
            })
    }
}
