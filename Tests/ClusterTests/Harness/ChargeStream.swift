import Basics
import Linux

/// A charge that a client sent, and what it was told.
struct ChargeRecord: Hashable, Sendable {
    var id: String
    var credits: Int64
    /// Nil if no node has said that it was made.
    var acknowledged: Acknowledgement?

    /// What every repetition must be answered with.
    struct Acknowledgement: Hashable, Sendable {
        var charged: Int64
        var spent: Int64
        var index: Int64
    }

    init(credits: Int64) {
        id = IdempotencyID.uuidV7()
        self.credits = credits
    }

    func request(key: String) -> Request {
        Request(
            "POST", "/v1/charges", token: key, json: #"{"credits": \#(credits), "id": "\#(id)"}"#)
    }

    /// Reads a success.
    static func acknowledgement(in answer: Answer) -> Acknowledgement? {
        guard answer.status == 200, let charged = answer.json["charged"]?.number,
            let spent = answer.json["spent"]?.number, let index = answer.json["index"]?.number
        else { return nil }
        return Acknowledgement(charged: charged, spent: spent, index: index)
    }
}

/// Clients that charge one key without pause, each over one node after the other, until they are
/// told to stop; nodes may die under them.
final class ChargeStream: Sendable {
    private struct State: Sendable {
        var records: [ChargeRecord] = []
        var acknowledgedCount = 0
        var isStopping = false
        var surprise: String?
    }

    private let cluster: TestCluster
    private let key: String
    private let state = Shared(State())
    private let threads: [Thread]

    init(cluster: TestCluster, key: String, clients: Int = 6) throws {
        self.cluster = cluster
        self.key = key
        let state = state
        threads = try (0..<clients).map { client in
            try Thread(name: "charges \(client)") {
                ChargeStream.run(client, cluster: cluster, key: key, state: state)
            }
        }
    }

    /// Waits until so many more charges have been acknowledged.
    func waitForMore(_ count: Int, within duration: Duration = .seconds(60)) throws {
        let target = state.current.acknowledgedCount + count
        try eventually("\(count) more charges", within: duration) {
            let current = state.current
            if let surprise = current.surprise { throw TimedOut(what: surprise) }
            return current.acknowledgedCount >= target
        }
    }

    /// Ends the clients without waiting for what they still ask for, and returns every charge
    /// they ever sent.
    func stop() throws -> [ChargeRecord] {
        state.change { $0.isStopping = true }
        for thread in threads { thread.join() }
        let end = state.current
        if let surprise = end.surprise { throw TimedOut(what: surprise) }
        return end.records
    }

    private static func run(
        _ client: Int, cluster: TestCluster, key: String, state: Shared<State>
    ) {
        var round = client
        while !state.current.isStopping {
            var record = ChargeRecord(credits: Int64(round % 9 + 1))
            while !state.current.isStopping && record.acknowledged == nil {
                let node = cluster.nodes[round % cluster.nodes.count]
                round += 1
                let http = node.client(patience: .seconds(10))
                guard let answer = try? http.send(record.request(key: key)) else {
                    // The node is dead; asking the next at once would only spin.
                    _ = Wait.briefly()
                    continue
                }
                record.acknowledged = ChargeRecord.acknowledgement(in: answer)
                if record.acknowledged == nil && !answer.isTransient {
                    state.change { $0.surprise = "charge \(record.id): \(answer)" }
                    return
                }
            }
            let ended = record
            state.change { state in
                state.records.append(ended)
                if ended.acknowledged != nil { state.acknowledgedCount += 1 }
            }
        }
    }
}

/// Paces loops that ask a dead node.
enum Wait {
    static func briefly() -> Bool {
        guard let never = try? Wakeup() else { return false }
        return never.wait(.milliseconds(3))
    }
}

extension TestCluster {
    /// Repeats every charge through some node: those acknowledged must be answered as before, and
    /// the others get an outcome now. Returns what is wrong, and the sum of all of them.
    func audit(
        _ records: [ChargeRecord], key: String
    ) throws -> (faults: [String], sum: Int64) {
        let clients = 6
        let parts = try concurrently(clients) { part in
            var faults: [String] = []
            for index in stride(from: part, to: records.count, by: clients) {
                let record = records[index]
                let answer = try self.settle(record.request(key: key), first: index)
                let now = ChargeRecord.acknowledgement(in: answer)
                if let before = record.acknowledged {
                    if now != before || answer.json["replayed"]?.flag != true {
                        faults.append("\(record.id), told \(before), is now \(answer)")
                    }
                } else if now?.charged != record.credits {
                    faults.append("\(record.id), never answered, is now \(answer)")
                }
            }
            return faults
        }
        return (parts.flatMap { $0 }, records.reduce(0) { $0 + $1.credits })
    }
}
