/// A limit on everything that a client could make large or long.
package struct HTTPLimits: Sendable {
    /// One header field of HTTP/1.1. HTTP/2 takes 16 KiB for all of them.
    package var headerFieldBytes = 8 << 10
    /// All header fields of one HTTP/1.1 request.
    package var headerListBytes = 16 << 10
    package var headerCount = 64
    /// Open connections; further ones wait to be accepted.
    package var connections = 4_096
    /// Connections that wait to be accepted: a thousand laptops may come back at once after an outage.
    package var backlog = 1_024
    /// From the accepted connection to the first bytes of HTTP: the TLS handshake lies between.
    package var firstByte: Duration = .seconds(20)
    /// Between requests, and between two parts of a request.
    package var idle: Duration = .seconds(75)
    /// No byte in either direction, whatever is going on. More than any answer takes.
    package var silence: Duration = .seconds(150)
    /// For a whole body of up to 64 KiB.
    package var smallBody: Duration = .seconds(30)
    /// For a whole body of a sync: 4 MiB over a link of 15 kB/s.
    package var syncBody: Duration = .seconds(300)
    /// How long the rest of a refused body is thrown away before the connection is closed. Closing at once
    /// would reset the connection, and the client would lose the answer that says why.
    package var linger: Duration = .seconds(2)
    /// Between two signs of life on an event stream.
    package var heartbeat: Duration = .seconds(15)
    /// Events that wait for a slow client before its stream is ended; it comes back and syncs.
    package var waitingEvents = 64
    /// Once the server ends and nothing runs on a connection any more: how long its client may stay silent. A
    /// browser that is asleep answers no farewell, and is not waited for.
    package var farewell: Duration = .seconds(2)
    /// From the signal to end to the closing of connections whose clients do not end them.
    package var shutdown: Duration = .seconds(10)

    /// Sync requests of one device; `nil` is no limit. A first sync or a big push is many exchanges of a
    /// thousand entries each, so the burst is ten minutes' worth: 600,000 entries on end.
    package var syncsPerDevice: Rate? = Rate(perMinute: 60, burst: 600)
    /// Requests of one address, of every kind; `nil` is no limit. A whole site may share one address.
    package var requestsPerAddress: Rate? = Rate(perMinute: 1_200, burst: 6_000)

    /// The limits of production.
    package init() {}

    func body(of route: Route) -> Duration { route == .sync ? syncBody : smallBody }
}
