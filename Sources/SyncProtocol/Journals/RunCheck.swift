package import FoundationEssentials
package import TrialModel

/// The chain hashes of a run's entries.
package struct ChainedRun: Sendable {
    package let previous: ChainHash
    package let hashes: [ChainHash]

    package init(_ run: EntryRun, in introduction: JournalIntroduction) {
        previous = run.previous
        var hashes: [ChainHash] = []
        hashes.reserveCapacity(run.changes.count)
        var hash = run.previous
        for (offset, bytes) in run.changes.enumerated() {
            hash = introduction.hash(n: run.firstN + UInt64(offset), previous: hash, bytes: bytes)
            hashes.append(hash)
        }
        self.hashes = hashes
    }

    private init(previous: ChainHash, hashes: [ChainHash]) {
        (self.previous, self.hashes) = (previous, hashes)
    }

    package var last: ChainHash { hashes.last ?? previous }
    package func hash(before index: Int) -> ChainHash { index == 0 ? previous : hashes[index - 1] }

    package func dropping(_ count: Int) -> ChainedRun {
        ChainedRun(previous: hash(before: count), hashes: Array(hashes.dropFirst(count)))
    }
}

/// How a run of entries proves itself: only heads by the header's device extend a journal; what has been
/// judged comes on a receipt of the centre, of whatever epoch.
package enum RunCheck {
    /// - Returns: the run's hashes, and the receipt that proves one which was judged before. Others of the
    ///   same place may stand beside it and prove nothing.
    /// - Throws: `Problem(.signatureInvalid)` or `Problem(.receiptInvalid)`.
    @discardableResult
    package static func verify(
        _ run: EntryRun, _ introduction: JournalIntroduction, receipts: [Receipt], serverKey: Data
    ) throws(Problem) -> (chain: ChainedRun, receipt: Receipt?) {
        let chain = ChainedRun(run, in: introduction)
        if run.judgements.isEmpty {
            let n = (introduction.segment?.after ?? 0) + run.lastN
            let value = SignedHead.value(journal: introduction.origin, n: n, hash: chain.last)
            guard let signature = run.headSignature,
                Signing.isValid(
                    signature, .head, site: introduction.site, value, by: introduction.certificate.publicKey)
            else {
                throw Problem(.signatureInvalid, "a run of entries is not signed by its journal's device")
            }
            return (chain, nil)
        }
        var verdict = run.previousVerdict ?? .zero
        for (judgement, hash) in zip(run.judgements, chain.hashes) {
            verdict = Chain.verdict(
                previous: verdict, entry: hash, verdict: judgement.verdict,
                receivedMilliseconds: judgement.receivedMilliseconds)
        }
        let proof = receipts.first { receipt in
            receipt.journal == run.journal && receipt.n == run.lastN
                && receipt.isValid(
                    site: introduction.site, hash: chain.last, verdict: verdict, serverKey: serverKey)
        }
        guard let proof else {
            throw Problem(.receiptInvalid, "a run that was judged before has no valid receipt")
        }
        return (chain, proof)
    }
}
