import TrialModel

extension CentreJudge {
    /// A value that is replaced needs a reason for the change (21 CFR 11.10(e), ICH E6(R3) 4.2.2), and what
    /// decides or attests says why.
    ///
    /// It is told by the entry and by what it replaces: filling in what was empty, and saying the same again,
    /// needs none. A version that is not here may have held a value, so replacing it needs a reason too.
    func refuseSilence(
        _ change: Change, _ replaced: [(write: RegisterWrite, versions: ReplacedVersions)],
        _ evidence: some JudgeEvidence
    ) throws -> ProblemCode? {
        guard !change.reason.saysSomething else { return nil }
        switch change.kind {
        case .save: return try replacesValues(replaced, evidence) ? .reasonNeeded : nil
        case .resolve, .sign, .lock, .unlock, .void, .release, .confirm: return .reasonNeeded
        case .query, .administer: return nil
        }
    }

    private func replacesValues(
        _ replaced: [(write: RegisterWrite, versions: ReplacedVersions)], _ evidence: some JudgeEvidence
    ) throws -> Bool {
        for (write, versions) in replaced {
            for id in versions.ids {
                let replaced = try evidence.change(id)?.writes.first { $0.register == write.register }
                guard let replaced else { return true }
                let isAltered = replaced.values.contains { before in
                    let now = write.values.first { $0.item == before.item }?.value ?? .empty
                    return !before.value.isEmpty && !before.value.agrees(with: now)
                }
                if isAltered { return true }
            }
        }
        return false
    }
}
