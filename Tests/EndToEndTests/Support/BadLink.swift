import NIOCore
import NIOPosix
import Synchronization
import Testing
import TrialSyncTesting

/// A TCP connection as field sites have it: between laptop and centre it delays, throttles, cuts and corrupts
/// what passes. Seeded, on one thread.
final class BadLink: Sendable {
    struct Profile: Sendable {
        /// One way.
        var latencyMilliseconds = 0
        /// Each way; `nil` is as fast as it goes.
        var bytesPerSecond: Int?
        /// The part of connections that end without a word somewhere in the first 4 KiB from the laptop.
        var lostConnections = 0.0
        /// What befalls the bytes from the laptop.
        var there = Faults()
        /// What befalls the centre's, once the laptop has sent `backAfterBytesThere` on the connection: so an
        /// answer is hit, and nothing before it.
        var back = Faults()
        var backAfterBytesThere = 0
    }

    /// What befalls the bytes of one direction of each connection.
    struct Faults: Sendable {
        /// After so many bytes the connection ends without a word.
        var cutAfterBytes: Int?
        /// The byte of which one bit is turned.
        var corruptedByte: Int?
        /// The same, counted in the bodies of plain HTTP only: what a message is as long as stays as it was.
        var corruptedBodyByte: Int?
        /// After so many bytes nothing passes any more, and nothing is closed.
        var silentAfterBytes: Int?
    }

    private let server: any Channel
    private let shared: SharedProfile
    private let open = OpenConnections()
    private let tally: Tally
    let port: Int

    /// What has happened on the link so far.
    struct Counts: Sendable {
        var connections = 0
        /// Connections that ended in the middle of what the laptop sent, and of what the centre answered.
        var lost = 0
        var answersLost = 0
        /// Connections on which nothing of one direction passes any more.
        var silent = 0
        /// Bytes of which a bit was turned.
        var corrupted = 0
        /// Of bodies, on connections whose bodies are to be corrupted.
        var bodyBytes = 0
        /// Handed on to the centre.
        var bytesFromLaptop = 0
    }

    var counts: Counts { tally.counts }

