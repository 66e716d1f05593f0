import Basics

@testable import Consensus

// What the commands of a script do, and how their words are read.
extension Script {
    // MARK: Commands

    /// `cluster 3`, `cluster 3 learners 1`, `cluster 3 down`.
    mutating func makeCluster(_ arguments: [String]) throws(Mistake) {
        let learners = arguments.contains("learners") ? try number(arguments, 2) : 0
        world = World(voters: try number(arguments, 0), learners: learners)
        if !arguments.contains("down") { world.startAll() }
    }

    /// `set maxInflightMessages 2`, before `cluster … down` is started.
    mutating func set(_ arguments: [String]) throws(Mistake) {
        let value = try number(arguments, 1)
        switch arguments.first {
        case "maxInflightMessages": world.settings.maxInflightMessages = value
        case "maxInflightBytes": world.settings.maxInflightBytes = value
        case "maxBytesPerAppend": world.settings.maxBytesPerAppend = value
        case "maxUncommittedBytes": world.settings.maxUncommittedBytes = value
        case "retainedLogBytes": world.settings.retainedLogBytes = value
        case "snapshotChunkBytes": world.settings.snapshotChunkBytes = value
        default: throw mistake("no setting of that name")
        }
        world.startAll()
    }

    /// Syncs and delivers until nothing moves.
    mutating func settle() {
        for _ in 0..<200 {
            let isIdle = world.flying.isEmpty && world.nodes.allSatisfy { $0.batch == nil }
            if isIdle { return }
            for node in world.nodes where !node.disk.isStalled { world.completeBatch(node.id) }
            deliverQueued([])
        }
    }

    /// Delivers what is in the queue now; of one link if named.
    mutating func deliverQueued(_ link: [NodeID]) {
        let last = world.flying.map(\.number).max() ?? 0
        while let place = world.flying.firstIndex(where: { item in
            item.number <= last
                && (link.isEmpty || (item.sender, item.recipient) == (link[0], link[1]))
        }) {
            world.deliver(place)
        }
    }

    /// The power fails: nothing that wasn't synced is there.
    mutating func crash(_ id: NodeID) {
        let place = world.position(id)
        world.nodes[place].raft = nil
        world.nodes[place].batch = nil
        world.nodes[place].disk.waiting = []
    }

    /// `restart n1`, `restart n1 losing 2`, `restart n1 damaged losing 2`,
    /// `restart n1 inDoubt 1/5 losing 1`.
    mutating func restart(_ id: NodeID, _ arguments: [String]) throws(Mistake) {
        let place = world.position(id)
        var standing = Standing.whole
        if arguments.contains("damaged") { standing = .damaged }
        if let word = arguments.firstIndex(of: "inDoubt") {
            let doubt = try position(arguments, word + 1)
            standing = .inDoubt(term: doubt.term, index: doubt.index)
        }
        if let word = arguments.firstIndex(of: "losing") {
            world.nodes[place].disk.entries.removeLast(try number(arguments, word + 1))
        }
        world.nodes[place].standing = standing
        world.start(id)
    }

    /// `add n1 n4`, `promote n1 n4`, `remove n1 n4`: n1 is asked. `identify n1 n4 7` as well, with
    /// the incarnation.
    mutating func changeMembers(
        _ verb: String, at id: NodeID, _ arguments: [String]
    ) throws(Mistake) {
        let member = try node(arguments, 0)
        let change: MembershipChange
        switch verb {
        case "add":
            let address = arguments.count > 1 ? arguments[1] : "\(member)"
            change = .add(member, address: address, clientAddress: "")
        case "promote": change = .promote(member)
        case "remove": change = .remove(member)
        default:
            change = .identify(member, incarnation: UInt64(try number(arguments, 1)))
        }
        switch world.change(change, at: id) {
        case .appended?: break
        case .unchanged?: world.trace.append("\(id) has it so already")
        case .refused(let reason)?: world.trace.append("\(id) refuses: \(reason)")
        case .busy?: world.trace.append("\(id) refuses: not now")
        case .notLeader(let hint)?:
            world.trace.append("\(id) refuses: ask \(hint.map { "\($0)" } ?? "nobody")")
        case nil: world.trace.append("\(id) refuses: is down")
        }
    }

    mutating func show(_ id: NodeID) {
        let raft = world.raft(id)
        let state = raft.hardState
        var line = "\(id) \(raft.role) t\(state.term)"
        if let vote = state.votedFor { line += " vote \(vote)" }
        line += " log \(raft.firstIndex)..\(raft.lastIndex) durable \(raft.durableIndex)"
        line += " commit \(raft.commitIndex)"
        if let leader = raft.leader { line += " leader \(leader)" }
        if !raft.standing.isWhole { line += " \(raft.standing)" }
        world.trace.append(line)
        for peer in raft.peers {
            var words = "  \(peer.id) \(peer.pace) match \(peer.match) applied \(peer.applied)"
            if !peer.isVoter { words += " learner" }
            if !peer.isActive { words += " silent" }
            if peer.standing != .whole { words += " \(peer.standing)" }
            world.trace.append(words)
        }
    }

