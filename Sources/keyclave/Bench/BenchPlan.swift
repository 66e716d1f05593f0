import Basics
import KeyclaveClient
import Linux

/// What one request of a measurement asks for.
enum BenchDeed: Sendable {
    case validate, verify, charge
}

/// What a measurement does, the same for all its threads.
struct BenchPlan: Sendable {
    enum Work: String, Sendable {
        case validate, verify, charge
        /// Validations, and now and then a charge.
        case mixed
    }

    var work: Work
    var endpoints: [Endpoint]
    /// The address of each endpoint.
    var addresses: [SocketAddress]
    var keys: BenchKeys
    var api: String
    /// Over all threads.
    var connections: Int
    var threads: Int
    var warmUp: Duration
    var measured: Duration
    /// Requests a second over all threads; nil for a closed loop.
    var rate: Int64?
    /// Requests that a connection has on the way at once; in an open loop, at most.
    var pipeline = 1
    /// Charges that go in one request.
    var batch = 1
    /// Of mixed work: how many of a hundred requests are charges.
    var chargePercent = 0

    /// How many connections a thread has: the first ones bear the remainder.
    func connections(ofThread thread: Int) -> Int {
        connections / threads + (thread < connections % threads ? 1 : 0)
    }

    /// The time between two requests of a thread in an open loop, in nanoseconds.
    var interval: Int64? { rate.map { max(1, 1_000_000_000 * Int64(threads) / $0) } }
}

/// Decides what the next request of a thread is: charges come evenly among the others, so that
/// every second has its share.
struct BenchTurns: Sendable {
    let work: BenchPlan.Work
    let chargePercent: Int
    private var owed = 0

    init(_ plan: BenchPlan) {
        work = plan.work
        chargePercent = plan.chargePercent
    }

    mutating func next() -> BenchDeed {
        switch work {
        case .validate: return .validate
        case .verify: return .verify
        case .charge: return .charge
        case .mixed:
            owed += chargePercent
            guard owed >= 100 else { return .validate }
            owed -= 100
            return .charge
        }
    }
}
