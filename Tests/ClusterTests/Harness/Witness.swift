import Basics
import Linux

/// Clients that ask every node, each over a connection of its own and without end, whether one key
/// is valid, and hold the answers against what has been promised of the key by then.
final class Witness: Sendable {
    /// What every answer to a request sent from now on must comply with. A node that can't know
    /// may always say so (503).
    enum Claim: Sendable {
        /// A change is on its way: both answers are right.
        case none
        /// Nobody calls the key valid.
        case refused
        /// Nobody calls the key invalid.
        case accepted
    }

    /// How often a node gave each answer.
    struct Count: Sendable {
        var valid = 0
        var invalid = 0
        var unavailable = 0
        /// The node couldn't be asked.
        var lost = 0

        /// Answers, or the lack of them, that somebody with a valid key can't use.
        var failures: Int { invalid + unavailable + lost }
    }

    private struct Book: Sendable {
        var claim = Claim.none
        /// How often the claim has changed: an answer is judged only if it came under the claim
        /// under which it was asked for.
        var claims = 0
        var counts: [String: Count] = [:]
        var faults: [String] = []
        var isStopping = false
    }

    private let book = Shared(Book())
    private let threads: Shared<[Thread]>

    /// - Parameter clients: how many each node is asked by.
    init(_ cluster: TestCluster, key: String, clients: Int = 1) throws {
        let book = book
        let asked = cluster.nodes.flatMap { Array(repeating: $0, count: clients) }
        threads = Shared(
            try asked.map { node in
                try Thread(name: "witness \(node.id)") { Witness.watch(node, key, book) }
            })
    }

    /// Makes a change; from its return on, every node is held to `claim`.
    func expect<Result>(_ claim: Claim, from change: () throws -> Result) throws -> Result {
        hold(to: .none)
        let result = try change()
        hold(to: claim)
        return result
    }

    private func hold(to claim: Claim) {
        book.change { book in
            book.claim = claim
            book.claims += 1
        }
    }

    /// What was wrong so far.
    var faults: [String] { book.current.faults }

    func count(at node: TestNode) -> Count { book.current.counts[node.id] ?? Count() }

    /// Waits until the node has given one more of such an answer.
    func waitForMore(_ answer: KeyPath<Count, Int> & Sendable, at node: TestNode) throws {
        let before = count(at: node)[keyPath: answer]
        try eventually("another answer of \(node.id), after \(count(at: node))") {
            count(at: node)[keyPath: answer] > before
        }
    }

    /// Ends the clients; what was wrong.
    @discardableResult
    func stop() -> [String] {
        book.change { $0.isStopping = true }
        let running = threads.change { threads in
            defer { threads = [] }
            return threads
        }
        for thread in running { thread.join() }
        return faults
    }

    private static func watch(_ node: TestNode, _ key: String, _ book: Shared<Book>) {
        let client = node.client()
        let request = Request.validation(of: key)
        while true {
            let before = book.current
            if before.isStopping { return }
            let answer = try? client.send(request)
            book.change { book in
                book.counts[node.id, default: Count()].note(answer)
                guard let answer, book.claims == before.claims,
                    before.claim.isContradicted(by: answer)
                else { return }
                book.faults.append("\(node.id) was held to \(before.claim) and said \(answer)")
            }
            // Debug builds on two cores: without a pause there is little left for the cluster.
            _ = Wait.briefly()
        }
    }
}

extension Witness.Claim {
    fileprivate func isContradicted(by answer: Answer) -> Bool {
        switch self {
        case .none: false
        case .refused: answer.status == 200
        case .accepted: answer.status != 200 && answer.status != 503
        }
    }
}

extension Witness.Count {
    fileprivate mutating func note(_ answer: Answer?) {
        switch answer?.status {
        case 200: valid += 1
        case 503: unavailable += 1
        case nil: lost += 1
        default: invalid += 1
        }
    }
}
