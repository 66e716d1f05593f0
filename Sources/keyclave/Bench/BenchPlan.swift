import Basics
import HTTP
import KeyclaveClient
import Linux

/// What a measurement does, the same for all its threads.
struct BenchPlan: Sendable {
    enum Work: String, Sendable {
        case validate, charge
    }

    var work: Work
    var endpoints: [Endpoint]
    /// The address of each endpoint.
    var addresses: [SocketAddress]
    var key: String
    var api: String
    /// Over all threads.
    var connections: Int
    var threads: Int
    var warmUp: Duration
    var measured: Duration
    /// Requests a second over all threads; nil for a closed loop.
    var rate: Int64?
    /// Requests that a connection has on the way at once, in a closed loop.
    var pipeline: Int

    /// How many connections a thread has: the first ones bear the remainder.
    func connections(ofThread thread: Int) -> Int {
        connections / threads + (thread < connections % threads ? 1 : 0)
    }

    /// The time between two requests of a thread in an open loop, in nanoseconds.
    var interval: Int64? { rate.map { max(1, 1_000_000_000 * Int64(threads) / $0) } }
}

/// The bytes of a request to one endpoint, made once; a charge's id is written into its place
/// before each sending.
struct BenchRequest: Sendable {
    private static let placeholder = "00000000-0000-7000-8000-000000000000"

    private(set) var bytes: [UInt8]
    /// Where the id stands; nil for requests without one.
    let idPlace: Int?

    init(_ plan: BenchPlan, to endpoint: Endpoint) {
        var writer = RequestWriter()
        switch plan.work {
        case .validate:
            writer.begin(.get, "/v1/auth?api=\(plan.api)", host: "\(endpoint.address)")
            writer.field("Authorization", "Bearer \(plan.key)")
            writer.end()
            idPlace = nil
            bytes = writer.bytes
        case .charge:
            writer.begin(.post, "/v1/charges", host: "\(endpoint.address)")
            writer.field("Authorization", "Bearer \(plan.key)")
            writer.field("Idempotency-Key", Self.placeholder)
            writer.end(json: Array(#"{"credits":1}"#.utf8))
            bytes = writer.bytes
            idPlace = bytes.firstRange(of: Array(Self.placeholder.utf8))?.lowerBound
        }
    }

    /// Appends the request, with a fresh id.
    func append(to buffer: inout [UInt8], id: inout BenchIDs, at time: Timestamp) {
        let start = buffer.count
        buffer.append(contentsOf: bytes)
        if let idPlace { id.writeNext(into: &buffer, at: start + idPlace, time: time) }
    }
}

/// Ids of charges: UUIDv7 whose random part is drawn once and then counted on, because a draw for
/// each would cost a system call a request.
struct BenchIDs: Sendable {
    private var high: UInt16
    private var low: UInt64

    init(random: [UInt8]) {
        precondition(random.count == 10, "ten random bytes")
        high = UInt16(random[0]) << 8 | UInt16(random[1])
        low = random[2...].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Writes the 36 characters of the next id at `place`.
    mutating func writeNext(into buffer: inout [UInt8], at place: Int, time: Timestamp) {
        low &+= 1
        let first =
            UInt64(bitPattern: time.milliseconds) << 16 | 0x7000 | UInt64(high & 0x0FFF)
        let second = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        var position = place
        for digit in 0..<32 {
            if digit == 8 || digit == 12 || digit == 16 || digit == 20 { position += 1 }
            let word = digit < 16 ? first : second
            let nibble = UInt8(word >> UInt64(60 - 4 * (digit & 15)) & 15)
            buffer[position] = nibble < 10 ? 0x30 + nibble : 0x57 + nibble
            position += 1
        }
    }
}
