import Basics

/// The memory of a replicated state that the readers of a table look at.
struct FollowedMemory {
    var rows: [SharedMemory] = []
    var keyShards = [SharedMemory?](repeating: nil, count: KeyIndex.shardCount)
    var keyIDShards = [SharedMemory?](repeating: nil, count: KeyIndex.shardCount)

    var isEmpty: Bool { rows.isEmpty && keyShards.isEmpty && keyIDShards.isEmpty }

    /// Lets go of one piece; false if there is none.
    mutating func dropLast() -> Bool {
        rows.popLast() != nil || keyShards.popLast() != nil || keyIDShards.popLast() != nil
    }
}

/// Where the rows and indices of the state's keys are.
extension TableContents {
    /// Publishes what has come or moved since the state was last followed. What readers may still
    /// be looking at stays until they have passed.
    func follow(_ machine: inout StateMachine) {
        precondition(machine.state.keys.isFollowed, "the table wasn't filled from this state")
        for chunk in machine.state.keys.takeMoved() {
            follow(chunk, machine.state.keys.shelf.memory(ofChunk: chunk))
        }
        for shard in machine.index.keyDigests.takeMoved() {
            let memory = machine.index.keyDigests.memory(ofShard: Int(shard))
            follow(Int(shard), memory, &followed.keyShards, keyShards)
        }
        for shard in machine.index.keys.takeMoved() {
            let memory = machine.index.keys.memory(ofShard: Int(shard))
            follow(Int(shard), memory, &followed.keyIDShards, keyIDShards)
        }
    }

    /// Publishes all of it, and has the state note from here on what moves.
    func beginFollowing(_ machine: inout StateMachine) {
        machine.state.keys.beginFollowing()
        machine.index.keyDigests.beginFollowing()
        machine.index.keys.beginFollowing()
        for chunk in 0..<machine.state.keys.shelf.chunkCount {
            follow(chunk, machine.state.keys.shelf.memory(ofChunk: chunk))
        }
        for shard in 0..<KeyIndex.shardCount {
            let digests = machine.index.keyDigests.memory(ofShard: shard)
            follow(shard, digests, &followed.keyShards, keyShards)
            let ids = machine.index.keys.memory(ofShard: shard)
            follow(shard, ids, &followed.keyIDShards, keyIDShards)
        }
    }

    private func follow(_ chunk: Int, _ memory: SharedMemory) {
        keyRows.set(chunk, to: memory.words, retiring: &retiredMemory)
        guard chunk < followed.rows.count else { return followed.rows.append(memory) }
        retiredObjects.append(followed.rows[chunk])
        followed.rows[chunk] = memory
    }

    private func follow(
        _ shard: Int, _ memory: SharedMemory?, _ held: inout [SharedMemory?],
        _ addresses: SharedWords
    ) {
        addresses.publish(memory?.words.address ?? 0, at: shard)
        if let old = held[shard] { retiredObjects.append(old) }
        held[shard] = memory
    }
}
