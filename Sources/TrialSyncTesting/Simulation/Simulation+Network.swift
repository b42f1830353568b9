import Foundation
import SyncProtocol
import TrialModel
import TrialStore

/// Syncs, and what the network does to them.
extension Simulation {
    /// Begins a sync, unless one is under way.
    func beginSync(_ laptop: SimulatedLaptop, step: Int, pageEntries: Int) async throws {
        guard laptop.line == nil else { return }
        let line = ExchangeLine()
        exchanges += 1
        if laptop.isHidden {
            let standings = try await standingsAtCentre()
            laptop.promised = Set(standings.lazy.filter { $0.value == .judged(.applied) }.map(\.key))
        }
        (laptop.line, laptop.exchange, laptop.step, laptop.last) = (line, exchanges, step, nil)
        (laptop.pageEntries, laptop.hasMore) = (pageEntries, false)
        (laptop.asked, laptop.restores) = (laptop.saved.union(laptop.standings.keys), restores)
        let store = SimulatedStore(
            base: laptop.store, line: line, mutant: mutant, memory: laptop.memory, tally: tally)
        let exchange = LaptopExchange(store: store, site: laptop.site, pageEntries: pageEntries)
        Task.detached {
            do {
                line.end(.success(try await exchange.run { try await line.send($0) }))
            } catch { line.end(.failure(error)) }
        }
        try await goOn(laptop)
    }

    /// Waits until the laptop's sync stands still, and brings what it sent on its way.
    func goOn(_ laptop: SimulatedLaptop) async throws {
        guard let line = laptop.line else { return }
        await line.settled()
        let sent = line.takeOutbox()
        // A program that has ended in the middle of this has sent nothing.
        if laptop.replica.trap.crashImage == nil {
            for (number, body) in sent { try post(laptop, number, body) }
        }
        let outcome = line.outcome
        if let outcome {
            laptop.line = nil
            try end(laptop, outcome)
        }
        guard laptop.replica.trap.crashImage == nil else { return }
        try await inspect(laptop)
        guard case .success(let totals)? = outcome else { return }
        if isCalm { try checkDelivered(laptop) }
        guard totals.inStep else { return }
        try checkInStep(laptop)
        // While others sync too, the centre may have moved on since it answered.
        if isCalm { laptop.rested = (laptop.replica.version, centre.version) }
    }

    private func post(_ laptop: SimulatedLaptop, _ number: Int, _ body: Data) throws {
        report.roundTrips += 1
        let limit = Self.roundTripLimit(changes: oracle.changes.count, page: laptop.pageEntries)
        guard number <= limit else {
            throw SimulationFinding("\(laptop.name) needed more than \(limit) round trips for one sync")
        }
        let body = try asNewer(body, of: laptop)
        let message = EventQueue.Message(
            laptop: laptop.index, exchange: laptop.exchange, number: number, body: body)
        note("\(laptop.name) sends \(number), \(body.count) bytes")
        guard !isCalm else {
            queue.add(.request(message, isAnswered: true), at: time + 1)
            return
        }
        let fate = schedule.fate(step: laptop.step, message: number)
        queue.add(
            .timeout(exchange: laptop.exchange, message: number),
            at: time + NetworkSchedule.timeoutMilliseconds)
        tally(fate)
        if let delay = fate.repeatDelay { queue.add(.request(message, isAnswered: false), at: time + delay) }
        guard let delay = fate.requestDelay else { return }
        if let cut = fate.requestCut {
            var part = message
            part.body = body.prefix(Int(Double(body.count) * cut))
            queue.add(.request(part, isAnswered: false), at: time + delay)
            return
        }
        queue.add(.request(message, isAnswered: true), at: time + delay)
    }

    /// What a newer program at this laptop would send, or a newer centre to it. Which laptops these are is
    /// drawn from a stream of its own, so that nothing else is drawn otherwise.
    private func asNewer(_ body: Data, of laptop: SimulatedLaptop) throws -> Data {
        guard tape.faults.contains(.otherPrograms) else { return body }
        var random = SeededGenerator(seed: (tape.seed ^ 0x4E77_0000_0000_0000) &+ UInt64(laptop.index))
        guard random.chance(0.5) else { return body }
        tally.add(.newerBodies)
        return try NewerProgram.grown(body: body)
    }

    private func tally(_ fate: NetworkSchedule.Fate) {
        if fate.repeatDelay != nil { tally.add(.requestsRepeated) }
        guard let delay = fate.requestDelay else { return tally.add(.requestsLost) }
        if delay >= NetworkSchedule.longDelayMilliseconds { tally.add(.messagesDelayed) }
        if fate.requestCut != nil { tally.add(.requestsCut) }
    }

    private func tallyAnswer(_ fate: NetworkSchedule.Fate) {
        guard let delay = fate.answerDelay else { return tally.add(.answersLost) }
        if delay >= NetworkSchedule.longDelayMilliseconds { tally.add(.messagesDelayed) }
        if fate.answerCut != nil { tally.add(.answersCut) }
    }

