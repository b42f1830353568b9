import Foundation
import SyncProtocol
import TrialModel
import TrialStore

/// A store with the machine that it is on: its disk, clock and randomness, and what fate has in store for
/// them.
final class SimulatedReplica {
    let name: String
    let site: SiteCode
    let identity: ReplicaIdentity
    let clock: SimulatedClock
    let trap: WriteTrap
    let random: SharedGenerator
    private(set) var path: String
    private(set) var store: SQLiteReplica
    /// How often the files were exchanged for others.
    private var generation = 0

    /// What a store held at one moment: two looks of one name saw the same.
    struct Version: Hashable {
        fileprivate let generation: Int
        fileprivate let writes: Int
    }

    var version: Version { Version(generation: generation, writes: trap.writes) }

    /// - Parameters:
    ///   - path: of a store's file, which belongs to this replica from now on.
    ///   - isFresh: whether it is a copy of a template, and SQLite need not look at all of it once more.
    init(
        name: String, site: SiteCode, identity: ReplicaIdentity, clock: SimulatedClock,
        random: SharedGenerator, tally: Tally, path: String, isFresh: Bool = false
    ) throws {
        (self.name, self.site, self.identity, self.clock, self.path) = (name, site, identity, clock, path)
        self.random = random
        trap = WriteTrap { isCommit in
            if isCommit {
                tally.add(site == .all ? .centreCommitsFailed : .commitsFailed)
            } else {
                tally.add(site == .all ? .centreWritesFailed : .writesFailed)
            }
        }
        store = try Self.open(path, isFresh, site, identity, clock, random, trap)
    }

    var isCentre: Bool { site == .all }
    var kind: StoreFile.Kind { isCentre ? .centre : .laptop }

    private static func open(
        _ path: String, _ isFresh: Bool, _ site: SiteCode, _ identity: ReplicaIdentity,
        _ clock: SimulatedClock,
        _ random: SharedGenerator, _ trap: WriteTrap
    ) throws -> SQLiteReplica {
        let environment = ReplicaEnvironment(
            now: { clock.now }, random: { random.next() }, beforeWriting: { try trap.beforeWriting() },
            beforeCommitting: { trap.beforeCommitting() })
        let cipher: any StoreCipher =
            site == .all ? PlainCipher() : SealingCipher(key: SimulatedTrial.siteKey(site))
        let file =
            isFresh
            ? try StoreFile.openCopy(at: path)
            : try StoreFile.open(at: path, kind: site == .all ? .centre : .laptop)
        return SQLiteReplica(file, cipher: cipher, identity: identity, environment: environment)
    }

    /// Goes on with other files, which take the place of these.
    func goOn(with image: String) throws {
        trap.disarm()
        store.close()
        path = image
        generation += 1
        store = try Self.open(image, false, site, identity, clock, random, trap)
    }

    func close() { store.close() }
}
