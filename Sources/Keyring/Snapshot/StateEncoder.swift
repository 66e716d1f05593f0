import Basics

/// A copy of the state at one log index, to be written while the original goes on. It shares all
/// storage with it; whichever changes first copies the chunk that it changes.
public struct FrozenState: Sendable {
    let state: State

    public var index: LogIndex { state.index }
    public var time: Timestamp { state.time }

    /// SHA-256 of the canonical encoding: equal on all nodes at the same index.
    public func digest() -> Digest {
        var encoder = StateEncoder(self)
        var hash = SHA256()
        while let chunk = encoder.nextChunk() { hash.update(chunk) }
        return hash.finish()
    }

    /// The canonical encoding: the same bytes on all nodes at the same index.
    public func encoded() -> [UInt8] {
        var encoder = StateEncoder(self)
        var bytes: [UInt8] = []
        while let chunk = encoder.nextChunk() { bytes += chunk }
        return bytes
    }
}

extension StateMachine {
    /// Costs the same at any size.
    public func freeze() -> FrozenState { FrozenState(state: state) }

    /// SHA-256 of the canonical encoding. Visits everything: for checks, not for every entry of a
    /// large state.
    public func stateDigest() -> Digest { freeze().digest() }

    /// The state itself, for who compares two: that costs less than their digests.
    public func encodedState() -> [UInt8] { freeze().encoded() }
}

/// What follows what in an encoded state. The order is that of the slots, of the queues or of the
/// keys: never that of a hash table.
enum StateSection: UInt8, CaseIterable {
    case head = 1
    case accounts
    case users
    case keys
    case tokens
    case freeAccounts
    case freeUsers
    case freeKeys
    case freeTokens
    case timed
    case freeForm
    case freeFormOrder
    case requests
    case requestOrder
    case audit
    case graves
    case holds
    case freeHolds
    case end

    static let version: UInt16 = 2
}

/// Writes a frozen state chunk by chunk, each of about `Bounds.snapshotChunkBytes`.
///
/// A chunk is made of blocks: section (8 bits), bytes (32), elements (32), and the elements.
public struct StateEncoder: Sendable {
    private let state: State
    private var section: StateSection? = .head
    /// Elements of the section already written.
    private var position = 0
    /// The last keys written of the three tables.
    private var timed: TimedID?
    private var freeForm: FreeFormID?
    private var requests: RequestItem?

    public init(_ frozen: FrozenState) {
        state = frozen.state
        #if MUTANTS
        if PlantedBug.isOn(.snapshotWithoutRecords) { timed = state.ledger.timed.last?.key }
        #endif
    }

    /// The next bytes; nil at the end.
    public mutating func nextChunk() -> [UInt8]? {
        guard section != nil else { return nil }
        var writer = ByteWriter(capacity: Bounds.snapshotChunkBytes + Bounds.outcomeBytes)
        while writer.count < Bounds.snapshotChunkBytes, let current = section {
            writeBlock(of: current, &writer)
        }
        return writer.bytes
    }

    private mutating func writeBlock(of current: StateSection, _ writer: inout ByteWriter) {
        let start = writer.count
        writer.write(current.rawValue)
        writer.write(UInt32(0))
        writer.write(UInt32(0))
        let payload = writer.count
        var elements: UInt32 = 0
        let isAtEnd =
            switch current {
            case .timed: write(state.ledger.timed, after: &timed, &elements, &writer)
            case .freeForm:
                write(state.ledger.freeForm.records, after: &freeForm, &elements, &writer)
            case .requests:
                write(state.ledger.requests.records, after: &requests, &elements, &writer)
            default: writeElements(of: current, &elements, &writer)
            }
        if isAtEnd {
            section = StateSection(rawValue: current.rawValue + 1)
            position = 0
        }
        writer.overwrite(UInt32(writer.count - payload), at: start + 1)
        writer.overwrite(elements, at: start + 5)
    }

    /// Writes elements until the chunk is full; true at the end of the section.
    private mutating func writeElements(
        of current: StateSection, _ elements: inout UInt32, _ writer: inout ByteWriter
    ) -> Bool {
        var next = position
        defer {
            elements = UInt32(next - position)
            position = next
        }
        // By itself: what looks into `self` while that changes is given a copy for each element.
        let state = state
        while writer.count < Bounds.snapshotChunkBytes {
            guard state.writeElement(next, of: current, into: &writer) else { return true }
            next += 1
        }
        return false
    }

    private func write<Key: Coded, Value: Coded>(
        _ table: OrderedTable<Key, Value>, after last: inout Key?, _ elements: inout UInt32,
        _ writer: inout ByteWriter
    ) -> Bool {
        var iterator =
            last.map { table.entries(after: $0) } ?? IteratorSequence(table.makeIterator())
        while writer.count < Bounds.snapshotChunkBytes {
            guard let (key, value) = iterator.next() else { return true }
            writer.put(key)
            writer.put(value)
            elements += 1
            last = key
        }
        return false
    }
}

