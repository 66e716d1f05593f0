@testable import Keyring

/// What a reader of an index has: a word for each shard, and the memory behind it.
struct KeyIndexView {
    private let list = SharedMemory(words: KeyIndex.shardCount)
    private(set) var held: [SharedMemory?]

    var shards: SharedWords { list.words }

    init(of index: KeyIndex) {
        held = Array(repeating: nil, count: KeyIndex.shardCount)
        replace((0..<UInt16(KeyIndex.shardCount)).map { $0 }, from: index)
    }

    mutating func replace(_ moved: [UInt16], from index: KeyIndex) {
        for number in moved.map(Int.init) {
            held[number] = index.memory(ofShard: number)
            shards.publish(held[number]?.words.address ?? 0, at: number)
        }
    }
}