    private func end(_ laptop: SimulatedLaptop, _ outcome: Result<SyncTotals, any Error>) throws {
        switch outcome {
        case .success(let totals):
            laptop.last = totals
            note(
                "\(laptop.name) synced: \(totals.pushed) out, \(totals.pulled) in, "
                    + "\(totals.liveRecords) live, \(totals.quarantined) kept, "
                    + "\(totals.roundTrips) trips, in step \(totals.inStep)")
            if totals.repaired > 0 { throw SimulationFinding("digests differed: a record was repaired") }
        case .failure(let error as Problem):
            note("\(laptop.name) failed: \(error.code.rawValue): \(error.message)")
            guard refusedSyncs.contains(error.code) else {
                throw SimulationFinding("a sync of \(laptop.name) ended with \(error)")
            }
        // The simulated network lost something, or the program was ended.
        case .failure(let error) where error is ExchangeLine.Lost || error is CancellationError:
            note("\(laptop.name) failed: \(type(of: error))")
        // To whoever uses the product that is `internal-error`.
        case .failure(let error):
            throw SimulationFinding("a sync of \(laptop.name) ended with no code: \(type(of: error))")
        }
    }

    // MARK: At the centre

    func answer(_ message: EventQueue.Message, isAnswered: Bool) async throws {
        let laptop = laptops[message.laptop]
        let watch = try await watchVerdicts(of: message.body, from: laptop)
        let memory = mutant == .hashesIgnored ? centreMemory : laptop.memory
        let store = SimulatedStore(base: centre.store, mutant: mutant, memory: memory, tally: tally)
        let device = laptop.replica.identity.certificate.device
        var isRevoked = false
        if tape.faults.contains(.endedAccess) {
            isRevoked = try await viewsAtCentre()(.device(device)).state["@revoked"].standing != nil
        }
        let exchange = CentreExchange(store: store, judge: SimulatedJudge(mutant: mutant))
        var refused: ProblemCode?
        let body: Data
        do {
            body = try await exchange.answer(
                message.body,
                // As the handler of the product does, whose own tests look at it.
                complete: { _, _, response in if isRevoked { response.withholdAll() } },
                note: { if case .refused(let code) = $0 { refused = code } })
        } catch {
            // Problems are answers, and a simulated disk says nothing else: a laptop would be told
            // `internal-error`.
            throw SimulationFinding("the centre failed with no code: \(type(of: error))")
        }
        if let refused, !refusedRequests.contains(refused) {
            throw SimulationFinding("the centre refuses a request of \(laptop.name): \(refused.rawValue)")
        }
        guard centre.trap.crashImage == nil else { return }
        try await check(watch, answer: body, isRevoked: isRevoked)
        if isRevoked { tally.add(.answersToRevoked) }
        let place = (exchange: message.exchange, number: message.number)
        if place < laptop.answered { tally.add(.requestsReordered) } else { laptop.answered = place }
        let receiver = isAnswered ? laptop.name : "nobody"
        note("centre answers \(receiver) \(message.number), \(body.count) bytes")
        guard isAnswered else { return }
        var answer = message
        answer.body = try asNewer(body, of: laptop)
        guard !isCalm else {
            queue.add(.answer(answer), at: time + 1)
            return
        }
        let fate = schedule.fate(step: laptop.step, message: message.number)
        tallyAnswer(fate)
        guard let delay = fate.answerDelay else { return }
        if let cut = fate.answerCut { answer.body = body.prefix(Int(Double(body.count) * cut)) }
        queue.add(.answer(answer), at: time + delay)
    }

    func receive(_ message: EventQueue.Message) async throws {
        let laptop = laptops[message.laptop]
        guard laptop.exchange == message.exchange, let line = laptop.line,
            line.deliver(.success(message.body), to: message.number)
        else { return }
        note("\(laptop.name) receives \(message.number)")
        laptop.hasMore = leavesMore(message.body)
        try await goOn(laptop)
    }

    // MARK: Ends of programs

    func hangUp(_ laptop: SimulatedLaptop) async {
        guard let line = laptop.line else { return }
        line.hangUp()
        while line.outcome == nil {
            await line.settled()
            line.hangUp()
        }
        laptop.line = nil
    }

    /// Whatever met its end in this event goes on with the files as they were in that moment.
    func endWhatCrashed() async throws {
        for laptop in laptops {
            guard let image = laptop.replica.trap.crashImage else { continue }
            await hangUp(laptop)
            if try laptop.replica.trap.finishImage(kind: .laptop) { tally.add(.tornCheckpoints) }
            report.crashes += 1
            tally.add(.laptopCrashes)
            try await goOn(laptop.replica, with: image)
            laptop.form = nil
            note("\(laptop.name) goes on after a crash")
            try await inspect(laptop)
        }
        if let image = centre.trap.crashImage {
            if try centre.trap.finishImage(kind: .centre) { tally.add(.tornCheckpoints) }
            report.crashes += 1
            tally.add(.centreCrashes)
            try await goOn(centre, with: image)
            note("the centre goes on after a crash")
            try await lookAtCentre()
        }
    }
}
