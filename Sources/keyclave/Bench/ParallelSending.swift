import Basics
import KeyclaveClient
import Linux
import Synchronization

/// Sends a number of requests from several threads, each with a client of its own, and stops at
/// the first that fails for good.
struct ParallelSending {
    var endpoints: [Endpoint]
    var settings: ClientSettings
    var threads: Int

    private final class State: Sendable {
        let next = Atomic(0)
        let done = Atomic(0)
        let running = Atomic(0)
        let failure = Mutex<ClientError?>(nil)
    }

    private static let look = Duration.milliseconds(50)

    /// Tells how many are done, again and again.
    func send(
        _ count: Int, request: @escaping @Sendable (Int) -> ClientRequest,
        progress: (Int) -> Void
    ) throws {
        let state = State()
        let (endpoints, settings) = (endpoints, settings)
        let ended = try Mailbox<Int>()
        var started: [Thread] = []
        for number in 0..<max(1, min(threads, count)) {
            // Each begins with another node, so that all have a part of the work.
            let turn = number % endpoints.count
            let order = Array(endpoints[turn...] + endpoints[..<turn])
            state.running.add(1, ordering: .relaxed)
            started.append(
                try Thread(name: "bench-send") {
                    Self.work(count, request, Client(endpoints: order, settings: settings), state)
                    state.running.subtract(1, ordering: .relaxed)
                    ended.send(number)
                })
        }
        while state.running.load(ordering: .relaxed) > 0 {
            _ = ended.wakeup.wait(Self.look)
            ended.wakeup.reset()
            progress(state.done.load(ordering: .relaxed))
        }
        for thread in started { thread.join() }
        if let failure = state.failure.withLock({ $0 }) { throw failure }
    }

    private static func work(
        _ count: Int, _ request: (Int) -> ClientRequest, _ client: Client, _ state: State
    ) {
        while state.failure.withLock({ $0 == nil }) {
            let number = state.next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard number < count else { return }
            do throws(ClientError) {
                _ = try client.send(request(number))
                state.done.add(1, ordering: .relaxed)
            } catch {
                state.failure.withLock { $0 = $0 ?? error }
            }
        }
    }
}
