import Basics

@testable import Consensus

/// Replays a script against a world of its own.
///
/// After `manual` nothing moves by itself: `tick`, `deliver`, `sync` and `settle` do. Otherwise
/// `run` lets time pass with a fixed latency, and only outcomes are told, with their times.
struct Script {
    struct Mistake: Error, Equatable {
        var line: Int
        var reason: String
    }

    var world = World(voters: 1)

    /// The same text with the traces as they come out now. Comments and blank lines stay.
    static func replay(_ text: String) throws(Mistake) -> String {
        var script = Script()
        var result: [String] = []
        for (number, line) in ScriptTests.lines(text).enumerated() {
            guard line.hasPrefix("> ") else {
                if line.isEmpty || line.hasPrefix("#") { result.append(String(line)) }
                continue
            }
            result.append(String(line))
            var words = line.dropFirst(2).split(separator: " ").map(String.init)
            let isQuiet = words.first == "quietly"
            if isQuiet { words.removeFirst() }
            do {
                try script.perform(words)
            } catch {
                throw Mistake(line: number + 1, reason: error.reason)
            }
            if !isQuiet { result += script.world.trace }
            script.world.trace = []
        }
        return result.joined(separator: "\n")
    }

    mutating func perform(_ words: [String]) throws(Mistake) {
        guard let command = words.first else { throw mistake("no command") }
        let arguments = Array(words.dropFirst())
        if try performOnWorld(command, arguments) { return }
        try performOnNode(command, arguments)
    }

    private mutating func performOnWorld(
        _ command: String, _ arguments: [String]
    ) throws(Mistake) -> Bool {
        switch command {
        case "cluster": try makeCluster(arguments)
        case "set": try set(arguments)
        case "manual":
            world.isManual = true
            world.tracesAll = true
            world.tracesTimes = false
        case "run":
            world.tracesTimes = true
            world.run(try duration(arguments, 0))
            world.tracesTimes = !world.isManual
        case "settle": settle()
        case "deliver": deliverQueued(try nodes(arguments))
        case "drop":
            let link = try nodes(arguments)
            world.flying.removeAll {
                link.isEmpty || ($0.sender, $0.recipient) == (link[0], link[1])
            }
        case "repeat":
            for item in world.flying {
                world.send(item.message, from: item.sender, to: item.recipient)
            }
        case "block":
            let link = try nodes(arguments)
            world.cuts.append((link[0], link[1]))
        case "join": _ = world.join()
        case "heal":
            world.cuts = []
            for place in world.nodes.indices { world.nodes[place].isCut = false }
        default: return false
        }
        return true
    }

    private mutating func performOnNode(
        _ command: String, _ arguments: [String]
    ) throws(Mistake) {
        guard !arguments.isEmpty else { throw mistake("no command \"\(command)\" without a node") }
        let id = try node(arguments, 0)
        let place = world.position(id)
        switch command {
        case "tick":
            if world.now < world.raft(id).nextDeadline { world.now = world.raft(id).nextDeadline }
            world.trace.append("at \(world.now.trace)")
            world.tick(id)
        case "deadline": world.trace.append("\(id) is due at \(world.raft(id).nextDeadline.trace)")
        case "batch": world.completeBatch(id)
        case "sync": while world.nodes[place].batch != nil { world.completeBatch(id) }
        case "propose":
            let result = world.propose([String](arguments.dropFirst()), at: id)
            if case .accepted? = result { break }
            world.trace.append("\(id) refuses: \(result.map { "\($0)" } ?? "is down")")
        case "add", "promote", "remove", "identify":
            try changeMembers(command, at: id, [String](arguments.dropFirst()))
        case "hold": world.nodes[place].holdsApplying = true
        case "apply":
            world.nodes[place].holdsApplying = false
            let committed = world.raft(id).commitIndex
            world.nodes[place].raft?.applied = committed
        case "retire": world.step(id) { $0.retire(clock: $1, effects: &$2) }
        case "members":
            world.trace.append("\(id) has members \(world.raft(id).configuration.trace)")
        case "read": world.requestRead(UInt64(try number(arguments, 1)), at: id)
        case "cut": world.nodes[place].isCut = true
        case "stall": world.nodes[place].disk.isStalled = true
        case "unstall": world.nodes[place].disk.isStalled = false
        case "full": world.step(id) { $0.setDiskFull(true, clock: $1, effects: &$2) }
        case "room": world.step(id) { $0.setDiskFull(false, clock: $1, effects: &$2) }
        case "snapshot": world.takeSnapshot(id)
        case "reset":
            let peer = try node(arguments, 1)
            world.step(id) { raft, _, _ in raft.peerReset(peer) }
        case "transfer":
            let heir = arguments.count > 1 ? try node(arguments, 1) : nil
            world.step(id) { $0.transferLeadership(to: heir, clock: $1, effects: &$2) }
        case "wall":
            world.nodes[place].wallOffset = .milliseconds(Int64(try number(arguments, 1)))
        case "crash": crash(id)
        case "restart": try restart(id, [String](arguments.dropFirst()))
        case "inject":
            let sender = try node(arguments, 1)
            let message = try message([String](arguments.dropFirst(2)), from: sender)
            world.step(id) { $0.receive(message, from: sender, clock: $1, effects: &$2) }
        case "show": show(id)
        case "time":
            let entry = world.raft(id).wholeLog.last
            world.trace.append("\(id) last entry at \(entry.map { "\($0.time)" } ?? "none")")
        case "log": world.trace.append("\(id) holds \(world.raft(id).wholeLog.trace)")
        default: throw mistake("no command \"\(command)\"")
        }
    }

    func mistake(_ reason: String) -> Mistake { Mistake(line: 0, reason: reason) }
}

extension Raft {
    var wholeLog: [Entry] { entries(from: firstIndex, through: lastIndex) }
}
