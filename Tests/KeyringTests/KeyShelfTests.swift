import Basics
import Testing

@testable import Keyring

@Suite struct KeyShelfTests {
    /// A record in which every field is drawn, the extremes among them.
    private func record(_ random: inout SeededGenerator) -> KeyRecord {
        let names = [
            "a", "build server", "fifteen bytes !", "sixteen bytes !!", "twenty-three bytes long",
            "twenty-four bytes in it!", "Schlüssel für Ü",
            String(repeating: "ß", count: 200), "🗝️", "\u{10FFFF}",
        ]
        let apis = [API.rest, .batch, API(slug: "zzzzzzzzzz")!, API(slug: "00")!]
        let states: [KeyState] = [.active, .inactive, .revoked, .retiring, .expired]
        let times = [Timestamp.epoch, Sample.start, Bounds.latestTime]
        func time() -> Timestamp { times[Int(random.below(3))] }
        func number() -> UInt64 { random.chance(1, in: 4) ? .max : random.next() }
        func index() -> LogIndex {
            [.zero, Bounds.latestIndex, LogIndex(random.below(4))][Int(random.below(3))]
        }
        var record = KeyRecord(
            id: KeyID(number()), digest: Sample.digest(random.next()),
            user: Slot(UInt32(random.below(9))), api: apis[Int(random.below(4))],
            name: Sample.name(names[Int(random.below(UInt64(names.count)))]),
            state: states[Int(random.below(5))],
            suffix: [.unknown, .unknownForeign, Sample.suffix][Int(random.below(3))],
            since: time(),
            author: Author(
                token: TokenID(1 + random.below(3)),
                user: random.chance(1, in: 2) ? UserID(1 + random.below(2)) : nil),
            createdAt: index(), changedAt: index())
        record.lastUsedMinute = UInt32(truncatingIfNeeded: number())
        if random.chance(1, in: 2) {
            record.spent.add(random.below(3), on: CalendarDate(time()))
        }
        if random.chance(1, in: 3) { record.expiresAt = time() }
        if random.chance(1, in: 3) { record.deadline = time() }
        if random.chance(1, in: 3) { record.replaces = KeyID(number()) }
        if random.chance(1, in: 3) { record.replacedBy = KeyID(number()) }
        record.previous = Slot(UInt32(truncatingIfNeeded: number()))
        record.next = random.chance(1, in: 2) ? .none : Slot(3)
        return record
    }

    /// The same records on both, some places empty.
    private func shelves(
        of count: Int, _ random: inout SeededGenerator
    ) -> (KeyShelf, ArrayShelf<KeyRecord>) {
        var (shelf, plain) = (KeyShelf(), ArrayShelf<KeyRecord>())
        for _ in 1...count {
            let record = random.chance(1, in: 9) ? nil : record(&random)
            shelf.append(record)
            plain.append(record)
        }
        return (shelf, plain)
    }

    /// Changes one field or several.
    private func change(_ record: inout KeyRecord, _ random: inout SeededGenerator) {
        let other = self.record(&random)
        switch random.below(8) {
        case 0: record = other
        case 1: record.name = other.name
        case 2: record.author = other.author
        case 3: record.spent = other.spent
        case 4: (record.expiresAt, record.deadline) = (other.expiresAt, other.deadline)
        case 5: record.replacedBy = other.replacedBy
        case 6: (record.previous, record.next) = (other.previous, other.next)
        default: record.state = other.state
        }
    }

    private func expectSame(_ shelf: KeyShelf, _ plain: ArrayShelf<KeyRecord>) {
        #expect(shelf.count == plain.count)
        for place in 0..<plain.count {
            if shelf[place] != plain[place] { Issue.record("\(place) differs") }
            guard let record = plain[place] else {
                #expect(shelf.isEmpty(place))
                continue
            }
            let isSame =
                shelf.id(place) == record.id && shelf.digest(place) == record.digest
                && shelf.user(place) == record.user && shelf.api(place) == record.api
                && shelf.state(place) == record.state && shelf.deadline(place) == record.deadline
            if !isSame { Issue.record("a part of \(place) differs") }
        }
    }

