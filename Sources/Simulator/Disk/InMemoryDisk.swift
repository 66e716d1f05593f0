import Basics
import Journal

/// One node's data directory under a kernel that caches writes and a power supply that fails.
///
/// Laws:
/// 1. A process reads what it wrote, synced or not, and so does the next process after a kill.
/// 2. A power cut keeps of each file what was synced, and of everything written since *any subset*
///    of the sectors, in any order; the size is one of those it had.
/// 3. A file is under a name after a power cut only if the directory was synced after it got the
///    name; of the changes since, any subset.
public struct InMemoryDisk: Sendable {
    /// How a power cut tears what wasn't synced.
    public struct Tearing: Hashable, Sendable {
        /// What is written as a whole or not at all, in bytes.
        public var unitBytes: Int
        /// Whether units may also be cut at any byte.
        public var cutsUnits: Bool

        public init(unitBytes: Int, cutsUnits: Bool = false) {
            precondition(unitBytes > 0, "a unit of no bytes")
            self.unitBytes = unitBytes
            self.cutsUnits = cutsUnits
        }
    }

    fileprivate struct PendingWrite: Sendable {
        var offset: Int
        var bytes: [UInt8]
    }

    fileprivate struct Content: Sendable {
        var durable: [UInt8] = []
        var pending: [PendingWrite] = []
        /// As the process sees it.
        var size = 0
        /// Where the last write went that was synced.
        var lastSynced = 0..<0
    }

    private enum EntryChange: Sendable {
        case link(String, Int)
        case rename(from: String, to: String, Int)
        case unlink(String)
    }

    /// By the number that directory entries refer to; a file that nothing refers to is emptied.
    private var contents: [Content] = []
    private var names = OrderedTable<String, Int>()
    private var durableNames = OrderedTable<String, Int>()
    private var changes: [EntryChange] = []
    /// Room for file contents, in bytes.
    public var capacity: Int
    /// What decides where the next write lands, and the files that are spared; nil to land it where
    /// it belongs.
    private var misdirection: (draw: UInt64, spared: [String])?
    /// Files that have a write at a wrong place.
    public private(set) var misdirectedFiles: [String] = []
    /// The last write that landed elsewhere, until another batch of the journal is durable.
    private var stray: Stray?

    private struct Stray: Sendable {
        var name: String
        var write: PendingWrite
        var landedIn: String
    }

    public init(capacity: Int = .max) { self.capacity = capacity }

    /// Bytes taken by the files that the process sees.
    public var usedBytes: Int { names.reduce(0) { $0 + contents[$1.value].size } }

    /// Every file as a process reads it, in the order of the names.
    public var files: [StoredFile] {
        names.map { StoredFile(name: $0.key, bytes: contents[$0.value].visible) }
    }

    /// Performs the operations in order, up to the first that fails.
    public mutating func perform(_ operations: [DiskOperation]) throws(DiskFailure) {
        for operation in operations { try perform(operation) }
    }

    public mutating func perform(_ operation: DiskOperation) throws(DiskFailure) {
        switch operation {
        case .create(let name, let bytes):
            let freed = names[name].map { contents[$0].size } ?? 0
            guard usedBytes - freed + bytes <= capacity else { throw .noSpace }
            contents.append(Content(size: bytes))
            names[name] = contents.count - 1
            changes.append(.link(name, contents.count - 1))
        case .write(let name, let offset, let bytes):
            let file = try file(name)
            let growth = max(0, offset + bytes.count - contents[file].size)
            guard growth == 0 || usedBytes + growth <= capacity else { throw .noSpace }
            contents[file].size += growth
            if landsElsewhere(bytes, at: offset, of: name) { return }
            contents[file].pending.append(PendingWrite(offset: offset, bytes: bytes))
        case .sync(let name):
            let file = try file(name)
            // A batch in its place tells by its header that there was one before it.
            if name.hasPrefix("segment-"), !contents[file].pending.isEmpty { stray = nil }
            contents[file].sync()
        case .rename(let old, let new):
            let file = try file(old)
            names[old] = nil
            names[new] = file
            changes.append(.rename(from: old, to: new, file))
        case .syncDirectory:
            durableNames = names
            changes = []
            forget()
        case .delete(let name):
            guard names.removeValue(forKey: name) != nil else { return }
            putRight(ifIn: name)
            changes.append(.unlink(name))
        }
    }