extension State {
    /// Writes an element of a section that is a list in the order of places; false behind its end.
    fileprivate func writeElement(
        _ position: Int, of section: StateSection, into writer: inout ByteWriter
    ) -> Bool {
        switch section {
        case .head:
            guard position == 0 else { return false }
            writer.put(StateHead(self))
            return true
        case .accounts: return accounts.writeElement(position, into: &writer)
        case .users: return users.writeElement(position, into: &writer)
        case .keys: return keys.writeElement(position, into: &writer)
        case .tokens: return tokens.writeElement(position, into: &writer)
        case .freeAccounts: return accounts.free.writeElement(position, into: &writer)
        case .freeUsers: return users.free.writeElement(position, into: &writer)
        case .freeKeys: return keys.free.writeElement(position, into: &writer)
        case .freeTokens: return tokens.free.writeElement(position, into: &writer)
        case .freeFormOrder: return ledger.freeForm.order.writeElement(position, into: &writer)
        case .requestOrder: return ledger.requests.order.writeElement(position, into: &writer)
        case .audit: return audit.records.writeElement(position, into: &writer)
        case .graves: return graves.writeElement(position, into: &writer)
        case .holds:
            #if MUTANTS
            if PlantedBug.isOn(.snapshotWithoutHolds) { return false }
            #endif
            return holds.writeElement(position, into: &writer)
        case .freeHolds: return holds.free.writeElement(position, into: &writer)
        case .timed, .freeForm, .requests, .end: return false
        }
    }
}

extension SlotTable {
    /// False behind the last slot.
    fileprivate func writeElement(_ position: Int, into writer: inout ByteWriter) -> Bool {
        guard position < slotCount else { return false }
        shelf.encode(position, into: &writer)
        return true
    }
}

extension ChunkedQueue where Element: Coded {
    /// False behind the last element.
    fileprivate func writeElement(_ position: Int, into writer: inout ByteWriter) -> Bool {
        guard position < count else { return false }
        writer.put(self[position])
        return true
    }
}

/// All of the state that isn't a list.
struct StateHead: Coded {
    /// With empty tables and queues.
    var state: State

    init(_ state: State) { self.state = state }

    func encode(into writer: inout ByteWriter) {
        writer.write(StateSection.version)
        writer.put(state.settings)
        writer.put(state.settingsChangedAt)
        writer.put(state.index)
        writer.put(state.time)
        writer.put(state.keyStateIndex)
        writer.put(state.lapseIndex)
        writer.putList(state.catalogue)
        writer.put(state.apisEver)
        writer.put(state.accountChain)
        writer.put(state.operatorTokens)
        writer.put(state.liveOperatorTokens)
        writer.put(state.dailyLimits)
        writer.put(state.monthlyLimits)
        writer.put(state.ledger.floorHigh)
        writer.put(state.ledger.floorLow)
        writer.put(state.ledger.clusterFreeFormRecords)
        writer.put(state.ledger.freeForm.newestExpiry)
        writer.put(state.ledger.requests.newestExpiry)
        writer.put(state.audit.horizon)
        writer.put(state.audit.records.firstSequence)
    }

    init(from reader: inout ByteReader) throws(MalformedBytes) {
        guard try reader.readUInt16() == StateSection.version else {
            throw MalformedBytes("a state of another version")
        }
        state = State(settings: try reader.get(), time: .epoch)
        state.settingsChangedAt = try reader.get()
        state.index = try reader.get()
        #if MUTANTS
        if PlantedBug.isOn(.snapshotIndexBehind) { state.index = state.index.previous }
        #endif
        state.time = try reader.get()
        guard state.index < Bounds.latestIndex, state.time >= .epoch else {
            throw MalformedBytes("an impossible index or time")
        }
        state.keyStateIndex = try reader.get()
        state.lapseIndex = try reader.get()
        state.catalogue = try reader.getList(limit: Bounds.apis)
        state.apisEver = try reader.get()
        state.accountChain = try reader.get()
        state.operatorTokens = try reader.get()
        state.liveOperatorTokens = try reader.get()
        state.dailyLimits = try reader.get()
        state.monthlyLimits = try reader.get()
        state.ledger.floorHigh = try reader.get()
        state.ledger.floorLow = try reader.get()
        state.ledger.clusterFreeFormRecords = try reader.get()
        state.ledger.freeForm.newestExpiry = try reader.get()
        state.ledger.requests.newestExpiry = try reader.get()
        state.audit.horizon = try reader.get()
        let sequence = try reader.readUInt64()
        // Far below what could overflow, far above what a log can hold.
        guard sequence < 1 << 62 else { throw MalformedBytes("an impossible sequence number") }
        state.audit.records = ChunkedQueue(firstSequence: sequence)
    }
}
