import Basics

/// Reads what `StateEncoder` wrote, cut into pieces of any size.
///
/// The bytes are checked as if a stranger had sent them: every length before anything is
/// allocated, every value by its type, and at the end every law of the whole. What passes behaves
/// in every later entry as the original would.
public struct StateDecoder: Sendable {
    private var state: State?
    private var section = StateSection.head
    /// Bytes of a block that isn't complete yet.
    private var pending: [UInt8] = []

    private static let blockHeader = 9

    public init() {}

    /// Takes the next bytes.
    public mutating func feed(_ bytes: [UInt8]) throws(MalformedBytes) { try feed(bytes[...]) }

    /// Takes the next bytes. Not to be used any more after it threw.
    public mutating func feed(_ bytes: ArraySlice<UInt8>) throws(MalformedBytes) {
        // Chunks as they were encoded are whole blocks, which are read where they lie.
        guard !pending.isEmpty else {
            let rest = try readBlocks(of: bytes)
            return pending.append(contentsOf: rest)
        }
        pending.append(contentsOf: bytes)
        let rest = try readBlocks(of: pending[...])
        pending.removeFirst(pending.count - rest.count)
    }

    /// Reads the blocks that are whole; returns what is left.
    private mutating func readBlocks(
        of bytes: ArraySlice<UInt8>
    ) throws(MalformedBytes) -> ArraySlice<UInt8> {
        var start = bytes.startIndex
        while bytes.endIndex - start >= StateDecoder.blockHeader {
            var header = ByteReader(bytes[start..<start + StateDecoder.blockHeader])
            let code = try header.readUInt8()
            let count = Int(try header.readUInt32())
            let elements = try header.readUInt32()
            guard count <= Bounds.largestSnapshotChunk else {
                throw MalformedBytes("a block of \(count) bytes")
            }
            let end = start + StateDecoder.blockHeader + count
            guard end <= bytes.endIndex else { break }
            try enter(code)
            var reader = ByteReader(bytes[start + StateDecoder.blockHeader..<end])
            try read(elements, &reader)
            try reader.finish()
            start = end
        }
        return bytes[start...]
    }

    /// The state machine, once everything was fed.
    public consuming func finish(
        with workers: some Workers = OneWorker()
    ) throws(MalformedBytes) -> StateMachine {
        guard let state, section == .end, pending.isEmpty else {
            throw MalformedBytes("the state isn't complete")
        }
        return try StateMachine(checking: state, with: workers)
    }

    /// A block is of the same section as the one before or of the next.
    private mutating func enter(_ code: UInt8) throws(MalformedBytes) {
        guard let next = StateSection(rawValue: code),
            next == section || next.rawValue == section.rawValue + 1,
            state != nil || next == .head
        else { throw MalformedBytes("a block out of order") }
        section = next
    }

    private mutating func read(
        _ elements: UInt32, _ reader: inout ByteReader
    ) throws(MalformedBytes) {
        guard section != .head else {
            for _ in 0..<elements {
                guard state == nil else { throw MalformedBytes("a second head") }
                state = try StateHead(from: &reader).state
            }
            return
        }
        // Taken out for the block: what changes a part of an optional copies the whole each time.
        guard var state = state.take() else { throw MalformedBytes("no head") }
        defer { self.state = state }
        for _ in 0..<elements { try StateDecoder.read(section, into: &state, &reader) }
    }

    private static func read(
        _ section: StateSection, into state: inout State, _ reader: inout ByteReader
    ) throws(MalformedBytes) {
        switch section {
        case .head, .end: throw MalformedBytes("elements where none belong")
        case .accounts: try state.accounts.load(from: &reader)
        case .users: try state.users.load(from: &reader)
        case .keys: try state.keys.load(from: &reader)
        case .tokens: try state.tokens.load(from: &reader)
        case .freeAccounts: state.accounts.loadFree(try reader.get())
        case .freeUsers: state.users.loadFree(try reader.get())
        case .freeKeys: state.keys.loadFree(try reader.get())
        case .freeTokens: state.tokens.loadFree(try reader.get())
        case .timed: try state.ledger.timed.load(&reader)
        case .freeForm: try state.ledger.freeForm.records.load(&reader)
        case .freeFormOrder: state.ledger.freeForm.order.append(try reader.get())
        case .requests: try state.ledger.requests.records.load(&reader)
        case .requestOrder: state.ledger.requests.order.append(try reader.get())
        case .audit: state.audit.records.append(try reader.get())
        case .graves: state.graves.append(try reader.get())
        case .holds: try state.holds.load(from: &reader)
        case .freeHolds: state.holds.loadFree(try reader.get())
        }
    }
}

extension OrderedTable where Key: Coded, Value: Coded {
    /// Reads the next key and value; keys must ascend, so that one state has one encoding.
    fileprivate mutating func load(_ reader: inout ByteReader) throws(MalformedBytes) {
        let key: Key = try reader.get()
        let value: Value = try reader.get()
        if let last, last.key >= key { throw MalformedBytes("keys don't ascend") }
        updateValue(value, forKey: key)
    }
}