    /// Opens a port on loopback that leads to a trial's daemon.
    init(to trial: Trial, _ first: Profile = Profile(), seed: UInt64 = 1) async throws {
        let target = try #require(trial.address.split(separator: ":").last.flatMap { Int($0) })
        let current = SharedProfile(first, seed)
        shared = current
        let tally = Tally()
        self.tally = tally
        let group = MultiThreadedEventLoopGroup.singleton
        let loop = group.next()
        let open = open
        server = try await ServerBootstrap(group: loop, childGroup: loop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { laptop in
                let (profile, random) = current.next
                open.add(laptop)
                tally.note { $0.connections += 1 }
                var faults = profile.there
                if random.chance(profile.lostConnections) { faults.cutAfterBytes = random.below(4_096) }
                let sent = Sent()
                let there = Way(profile, faults, sent, isFromLaptop: true)
                let back = Way(profile, profile.back, sent, isFromLaptop: false)
                return ClientBootstrap(group: loop)
                    .channelInitializer { centre in
                        centre.eventLoop.makeCompletedFuture {
                            try centre.pipeline.syncOperations.addHandler(Passing(to: laptop, back, tally))
                        }
                    }
                    .connect(host: "127.0.0.1", port: target)
                    .flatMapThrowing { centre in
                        try laptop.pipeline.syncOperations.addHandler(Passing(to: centre, there, tally))
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = server.localAddress?.port ?? 0
    }

    /// The way that connections are from now on treated.
    ///
    /// - Parameter seed: of the draws from now on.
    func become(_ profile: Profile, seed: UInt64 = 1) { shared.become(profile, seed) }

    /// Ends every connection there is, without a word.
    func cut() { open.closeAll() }

    private final class OpenConnections: Sendable {
        private let laptops = Mutex<[any Channel]>([])

        func add(_ laptop: any Channel) { laptops.withLock { $0.append(laptop) } }

        func closeAll() {
            let all = laptops.withLock { laptops in
                defer { laptops = [] }
                return laptops
            }
            for laptop in all { laptop.close(promise: nil) }
        }
    }

    /// The profile of the next connection, and what its losses are drawn from.
    private final class SharedProfile: Sendable {
        private let current: Mutex<(Profile, SharedGenerator)>

        init(_ profile: Profile, _ seed: UInt64) { current = Mutex((profile, SharedGenerator(seed: seed))) }

        var next: (Profile, SharedGenerator) { current.withLock { $0 } }
        func become(_ profile: Profile, _ seed: UInt64) {
            current.withLock { $0 = (profile, SharedGenerator(seed: seed)) }
        }
    }

    private final class Tally: Sendable {
        private let current = Mutex(Counts())

        var counts: Counts { current.withLock { $0 } }
        func note(_ change: (inout Counts) -> Void) { current.withLock { change(&$0) } }
    }

    func close() async throws { try await server.close().get() }

    /// How much of one connection the laptop has sent.
    private final class Sent: Sendable {
        private let current = Mutex(0)

        var bytes: Int { current.withLock { $0 } }
        func add(_ count: Int) { current.withLock { $0 += count } }
    }

    /// What happens to the bytes of one direction.
    private struct Way: Sendable {
        let profile: Profile
        let faults: Faults
        let sent: Sent
        let isFromLaptop: Bool

        init(_ profile: Profile, _ faults: Faults, _ sent: Sent, isFromLaptop: Bool) {
            (self.profile, self.faults, self.sent, self.isFromLaptop) = (profile, faults, sent, isFromLaptop)
        }

        /// Whether bytes count that come now: before that nothing befalls them.
        var counts: Bool { isFromLaptop || sent.bytes >= profile.backAfterBytesThere }
    }

    /// Belongs to the one event loop.
    private final class Passing: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let other: any Channel
        private let way: Way
        private let tally: Tally
        private var seen = 0
        private var bodies = BodyBytes()
        private var free = NIODeadline.uptimeNanoseconds(0)

        init(to other: any Channel, _ way: Way, _ tally: Tally) {
            (self.other, self.way, self.tally) = (other, way, tally)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = unwrapInboundIn(data)
            if way.isFromLaptop { way.sent.add(bytes.readableBytes) }
            if way.counts {
                let before = seen
                seen += bytes.readableBytes
                if let limit = way.faults.cutAfterBytes, seen > limit {
                    if before <= limit { noteCut() }
                    context.close(promise: nil)
                    other.close(promise: nil)
                    return
                }
                if let limit = way.faults.silentAfterBytes, seen > limit {
                    if before <= limit { tally.note { $0.silent += 1 } }
                    return
                }
                if let place = way.faults.corruptedByte, (before..<seen).contains(place) {
                    tally.note { $0.corrupted += 1 }
                    let index = bytes.readerIndex + place - before
                    let byte: UInt8 = bytes.getInteger(at: index) ?? 0
                    bytes.setInteger(byte ^ 1, at: index)
                }
                if let place = way.faults.corruptedBodyByte { corrupt(&bytes, atBodyByte: place) }
            }
            pass(bytes, context.eventLoop)
        }

        private func corrupt(_ bytes: inout ByteBuffer, atBodyByte place: Int) {
            for index in bytes.readerIndex..<bytes.writerIndex {
                let byte: UInt8 = bytes.getInteger(at: index) ?? 0
                guard bodies.take(byte) else { continue }
                let isTheOne = bodies.count - 1 == place
                tally.note { counts in
                    counts.bodyBytes += 1
                    if isTheOne { counts.corrupted += 1 }
                }
                if isTheOne { bytes.setInteger(byte ^ (1 << UInt8(place % 8)), at: index) }
            }
        }

        private func noteCut() {
            let isFromLaptop = way.isFromLaptop
            tally.note { if isFromLaptop { $0.lost += 1 } else { $0.answersLost += 1 } }
        }

        /// Hands bytes on, as late and as slowly as the profile has it.
        private func pass(_ bytes: ByteBuffer, _ loop: any EventLoop) {
            let count = bytes.readableBytes
            let nanoseconds = way.profile.bytesPerSecond.map { Int64(count) * 1_000_000_000 / Int64($0) } ?? 0
            free = max(free, .now()) + .nanoseconds(nanoseconds)
            let due = free + .milliseconds(Int64(way.profile.latencyMilliseconds))
            let (other, tally, isFromLaptop) = (other, tally, way.isFromLaptop)
            loop.scheduleTask(deadline: due) {
                if isFromLaptop { tally.note { $0.bytesFromLaptop += count } }
                other.writeAndFlush(bytes, promise: nil)
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            let due = max(free, .now()) + .milliseconds(Int64(way.profile.latencyMilliseconds))
            let other = other
            context.eventLoop.scheduleTask(deadline: due) { other.close(promise: nil) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

/// Tells the bodies of the HTTP/1.1 messages of one direction from what stands before them.
private struct BodyBytes {
    /// How many there were so far.
    private(set) var count = 0
    private var head: [UInt8] = []
    private var left = 0

    /// Takes the next byte.
    ///
    /// - Returns: whether it is one of a body.
    mutating func take(_ byte: UInt8) -> Bool {
        guard left == 0 else {
            (left, count) = (left - 1, count + 1)
            return true
        }
        head.append(byte)
        if head.suffix(4) == [13, 10, 13, 10] { (left, head) = (Self.length(head), []) }
        return false
    }

    private static func length(_ head: [UInt8]) -> Int {
        let name = "content-length:"
        let lines = String(decoding: head, as: UTF8.self).lowercased().split(whereSeparator: \.isNewline)
        let line = lines.first { $0.hasPrefix(name) }
        return line.flatMap { Int($0.dropFirst(name.count).filter(\.isNumber)) } ?? 0
    }
}
