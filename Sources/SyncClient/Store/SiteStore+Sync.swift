import Foundation
public import SyncProtocol
import Synchronization
public import TrialModel
public import TrialStore

/// Where a sync stands.
public struct SyncProgress: Sendable {
    public let totals: SyncTotals
    /// Saves that still wait for the centre's receipt.
    public let waiting: Int
    /// Whether this was the last: everything is done.
    public let isFinished: Bool
}

/// How a laptop stands.
public struct SiteStatus: Hashable, Sendable {
    /// Saves of this laptop that are not yet at the centre.
    public let pending: Int
    /// Saves of other laptops that were carried here; no receipt says that they are at the centre.
    public let carried: Int
    /// Entries that the centre had and lost: the next sync brings them back.
    public let lost: Int
    /// What ended the last sync, if that was more than the want of a connection.
    public let stoppedBy: ProblemCode?
    /// Saves that were made here and are missing in the store, which was put back to an earlier state, until
    /// they come back or are acknowledged as lost.
    public let missing: [MissingEntries]
    /// ISO 8601 UTC since when everything held here has been at the centre; `nil` while anything waits, or is
    /// missing.
    public let safeSince: String?
    /// ISO 8601 UTC of the last sync that ended in step; `nil` before the first.
    public let lastSync: String?
    public let openConflicts: Int
    /// Data queries that are not closed.
    public let openQueries: Int
    public let entries: Int
    public let records: Int
    /// How far this laptop's clock was from the centre's at the last sync, in seconds.
    public let clockOffsetSeconds: Int?
    /// How far this laptop's clock has run backwards since it was last used, in seconds; `nil` unless that is
    /// more than two minutes.
    public let clockBackSeconds: Int?
    /// What the last sync left: nothing waited anywhere and the digests were equal, and nothing was saved or
    /// carried here since.
    public let inStep: Bool
    public let numbersLeft: Int
    /// Entries of a first sync that are still to come behind what is shown; 0 when the history is whole.
    public let historyLeft: Int
    /// Records whose merged state a sync had to replace, since the store was made.
    public let repaired: Int
    /// Saves of this site that the centre kept, did not apply, and nobody has released yet.
    public let quarantined: Int

    public var missingCount: Int { missing.reduce(0) { $0 + $1.count } }

    /// Everything held here that no receipt shows to be at the centre.
    public var waiting: Int { pending + carried + lost }
}