    /// What must lie beside, counted anew.
    private func sideCounts(_ plain: ArrayShelf<KeyRecord>) -> [Int] {
        let records = (0..<plain.count).compactMap { plain[$0] }
        func length(_ record: KeyRecord) -> Int { record.name.string.utf8.count }
        return [
            records.count { KeyParts($0) != KeyParts(createdAt: $0.createdAt) },
            records.count { $0.spent != SpentCounters() },
            records.count {
                $0.expiresAt != nil || $0.deadline != nil || $0.replaces.rawValue != 0
                    || $0.replacedBy.rawValue != 0
            },
            records.count { (16...23).contains(length($0)) },
            records.count { length($0) > 23 },
            Set(records.map(\.author)).count,
        ]
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `packed records are what records as they are would be, in copies too`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var (shelf, plain) = (KeyShelf(), ArrayShelf<KeyRecord>())
        var frozen: (shelf: KeyShelf, plain: ArrayShelf<KeyRecord>) = (shelf, plain)
        for step in 1...4_000 {
            if plain.count < 400 || random.chance(1, in: 100) {
                let record = random.chance(1, in: 9) ? nil : record(&random)
                shelf.append(record)
                plain.append(record)
            } else {
                let place = Int(random.below(UInt64(plain.count)))
                if plain[place] == nil {
                    let record = record(&random)
                    (shelf[place], plain[place]) = (record, record)
                } else if random.chance(1, in: 9) {
                    (shelf[place], plain[place]) = (nil, nil)
                } else if random.chance(1, in: 4) {
                    let date = CalendarDate(Sample.start)
                    shelf.addSpent(step.isMultiple(of: 2) ? 0 : 7, on: date, place)
                    plain[place]!.spent.add(step.isMultiple(of: 2) ? 0 : 7, on: date)
                } else {
                    var twin = random
                    change(&shelf[place]!, &random)
                    change(&plain[place]!, &twin)
                }
            }
            if step.isMultiple(of: 500) {
                expectSame(shelf, plain)
                #expect(shelf.sideCounts == sideCounts(plain))
                #expect(shelf.isSideSound() && frozen.shelf.isSideSound())
                expectSame(frozen.shelf, frozen.plain)
                frozen = (shelf, plain)
            }
        }
        for place in 0..<plain.count { shelf[place] = nil }
        #expect(shelf.sideCounts == [0, 0, 0, 0, 0, 0])
        expectSame(frozen.shelf, frozen.plain)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a shelf writes and reads what optional records do`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let (shelf, plain) = shelves(of: 300, &random)
        var (packed, whole) = (ByteWriter(), ByteWriter())
        for place in 0..<plain.count {
            shelf.encode(place, into: &packed)
            whole.put(plain[place])
        }
        #expect(packed.bytes == whole.bytes)
        var reader = ByteReader(whole.bytes)
        var loaded = KeyShelf()
        for _ in 0..<plain.count { try loaded.load(from: &reader) }
        #expect(reader.isAtEnd)
        expectSame(loaded, plain)
        #expect(loaded.sideCounts == sideCounts(plain))
    }

    /// Every byte of a record changed, one after the other: both take it or neither does, and to
    /// the same record.
    @Test func `a shelf refuses what a record refuses`() {
        var random = SeededGenerator(seed: 4)
        var (taken, refused) = (0, 0)
        for _ in 1...20 {
            var writer = ByteWriter()
            writer.put(KeyRecord?.some(record(&random)))
            for place in writer.bytes.indices {
                var bytes = writer.bytes
                bytes[place] ^= UInt8(1 + random.below(255))
                var (reader, twin) = (ByteReader(bytes), ByteReader(bytes))
                var shelf = KeyShelf()
                let isTaken = (try? shelf.load(from: &reader)) != nil
                var record: KeyRecord?
                do throws(MalformedBytes) {
                    record = try twin.get()
                } catch {
                    refused += 1
                    if isTaken { Issue.record("byte \(place) is taken: \(error)") }
                    continue
                }
                taken += 1
                if !isTaken || shelf[0] != record || reader.remaining != twin.remaining {
                    Issue.record("byte \(place) is read otherwise")
                }
            }
        }
        #expect(taken > 500 && refused > 500)
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `links are read and changed as in whole records`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var (shelf, plain) = shelves(of: 200, &random)
        for place in 0..<plain.count where plain[place] != nil {
            let previous = random.chance(1, in: 2) ? Slot<KeyRecord>(UInt32(random.below(9))) : nil
            let next = random.chance(1, in: 2) ? Slot<KeyRecord>.none : nil
            shelf.relink(place, previous: previous, next: next)
            plain.relink(place, previous: previous, next: next)
        }
        expectSame(shelf, plain)
        for place in 0..<plain.count {
            let (link, twin) = (shelf.link(place), plain.link(place))
            #expect(link?.previous == twin?.previous && link?.next == twin?.next)
            #expect(link?.createdAt == twin?.createdAt && link?.serial == twin?.serial)
        }
    }

    @Test func `a row that two name, that nobody names or that isn't there is seen`() {
        var table = SideTable<Int>()
        for row in 1...5 { #expect(table.insert(row) == UInt32(row)) }
        table.remove(4)
        #expect(table.isNamed(by: [5, 1, 3, 2]))
        let wrong: [[UInt32]] = [
            [5, 1, 3], [5, 1, 3, 2, 2], [5, 1, 3, 3], [5, 1, 3, 4], [0, 1, 2, 3], [5, 1, 3, 6],
        ]
        for numbers in wrong { #expect(!table.isNamed(by: numbers), "\(numbers)") }
        // Freed twice, which it can't see at once.
        table.remove(4)
        #expect(!table.isNamed(by: [5, 1, 3]))
    }

    @Test func `an author who is named more or less often than is counted is seen`() {
        var authors = SharedAuthors()
        let one = Author(token: TokenID(1), user: nil)
        let other = Author(token: TokenID(1), user: UserID(2))
        let numbers = [one, other, one, one].map { authors.insert($0) }
        #expect(authors.isNamed(by: numbers))
        #expect(!authors.isNamed(by: numbers + [numbers[1]]))
        #expect(!authors.isNamed(by: Array(numbers.dropLast())))
        #expect(!authors.isNamed(by: [numbers[0], numbers[0], numbers[0]]))
        #expect(!authors.isNamed(by: numbers + [9]))
        authors.remove(numbers[3])
        #expect(authors.isNamed(by: Array(numbers.dropLast())))
    }

    @Test func `a record takes 84 bytes`() { #expect(KeyShelf.recordBytes == 84) }
}
