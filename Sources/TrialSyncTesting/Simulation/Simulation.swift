import Crypto
import Foundation
import SyncProtocol
package import TrialModel
import TrialStore

/// Many laptops, one centre, sticks between them: the product's own sessions and stores, driven one event
/// after the other in virtual time.
///
/// A run is decided by two tapes: what people and fate do (``WorkloadTape``) and how the network behaves (a
/// seed). The same tapes give the same trace, byte for byte.
package actor Simulation {
    /// What a run came to.
    package struct Report: Sendable {
        /// What the checkers found; `nil` if nothing.
        package var problem: String?
        package var trace: [String] = []
        package var roundTrips = 0
        /// How often a program ended in the middle of its work.
        package var crashes = 0
        /// What befell the run, and how often.
        package var counts: [Occurrence: Int] = [:]
    }

    let tape: WorkloadTape
    let mutant: Mutant?
    /// Whether trouble waits for the moment when it is worst, in 3 of 4 runs: errors for a COMMIT, what
    /// the centre decides for the middle of a pull. Drawn from a stream of its own, so that nothing else is
    /// drawn otherwise than without it.
    let seeksWorstMoments: Bool
    let template: SimulatedTrial.Template
    let directory: RunDirectory
    let centre: SimulatedReplica
    var schedule: NetworkSchedule
    var queue = EventQueue()
    var time: Int64 = 0
    var oracle = CausalOracle()
    var laptops: [SimulatedLaptop] = []
    var records: [SiteCode: [RecordKey]] = [:]
    var queries: [SiteCode: [RecordKey]] = [:]
    var report = Report()
    /// Faults have stopped: nothing is lost any more.
    var isCalm = false
    var salt: UInt64 = 100
    var files = 0
    var exchanges = 0
    /// What the centre holds now.
    var held: Set<ChangeID> = []
    /// What it ever held.
    var everHeld: Set<ChangeID> = []
    /// What was read of the centre last, and of which version of its store.
    var centreHoldings = Remembered<ReplicaHoldings>()
    var centreViews = Remembered<(RecordKey) -> RecordView>()
    /// The epoch with which the centre was put back, unannounced: until it draws another, nobody can know
    /// that receipts may be void.
    var putBackEpoch: Data?
    /// What the centre has decided since it was put back last: none of it may go or change.
    var judged: [ChangeID: ChangeStanding] = [:]
    /// Verdicts that reached the centre with a receipt, from before a restore: it takes them as they are.
    var reinstated: [ChangeID: Set<Verdict.Kind>] = [:]
    /// On which device each change of a laptop was made.
    var authors: [ChangeID: DeviceID] = [:]
    /// What each signature was given for: the live versions of every data register that was shown.
    var signed: [ChangeID: [String: Set<ChangeID>]] = [:]
    var images: [(laptop: Int, path: String, saved: Set<ChangeID>)] = []
    var backups: [String] = []
    /// How often the centre was put back.
    var restores = 0
    var sticks: [Stick] = []
    var ambush: Ambush?
    let tally = Tally()
    /// Of all laptops, for the mutant that tells entries apart by their numbers.
    let centreMemory = MutantMemory()
    /// Before the last save of each laptop, for the mutant that acknowledges too soon.
    var before: [Int: String] = [:]

    /// - Parameter schedule: the network's seed.
    package init(_ tape: WorkloadTape, schedule seed: UInt64, mutant: Mutant? = nil) async throws {
        (self.tape, self.mutant) = (tape, mutant)
        var moments = SeededGenerator(seed: tape.seed ^ 0x0F6C_0000_0000_0000)
        seeksWorstMoments = !moments.next().isMultiple(of: 4)
        template = try await SimulatedTrial.template()
        directory = try RunDirectory()
        schedule = NetworkSchedule(
            seed: seed, loss: tape.loss, cutsBodies: tape.faults.contains(.cutBodies))
        let path = directory.path("centre")
        try StoreImage.copy(template.centre, to: path)
        centre = try SimulatedReplica(
            name: "centre", site: .all, identity: template.trial.centre, clock: SimulatedClock(),
            random: SharedGenerator(seed: tape.seed &+ 77), tally: tally, path: path, isFresh: true)
    }

    /// A run that is decided by one number.
    package static func run(
        seed: UInt64, family: FaultFamily, mutant: Mutant? = nil
    ) async throws -> Report {
        try await Simulation(WorkloadTape(seed: seed, family: family), schedule: seed, mutant: mutant).run()
    }

    package func run() async throws -> Report {
        do {
            try await setUp()
            for step in tape.steps {
                time += Int64(step.gap)
                queue.add(.step(step), at: time)
            }
            try await play()
            try await settle()
        } catch let finding as SimulationFinding {
            report.problem = finding.text
        } catch {
            report.problem = "unexpected: \(error)"
        }
        if let problem = report.problem { note("found: \(problem)") }
        report.counts = tally.counts
        for laptop in laptops { await hangUp(laptop) }
        for laptop in laptops { laptop.replica.close() }
        centre.close()
        return report
    }

    private func setUp() async throws {
        try await limitLog(of: centre)
        for change in template.founding { oracle.add(change, site: .all, past: [:]) }
        held = Set(template.founding.map(\.id))
        everHeld = held
        var random = SeededGenerator(seed: tape.seed &+ 4)
        for number in 0..<tape.participants + (hasTwoSites ? 1 : 0) {
            let site = SimulatedTrial.sites[number < tape.participants ? 0 : 1]
            let participant = EnrolmentID(using: &random)
            records[site, default: []] += [
                .visit(participant, event: "BL"), .visit(participant, event: "W2"), .participant(participant),
            ]
        }
        for index in 0..<tape.laptops {
            let isLast = index == tape.laptops - 1
            _ = try await addLaptop(site: SimulatedTrial.sites[hasTwoSites && isLast ? 1 : 0])
        }
    }

    var hasTwoSites: Bool { tape.faults.contains(.transfers) }

    /// Whether the centre is put back in this run, so that it may lose what it had taken.
    var hasRestores: Bool {
        [Fault.announcedRestores, .silentRestores].contains(where: tape.faults.contains)
    }

    func addLaptop(site: SiteCode) async throws -> SimulatedLaptop {
        let index = laptops.count
        let path = directory.path("laptop\(index)")
        try StoreImage.copy(template.laptop, to: path)
        let clock = SimulatedClock()
        clock.advance(to: time)
        let replica = try SimulatedReplica(
            name: "laptop\(index)", site: site,
            identity: try template.identity("laptop\(index)", site: site), clock: clock,
            random: SharedGenerator(seed: tape.seed &+ UInt64(1000 + index)), tally: tally, path: path,
            isFresh: true)
        try await limitLog(of: replica)
        let laptop = SimulatedLaptop(index: index, replica: replica)
        laptops.append(laptop)
        return laptop
    }

    /// Programs that may end do so while they bring the log into the file, too, which otherwise happens only
    /// in stores larger than these.
    func limitLog(of replica: SimulatedReplica) async throws {
        guard let pages = tape.logPages else { return }
        try await replica.store.limitLog(toPages: pages)
    }

    /// A replica goes on with other files.
    func goOn(_ replica: SimulatedReplica, with image: String) async throws {
        try replica.goOn(with: image)
        try await limitLog(of: replica)
    }

    /// Plays what is in the queue to its end.
    func play() async throws {
        while let (time, event) = queue.next() {
            self.time = time
            centre.clock.advance(to: time)
            for laptop in laptops { laptop.replica.clock.advance(to: time) }
            try await handle(event)
            try await endWhatCrashed()
            if try await strike() { try await endWhatCrashed() }
        }
    }

    private func handle(_ event: EventQueue.Event) async throws {
        switch event {
        case .step(let step):
            note("step \(step.id) \(step.kind.rawValue)")
            if try await !ambushes(step) { try await perform(step) }
        case .request(let message, let isAnswered): try await answer(message, isAnswered: isAnswered)
        case .answer(let message): try await receive(message)
        case .timeout(let exchange, let message):
            guard let laptop = laptops.first(where: { $0.line != nil && $0.exchange == exchange }),
                let line = laptop.line, line.deliver(.failure(ExchangeLine.Lost()), to: message)
            else { return }
            note("timeout \(laptop.name) \(message)")
            try await goOn(laptop)
        case .emptyDisk(let laptop):
            let replica = if let laptop { laptops[laptop].replica } else { centre }
            try await replica.store.limitGrowth(toPages: nil)
        }
    }

    func note(_ line: String) { report.trace.append("\(time) \(line)") }

    func newPath(_ name: String) -> String {
        files += 1
        return directory.path("\(name)-\(files)")
    }
}
