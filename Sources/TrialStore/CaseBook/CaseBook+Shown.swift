package import TrialModel

extension CaseBook.Sheet {
    /// Refuses what would speak of more than a person was shown: a signature, a lock, a void, a confirmation.
    ///
    /// - Parameters:
    ///   - token: the base that was shown, as ``BaseToken`` gives it; `nil` for what is asked without a page,
    ///     where what is here now is what is meant.
    ///   - locks: whether locks and voids count too.
    /// - Throws: `Problem(.changedMeanwhile)`, `.baseUnknown`.
    package func refuseChange(since token: String?, countingLocks locks: Bool = false) throws(Problem) {
        guard let token else { return }
        let (then, now) = (try BaseToken.decode(token), view.base)
        let isSame = data(of: then) == data(of: now) && (!locks || Set(then.guards) == Set(now.guards))
        guard isSame else {
            throw Problem(
                .changedMeanwhile, "\(participant.name) \(name) has changed since this page was opened")
        }
    }

    /// What was shown of each data register.
    private func data(of base: Base) -> [String: Set<ChangeID>] {
        base.registers.filter { RegisterName.isData($0.key) && !$0.value.shown.isEmpty }
            .mapValues { Set($0.shown) }
    }
}
