import Basics
import Replica

/// What else happened: to nodes, in the log, between clients and nodes.
struct PictureEvents {
    private let items: [Trace.Item]

    init(_ items: [Trace.Item]) { self.items = items }

    func write(_ json: inout CompactJSON) {
        json.name("notes")
        json.array { json in for item in items { writeNote(item, &json) } }
        json.name("commits")
        json.array { json in for item in items { writeCommit(item, &json) } }
        let errands = errands
        var clients: [String] = []
        for errand in errands where !clients.contains(errand.client) {
            clients.append(errand.client)
        }
        // By their numbers, which are written without zeroes before them.
        clients.sort { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
        json.name("clients")
        json.array { json in for client in clients { json.string(client) } }
        json.name("errands")
        json.array { json in
            for errand in errands {
                errand.write(&json, clients.firstIndex(of: errand.client) ?? 0)
            }
        }
    }

    /// Time, node (0 for none), whether it matters much, text.
    private func writeNote(_ item: Trace.Item, _ json: inout CompactJSON) {
        let node: NodeID
        var isGrave = false
        switch item.event {
        case .sent, .asked, .answered, .committed: return
        case .fault: node = NodeID(0)
        case .started(let id): node = id
        case .ended(let id, _), .lost(let id, _), .fatal(let id, _):
            node = id
            isGrave = true
        case .event(let id, let event):
            node = id
            if case .roleChanged(.leader, _) = event { isGrave = true }
        }
        json.array { json in
            json.number(item.time.nanoseconds / 1_000)
            json.number(node.rawValue)
            json.number(isGrave ? 1 : 0)
            json.string(item.event.text)
        }
    }

    private func writeCommit(_ item: Trace.Item, _ json: inout CompactJSON) {
        guard case .committed(let index, let term, let what) = item.event else { return }
        json.array { json in
            json.number(item.time.nanoseconds / 1_000)
            json.number(index.rawValue)
            json.number(term.rawValue)
            json.string(what)
        }
    }

    /// A question and what became of it.
    private struct Errand {
        enum Result: Int { case good, refused, failed, open }

        var client: String
        var node: NodeID
        var start: Int64
        var end: Int64
        var question: String
        var answer: String
        var result: Result

        func write(_ json: inout CompactJSON, _ client: Int) {
            json.array { json in
                json.number(client)
                json.number(node.rawValue)
                json.number(start)
                json.number(end)
                json.number(result.rawValue)
                json.string(question)
                json.string(answer)
            }
        }
    }

    private var errands: [Errand] {
        var errands: [Errand] = []
        var open: [String: Int] = [:]
        for item in items {
            let time = item.time.nanoseconds / 1_000
            switch item.event {
            case .asked(let client, let node, let what):
                if let before = open[client] {
                    errands[before].end = time
                    errands[before].answer = "no answer before it asked again"
                }
                open[client] = errands.count
                errands.append(
                    Errand(
                        client: client, node: node, start: time, end: -1, question: what,
                        answer: "no answer yet", result: .open))
            case .answered(let client, let node, let what):
                if let node {
                    // Answered at once, from memory.
                    errands.append(
                        Errand(
                            client: client, node: node, start: time, end: time,
                            question: "validate", answer: what, result: Self.result(of: what)))
                    continue
                }
                guard let position = open.removeValue(forKey: client) else { continue }
                errands[position].end = time
                errands[position].answer = what
                errands[position].result = Self.result(of: what)
            default: continue
            }
        }
        return errands
    }

    /// By the words in which answers are told.
    private static func result(of answer: String) -> Errand.Result {
        let failures = [
            "failed", "gone", "no answer", "unavailable", "unknown outcome", "connection broke",
            "is down",
        ]
        if failures.contains(where: answer.contains) { return .failed }
        return answer.contains("refused") || answer.contains("invalid") ? .refused : .good
    }
}