    // MARK: Words

    func number(_ arguments: [String], _ place: Int) throws(Mistake) -> Int {
        guard place < arguments.count, let number = Int(arguments[place]) else {
            throw mistake("a number is missing")
        }
        return number
    }

    /// `n1`, or `leader`, who it is at present.
    func node(_ arguments: [String], _ place: Int) throws(Mistake) -> NodeID {
        if place < arguments.count, arguments[place] == "leader", let leader = world.leader {
            return leader
        }
        guard place < arguments.count, let id = NodeID(text: arguments[place]) else {
            throw mistake("a node is missing")
        }
        return id
    }

    func nodes(_ arguments: [String]) throws(Mistake) -> [NodeID] {
        var found: [NodeID] = []
        for place in arguments.indices { found.append(try node(arguments, place)) }
        return found
    }

    func duration(_ arguments: [String], _ place: Int) throws(Mistake) -> Duration {
        guard place < arguments.count, arguments[place].hasSuffix("ms"),
            let count = Int64(arguments[place].dropLast(2))
        else { throw mistake("a duration in ms is missing") }
        return .milliseconds(count)
    }

    /// `term/index`.
    func position(_ arguments: [String], _ place: Int) throws(Mistake) -> LogPosition {
        let parts = place < arguments.count ? arguments[place].split(separator: "/") : []
        guard parts.count == 2, let term = UInt64(parts[0]), let index = UInt64(parts[1]) else {
            throw mistake("a position is missing")
        }
        return LogPosition(term: Term(term), index: LogIndex(index))
    }

    /// Messages for `inject`: `vote T last P`, `preVote T last P`, `granted T`,
    /// `append T after P commit I [term/index …]`, `accepted T round R match I`,
    /// `rejected T round R at I hint P`, `transfer T`, `chunk T of P from A to B`, the bytes of a
    /// snapshot from A to B, the last ones if B is beyond its end, and `corrupt` if they are.
    func message(_ words: [String], from sender: NodeID) throws(Mistake) -> Message {
        let term = Term(UInt64(try number(words, 1)))
        let place = world.position(sender)
        let run = place < world.nodes.count ? world.nodes[place].raft?.run ?? 1 : 1
        let wall = world.epoch + (world.now - .zero)
        switch words.first {
        case "vote", "preVote":
            let ballot: Ballot = words.first == "vote" ? .vote : .preVote
            return .voteRequest(
                VoteRequest(term: term, ballot: ballot, last: try position(words, 3)))
        case "granted":
            return .voteReply(
                VoteReply(term: term, isPreVote: false, isGranted: true, clock: wall))
        case "append":
            var entries: [Entry] = []
            for place in words.indices.dropFirst(6) {
                let at = try position(words, place)
                entries.append(
                    Entry(term: at.term, index: at.index, time: .epoch, kind: .noop))
            }
            return .append(
                AppendRequest(
                    term: term, round: 0, session: 0, previous: try position(words, 3),
                    commit: LogIndex(UInt64(try number(words, 5))), repair: nil, entries: entries))
        case "accepted", "rejected":
            let index = LogIndex(UInt64(try number(words, 5)))
            let outcome: AppendReply.Outcome =
                words.first == "accepted"
                ? .accepted(match: index)
                : .rejected(previous: index, hint: try position(words, 7))
            return .appendReply(
                AppendReply(
                    term: term, round: UInt64(try number(words, 3)), session: 0, run: run,
                    outcome: outcome, standing: .whole, applied: .zero, clock: wall))
        case "transfer": return .transfer(TransferRequest(term: term))
        case "chunk": return .snapshotChunk(try chunk(words, term))
        default: throw mistake("no message \"\(words.first ?? "")\"")
        }
    }

    private func chunk(_ words: [String], _ term: Term) throws(Mistake) -> SnapshotChunk {
        let last = try position(words, 3)
        let metadata = SnapshotMetadata(
            lastIndex: last.index, lastTerm: last.term, lastTime: .epoch,
            configuration: world.configuration)
        let file = world.snapshotBytes(metadata)
        let (begin, end) = (try number(words, 5), min(try number(words, 7), file.count))
        var bytes = [UInt8](file[begin..<end])
        if words.contains("corrupt") { bytes[0] ^= 1 }
        return SnapshotChunk(
            term: term, round: 0, metadata: metadata, offset: UInt64(begin), bytes: bytes,
            isLast: end == file.count)
    }
}