    /// The bytes of a range; nil if there is no such file or it is shorter.
    public func read(_ range: DiskRead) -> [UInt8]? {
        guard let file = names[range.name] else { return nil }
        let bytes = contents[file].visible
        guard range.offset >= 0, range.offset + range.count <= bytes.count else { return nil }
        return Array(bytes[range.offset..<range.offset + range.count])
    }

    /// Cuts the power: what isn't durable survives as the generator draws. Returns how many writes
    /// were torn: a part of them survived.
    @discardableResult
    public mutating func cutPower(
        tearing: Tearing, using generator: inout some RandomNumberGenerator
    ) -> Int {
        for change in changes where generator.chance(1, in: 2) {
            switch change {
            case .link(let name, let file):
                durableNames[name] = file
            case .rename(let old, let new, let file):
                if durableNames[old] == file { durableNames[old] = nil }
                durableNames[new] = file
            case .unlink(let name):
                durableNames[name] = nil
            }
        }
        names = durableNames
        changes = []
        forget()
        // Half of all cuts keep each unit with the same chance; the rest are the extremes, which
        // a fair coin for every unit would hardly ever show.
        let survivors = [0, 1, 2, 3, 4, 2, 2, 2][Int(generator.below(8))]
        var torn = 0
        for (_, file) in names {
            torn += contents[file].tear(tearing, keeping: UInt64(survivors), using: &generator)
        }
        return torn
    }

    /// Turns one bit of a durable file, as a disk does in time.
    public mutating func flipBit(_ bit: Int, of name: String) {
        guard let file = names[name], bit / 8 < contents[file].durable.count else { return }
        contents[file].durable[bit / 8] ^= 1 << UInt8(bit % 8)
    }

    /// The next write to a file that isn't spared lands at another page of it, if it has one; or,
    /// of a segment's, at one of another segment.
    public mutating func misdirectNextWrite(sparing spared: [String], by draw: UInt64) {
        misdirection = (draw, spared)
    }

    /// Puts a write where it doesn't belong, at once as durable as the disk ever makes it, and
    /// whole: one that a power cut tore besides would be two faults of a disk in one write, and may
    /// leave nothing that tells of what stood there.
    private mutating func landsElsewhere(_ bytes: [UInt8], at offset: Int, of name: String) -> Bool
    {
        guard let (draw, spared) = misdirection, !spared.contains(name),
            let wrong = segmentElsewhere(draw, bytes.count, at: offset, of: name, sparing: spared)
                ?? pageElsewhere(draw, bytes.count, at: offset, of: name)
        else { return false }
        contents[wrong.file].durable.overwrite(bytes[...], at: wrong.offset)
        let write = PendingWrite(offset: offset, bytes: bytes)
        stray = Stray(name: name, write: write, landedIn: wrong.name)
        misdirection = nil
        misdirectedFiles += wrong.name == name ? [name] : [name, wrong.name]
        return true
    }

    /// The file goes that alone tells of a write that landed in it: nobody could ever know, so the
    /// disk does after all what it was told.
    private mutating func putRight(ifIn name: String) {
        guard let stray, stray.landedIn == name else { return }
        self.stray = nil
        guard let home = names[stray.name] else { return }
        contents[home].durable.overwrite(stray.write.bytes[...], at: stray.write.offset)
    }

    private typealias Place = (name: String, file: Int, offset: Int)

    /// The same place of another segment.
    private func segmentElsewhere(
        _ draw: UInt64, _ count: Int, at offset: Int, of name: String, sparing spared: [String]
    ) -> Place? {
        guard draw & 1 == 1, name.hasPrefix("segment-") else { return nil }
        let others = names.filter { other, file in
            other.hasPrefix("segment-") && other != name && !spared.contains(other)
                && offset + count <= contents[file].durable.count
        }
        guard !others.isEmpty else { return nil }
        let (other, file) = others[Int((draw >> 1) % UInt64(others.count))]
        return (other, file, offset)
    }