extension SiteStore {
    /// Brings this laptop and the centre in step: one element after each round trip, the last one
    /// `isFinished`.
    ///
    /// It tries up to three times, with growing, jittered pauses, when the connection fails, unless nothing
    /// moved for a long time. Cancelling the task that reads it stops between two transactions; what was
    /// exchanged until then stays.
    ///
    /// - Throws: `Problem(.serverUnreachable)` after that; `.deviceRevoked`, `.receiptInvalid`, `.notInStep`
    ///   and others at once.
    public func sync() -> AsyncThrowingStream<SyncProgress, any Error> {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    let totals = try await self.syncTrying { progress in
                        continuation.yield(
                            SyncProgress(
                                totals: progress.totals, waiting: progress.waiting, isFinished: false))
                    }
                    continuation.yield(SyncProgress(totals: totals, waiting: 0, isFinished: true))
                    continuation.finish()
                } catch {
                    continuation.finish(
                        throwing: error is CancellationError
                            ? Problem(.cancelled, "the sync was cancelled") : error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    private static let attempts = 3
    /// The name under which is kept what the last sync found of the digests.
    private static let digestsEqual = SQLiteReplica.digestsEqualSetting
    /// A connection that was silent for so long is not opened again at once: whoever waits wants to know.
    private static let patience: Duration = .seconds(20)

    private func syncTrying(
        _ report: @escaping @Sendable (LaptopExchange.Progress) -> Void
    ) async throws -> SyncTotals {
        var backoff = Backoff()
        var generator = SystemRandomNumberGenerator()
        var attempt = 1
        while true {
            let start = ContinuousClock.now
            let moved = Mutex(false)
            do {
                return try await syncOnce { progress in
                    moved.withLock { $0 = true }
                    report(progress)
                }
            } catch let problem as Problem {
                if problem.code == .deviceRevoked, let moment = try await SlotStore(replica).destroyedAt() {
                    throw Self.lost(since: moment)
                }
                guard problem.code == .serverUnreachable else {
                    await noteStop(problem)
                    throw problem
                }
                let isWorthIt = moved.withLock { $0 } || start.duration(to: .now) < Self.patience
                guard attempt < Self.attempts, isWorthIt else { throw problem }
                attempt += 1
                let pause = backoff.nextDelayMilliseconds(using: &generator)
                try await Task.sleep(for: .milliseconds(pause))
            }
        }
    }

    /// Having no connection changes nothing, nor does giving up; anything else says that something is wrong,
    /// and is remembered for `status`. A store that cannot be written says so by itself.
    private func noteStop(_ problem: Problem) async {
        guard ![.cancelled, .tooManyRequests].contains(problem.code) else { return }
        try? await replica.set("in-step", to: Data([0]))
        try? await replica.set(Self.stoppedBy, to: Data(problem.code.rawValue.utf8))
    }

    private static let stoppedBy = "stopped-by"

    private func syncOnce(
        _ report: @escaping @Sendable (LaptopExchange.Progress) -> Void
    ) async throws -> SyncTotals {
        let exchange = LaptopExchange(store: replica, site: site)
        let digestsEqual = try await replica.setting(Self.digestsEqual).map { $0 == Data([1]) }
        let (study, copied) = (try await StudyShelf(replica).newestVersion(), isCopied)
        let hadWaiting = try await replica.standing(of: site).waiting > 0
        let totals: SyncTotals
        do {
            totals = try await exchange.run(
                filling: { hello in
                    (hello.studyVersion, hello.copied, hello.program) = (study, copied, CentreLink.program)
                    hello.digestsEqual = digestsEqual
                }, tellsDigests: true, progress: report
            ) { body in
                // Before each push: a re-issue in between has moved the head.
                try await self.mark()
                return try await self.link.exchange(body, site: self.site, as: self.identity)
            }
        } catch {
            // What came before it failed counts: the last saves of a laptop without access, too.
            try? await keepToRights()
            if hadWaiting { try? await noteSafe() }
            throw error
        }
        try await keepToRights()
        try await settleClock()
        try await followAuthority()
        if let equal = totals.digestsEqual {
            // A new epoch has made it be forgotten meanwhile.
            let (found, kept) = (Data([equal ? 1 : 0]), try await replica.setting(Self.digestsEqual))
            if found != kept { try await replica.set(Self.digestsEqual, to: found) }
        }
        let inStep = Data([totals.inStep ? 1 : 0])
        let wasInStep = try await replica.setting("in-step") == Data([1])
        if wasInStep != totals.inStep { try await replica.set("in-step", to: inStep) }
        if try await replica.setting(Self.stoppedBy) != nil { try await replica.set(Self.stoppedBy, to: nil) }
        if totals.inStep {
            let now = Data(String(environment.now()).utf8)
            try await replica.set("last-sync", to: now)
            // What is said of it is since when everything is there, and not when somebody looked last.
            let hadAll =
                wasInStep && !hadWaiting && totals.pushed + totals.passedOn + totals.broughtBack == 0
            let since = hadAll ? try await replica.setting(Self.safeSince) : nil
            if since == nil { try await replica.set(Self.safeSince, to: now) }
        }
        return totals
    }

    /// Since when everything has been at the centre.
    static let safeSince = "safe-since"

    /// After something that waited may have reached the centre: if nothing waits any more, that is since now.
    func noteSafe() async throws {
        guard try await replica.standing(of: site).waiting == 0 else { return }
        try await replica.set(Self.safeSince, to: Data(String(environment.now()).utf8))
    }

    /// Keeps in step until the task is cancelled: syncs now, whenever something is saved here, and whenever
    /// the centre says that there is something to pull. One element after each sync; a connection that fails
    /// is opened again.
    ///
    /// - Parameter whenCutOff: is told once why nothing goes to and fro any more, when it was tried twice,
    ///   and with `nil` that it does again.
    public func watch(
        whenCutOff: @escaping @Sendable (Problem?) -> Void = { _ in }
    ) -> AsyncThrowingStream<SyncProgress, any Error> {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    try await self.watch(whenCutOff) { continuation.yield($0) }
                    continuation.finish()
                } catch { continuation.finish(throwing: error is CancellationError ? nil : error) }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    private func watch(
        _ whenCutOff: @escaping @Sendable (Problem?) -> Void,
        _ report: @escaping @Sendable (SyncProgress) -> Void
    ) async throws {
        var backoff = Backoff()
        var generator = SystemRandomNumberGenerator()
        var isCutOff = false
        while !Task.isCancelled {
            do {
                try await watchOnce(report) {
                    if isCutOff { whenCutOff(nil) }
                    isCutOff = false
                    backoff.reset()
                }
            } catch let problem as Problem {
                let passes: [ProblemCode] = [
                    .serverUnreachable, .serverFailed, .tokenInvalid, .notInStep, .tooManyRequests,
                    .centreDiskFull,
                ]
                guard passes.contains(problem.code) else {
                    // An ended access closes the stream, not the way in: what waits here is still taken, into
                    // quarantine, and the answer says why. A new session says whether the laptop is lost.
                    if [.notAllowed, .deviceRevoked].contains(problem.code) {
                        link.forgetSession()
                        _ = try await syncTrying { _ in }
                    }
                    throw problem
                }
                if problem.code == .tokenInvalid { link.forgetSession() }
                // A stream or a session that ends is begun anew at once, and nobody needs to know.
                if backoff.failures > 0, !isCutOff, problem.code != .tokenInvalid {
                    whenCutOff(problem)
                    isCutOff = true
                }
            }
            let pause = backoff.nextDelayMilliseconds(using: &generator)
            try await Task.sleep(for: .milliseconds(pause))
        }
    }

    /// Syncs after each piece of news for as long as the centre's event stream holds. The stream is open
    /// before the first sync, so nothing falls between the two.
    private func watchOnce(_ report: (SyncProgress) -> Void, connected: () -> Void) async throws {
        let (news, teller) = AsyncThrowingStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let events = try await link.events(as: identity)
        let listening = Task {
            do {
                for try await _ in events { teller.yield() }
                teller.finish(throwing: Problem(.serverUnreachable, "the centre closed the event stream"))
            } catch { teller.finish(throwing: error) }
        }
        let changes = changes()
        let watching = Task {
            do {
                for await _ in changes {
                    let summary = try await self.replica.standing(of: self.site)
                    if summary.pending + summary.carried > 0 { teller.yield() }
                }
            } catch { teller.finish(throwing: error) }
        }
        defer {
            listening.cancel()
            watching.cancel()
        }
        for try await _ in news {
            for try await progress in sync() where progress.isFinished { report(progress) }
            // What someone without access brought in would be sealed under a key that this person has.
            if let refusal = gate.withLock({ $0.refusal }) { throw refusal }
            connected()
        }
    }

    /// One element whenever something in this store changes, whichever process wrote it.
    public func changes() -> AsyncStream<Void> { StoreWatcher(replica).changes() }

    public func status() async throws -> SiteStatus { try await status(nil) }

    /// - Parameter worklist: what is counted, where it is at hand.
    package func status(_ worklist: Worklist?) async throws -> SiteStatus {
        let summary = try await replica.summary(of: site)
        let lastSync = try await replica.setting("last-sync").flatMap {
            Int64(String(decoding: $0, as: UTF8.self))
        }
        let firstSync = try await replica.firstSync()
        // Before the whole site was here once, nothing of it can be said.
        let isShown = firstSync?.isShown ?? true
        var (conflicts, openQueries) = (0, 0)
        if let worklist {
            (conflicts, openQueries) = (worklist.conflicts.count, worklist.openQueries.count)
        } else if isShown {
            conflicts = try await self.conflicts().count
            openQueries = try await book().openQueries(site: site)
        }
        let wasInStep = try await replica.setting("in-step") == Data([1])
        let since = try await standing().safeSinceMilliseconds
        return SiteStatus(
            pending: summary.pending, carried: summary.carried, lost: summary.lost,
            stoppedBy: try await replica.setting(Self.stoppedBy).flatMap {
                ProblemCode(rawValue: String(decoding: $0, as: UTF8.self))
            },
            missing: try await replica.missingEntries(),
            safeSince: summary.waiting > 0 ? nil : since.map(Self.iso8601),
            lastSync: lastSync.map(Self.iso8601),
            openConflicts: conflicts, openQueries: openQueries,
            entries: summary.entries, records: summary.records,
            clockOffsetSeconds: try await replica.clockOffset().map { Int($0 / 1000) },
            clockBackSeconds: try await clockBackSeconds(),
            inStep: lastSync != nil && wasInStep && summary.waiting == 0,
            numbersLeft: try await replica.numbers().left, historyLeft: Int(firstSync?.historyLeft ?? 0),
            repaired: try await replica.repairs()?.records ?? 0,
            quarantined: try await replica.quarantine(site: site).count)
    }

    private static func iso8601(_ milliseconds: Int64) -> String {
        DeviceTime(milliseconds: milliseconds, offsetMinutes: 0).iso8601
    }

    /// Records, entries and digest of this site's confirmed state.
    public func digest() async throws -> (records: Int, entries: Int, digest: String) {
        let summary = try await replica.summary(of: site)
        return (summary.records, summary.entries, summary.digest.hex)
    }
}
