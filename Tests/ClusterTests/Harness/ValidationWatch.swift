import Linux

extension Request {
    static func validation(of key: String, api: String = "rest") -> Request {
        Request("GET", "/v1/auth?api=\(api)", token: key)
    }
}

/// Validates one key, good all the while, at each of some nodes in turn without pause. Everything
/// but “valid” from a node that is watched is a failure: also that it can't say now, and silence.
final class ValidationWatch: Sendable {
    struct Account: Sendable {
        /// How often each node said that the key is good.
        var counts: [String: Int] = [:]
        var failures: [String] = []
    }

    fileprivate struct State: Sendable {
        var nodes: [TestNode]
        var account = Account()
        var isStopping = false
    }

    private let state: Shared<State>
    private let thread: Thread

    init(key: String, on nodes: [TestNode]) throws {
        let state = Shared(State(nodes: nodes))
        self.state = state
        thread = try Thread(name: "validations") {
            var turn = 0
            while true {
                let current = state.current
                if current.isStopping { return }
                let node = current.nodes[turn % current.nodes.count]
                turn += 1
                let answer = Result { try node.send(.validation(of: key)) }
                state.change { $0.note(answer, of: node) }
            }
        }
    }

    func add(_ node: TestNode) { state.change { $0.nodes.append(node) } }

    /// What the node is answering just now doesn't count any more.
    func remove(_ node: TestNode) { state.change { $0.nodes.removeAll { $0.id == node.id } } }

    func stop() -> Account {
        state.change { $0.isStopping = true }
        thread.join()
        return state.current.account
    }
}

extension ValidationWatch.State {
    fileprivate mutating func note(_ answer: Result<Answer, any Error>, of node: TestNode) {
        guard nodes.contains(where: { $0.id == node.id }) else { return }
        if case .success(let answer) = answer, answer.status == 200 {
            account.counts[node.id, default: 0] += 1
        } else if account.failures.count < 20 {
            account.failures.append("\(node.id): \(answer)")
        }
    }
}