    /// Another page of the same file.
    private func pageElsewhere(
        _ draw: UInt64, _ count: Int, at offset: Int, of name: String
    ) -> Place? {
        guard let file = names[name], count < contents[file].durable.count else { return nil }
        let page = 4096
        let pages = (contents[file].durable.count - count) / page + 1
        let wrong = Int(draw % UInt64(pages)) * page + offset % page
        guard wrong != offset, wrong + count <= contents[file].durable.count else { return nil }
        return (name, file, wrong)
    }

    /// What of each file survives a power cut, in the order of the names.
    var durableFiles: [(name: String, bytes: Int)] {
        durableNames.map { ($0.key, contents[$0.value].durable.count) }
    }

    /// The bytes, other than zeroes, of the last write to the file that was synced.
    func lastSyncedBytes(of name: String) -> [Int] {
        guard let file = durableNames[name] else { return [] }
        return contents[file].lastSynced.filter { contents[file].durable[$0] != 0 }
    }

    private func file(_ name: String) throws(DiskFailure) -> Int {
        guard let file = names[name] else { throw .broken("no file \(name)") }
        return file
    }

    /// Frees the contents that no entry refers to.
    private mutating func forget() {
        var isUsed = [Bool](repeating: false, count: contents.count)
        for (_, file) in names { isUsed[file] = true }
        for (_, file) in durableNames { isUsed[file] = true }
        for file in contents.indices where !isUsed[file] && contents[file].size > 0 {
            contents[file] = Content()
        }
    }
}

extension InMemoryDisk.Content {
    var visible: [UInt8] {
        var bytes = durable
        bytes.resize(to: size)
        for write in pending { bytes.overwrite(write.bytes[...], at: write.offset) }
        return bytes
    }

    mutating func sync() {
        durable.resize(to: size)
        for write in pending { durable.overwrite(write.bytes[...], at: write.offset) }
        if let last = pending.last { lastSynced = last.offset..<last.offset + last.bytes.count }
        pending = []
    }

    /// Keeps `survivors` of four un-synced units, and as likely the new size. Returns how many
    /// writes survived in part.
    mutating func tear(
        _ tearing: InMemoryDisk.Tearing, keeping survivors: UInt64,
        using generator: inout some RandomNumberGenerator
    ) -> Int {
        var torn = 0
        if size != durable.count, generator.chance(survivors, in: 4) { durable.resize(to: size) }
        for write in pending {
            var offset = write.offset
            let end = write.offset + write.bytes.count
            var survived = 0
            defer { torn += survived > 0 && survived < write.bytes.count ? 1 : 0 }
            while offset < end {
                let unitEnd = min(end, (offset / tearing.unitBytes + 1) * tearing.unitBytes)
                defer { offset = unitEnd }
                guard generator.chance(survivors, in: 4) else { continue }
                var kept = unitEnd - offset
                if tearing.cutsUnits, generator.chance(1, in: 8) {
                    kept = Int(generator.below(UInt64(kept) + 1))
                }
                survived += kept
                let start = offset - write.offset
                durable.overwrite(write.bytes[start..<start + kept], at: offset)
            }
        }
        pending = []
        size = durable.count
        return torn
    }
}

extension [UInt8] {
    fileprivate mutating func resize(to count: Int) {
        if count < self.count { removeLast(self.count - count) }
        // An array of zeroes and not `repeatElement`, which a debug build appends one by one: 35 %
        // of what the scenarios take there.
        if count > self.count { self += [UInt8](repeating: 0, count: count - self.count) }
    }

    fileprivate mutating func overwrite(_ bytes: ArraySlice<UInt8>, at offset: Int) {
        guard !bytes.isEmpty else { return }
        if offset + bytes.count > count { resize(to: offset + bytes.count) }
        withUnsafeMutableBufferPointer { buffer in
            _ = buffer[offset..<offset + bytes.count].update(fromContentsOf: bytes)
        }
    }
}
