import Basics

/// What a key has from its creation and never changes: shared, within a chunk of rows, by all that
/// have the same, such as those of one import. 20 bytes.
struct KeyBirth: Equatable {
    private var createdLow: UInt32
    private var createdHighAndAPI: UInt32
    private var sinceLow: UInt32
    private var sinceHigh: UInt32
    /// By its number.
    var author: UInt32

    /// Requires what ``KeyRecord/canBeKept(createdAt:since:)``.
    init(createdAt: LogIndex, since: Timestamp, author: UInt32, api: UInt16) {
        let (created, milliseconds) = (createdAt.rawValue, UInt64(since.milliseconds))
        createdLow = UInt32(truncatingIfNeeded: created)
        createdHighAndAPI = UInt32(truncatingIfNeeded: created >> 32) << 16 | UInt32(api)
        sinceLow = UInt32(truncatingIfNeeded: milliseconds)
        sinceHigh = UInt32(truncatingIfNeeded: milliseconds >> 32)
        self.author = author
    }

    var createdAt: LogIndex { LogIndex(UInt64(createdHighAndAPI >> 16) << 32 | UInt64(createdLow)) }
    var since: Timestamp {
        Timestamp(milliseconds: Int64(UInt64(sinceHigh) << 32 | UInt64(sinceLow)))
    }
    /// By its number.
    var api: UInt16 { UInt16(truncatingIfNeeded: createdHighAndAPI) }
}

/// The births of a chunk's keys, in memory of their own that grows with their number: up to 256,
/// one for each key. Its place and its size are two words of the chunk.
///
/// Law: every key's number is below the count.
struct KeyBirths {
    static let most = 256
    /// The address of the first; zero: there are none.
    private let address: UnsafeMutablePointer<UInt>
    /// How many there are above how many there is room for, 32 bits each.
    private let size: UnsafeMutablePointer<UInt64>

    init(at words: UnsafeMutableRawPointer) {
        address = words.assumingMemoryBound(to: UInt.self)
        size = (words + 8).assumingMemoryBound(to: UInt64.self)
    }

    var count: Int { Int(size.pointee >> 32) }
    private var capacity: Int { Int(size.pointee & 0xffff_ffff) }
    private var base: UnsafeMutablePointer<KeyBirth>? {
        UnsafeMutablePointer(bitPattern: address.pointee)
    }

    /// Requires a number below the count.
    @inline(__always)
    subscript(number: UInt8) -> KeyBirth { base.unsafelyUnwrapped[Int(number)] }

    /// The newest of that kind, since keys that have one in common come one after the other.
    func number(of birth: KeyBirth) -> UInt8? {
        guard let base else { return nil }
        for number in stride(from: count - 1, through: 0, by: -1) where base[number] == birth {
            return UInt8(number)
        }
        return nil
    }

    /// Nil if there are as many as there may be.
    func append(_ birth: KeyBirth) -> UInt8? {
        let count = count
        guard count < KeyBirths.most else { return nil }
        if count == capacity { reserve(max(1, 2 * count)) }
        base.unsafelyUnwrapped[count] = birth
        size.pointee = UInt64(count + 1) << 32 | UInt64(capacity)
        return UInt8(count)
    }

    private func reserve(_ capacity: Int) {
        let fresh = UnsafeMutablePointer<KeyBirth>.allocate(capacity: capacity)
        if let base {
            fresh.update(from: base, count: count)
            base.deallocate()
        }
        address.pointee = UInt(bitPattern: fresh)
        size.pointee = UInt64(count) << 32 | UInt64(capacity)
    }

    /// Leaves those that are in use, in their order; gives each one's new number.
    func keep(_ isUsed: [Bool]) -> [UInt8] {
        guard let base else { return [] }
        var (numbers, kept) = ([UInt8](repeating: 0, count: isUsed.count), 0)
        for number in 0..<count where isUsed[number] {
            base[kept] = base[number]
            numbers[number] = UInt8(kept)
            kept += 1
        }
        size.pointee = UInt64(kept) << 32 | UInt64(capacity)
        return numbers
    }

    /// After the words were copied: from here on these are another's.
    func separate() {
        guard let base else { return }
        let fresh = UnsafeMutablePointer<KeyBirth>.allocate(capacity: capacity)
        fresh.update(from: base, count: count)
        address.pointee = UInt(bitPattern: fresh)
    }

    func free() { base?.deallocate() }
}
