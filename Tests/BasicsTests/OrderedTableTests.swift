import Basics
import Testing

@Suite struct OrderedTableTests {
    /// The dumb twin: a dictionary, sorted when it is asked for its order.
    @Test(arguments: [50, 1_000, 20_000] as [UInt64])
    func behavesLikeASortedDictionary(keys: UInt64) {
        var random = SeededGenerator(seed: keys)
        var table = OrderedTable<UInt64, Int>()
        var twin: [UInt64: Int] = [:]
        for step in 0..<12_000 {
            let key = random.below(keys)
            // Grows to many levels, then drains, twice.
            let growing = step / 3_000 % 2 == 0
            if random.chance(growing ? 3 : 1, in: 4) {
                #expect(table.updateValue(step, forKey: key) == twin.updateValue(step, forKey: key))
            } else {
                let victim = growing ? key : (table.first(from: key)?.key ?? key)
                #expect(table.removeValue(forKey: victim) == twin.removeValue(forKey: victim))
            }
            #expect(table[key] == twin[key])
            #expect(table.count == twin.count)
            if step % 1_499 == 0 { compare(table, twin, probing: key) }
        }
        compare(table, twin, probing: keys / 2)
        while let (key, value) = table.popFirst() {
            #expect(twin.removeValue(forKey: key) == value)
        }
        #expect(twin.isEmpty)
        #expect(table.brokenLaw == nil)
    }

    private func compare(
        _ table: OrderedTable<UInt64, Int>, _ twin: [UInt64: Int], probing key: UInt64
    ) {
        let sorted = twin.sorted { $0.key < $1.key }
        #expect(table.brokenLaw == nil)
        #expect(table.map(\.key) == sorted.map(\.key))
        #expect(table.firstKey == sorted.first?.key)
        #expect(table.map(\.value) == sorted.map(\.value))
        var keys: [UInt64] = []
        table.forEach { key, _ in keys.append(key) }
        #expect(keys == sorted.map(\.key))
        #expect(table.entries(from: key).map(\.key) == sorted.map(\.key).filter { $0 >= key })
        #expect(table.entries(after: key).map(\.key) == sorted.map(\.key).filter { $0 > key })
        #expect(table.first(from: key)?.key == sorted.first { $0.key >= key }?.key)
        #expect(table.last(before: key)?.key == sorted.last { $0.key < key }?.key)
        #expect(table.first?.key == sorted.first?.key)
        #expect(table.last?.key == sorted.last?.key)
    }

    @Test(arguments: [false, true])
    func ascendingAndDescendingKeys(descending: Bool) {
        var table = OrderedTable<Int, Int>()
        for step in 0..<10_000 { table[descending ? -step : step] = step }
        #expect(table.brokenLaw == nil)
        #expect(table.count == 10_000)
        #expect(
            table.map(\.value) == (descending ? Array((0..<10_000).reversed()) : Array(0..<10_000)))
        // A sliding window: joins at one end, leaves at the other.
        for step in 10_000..<15_000 {
            table[descending ? -step : step] = step
            table[descending ? -(step - 10_000) : step - 10_000] = nil
        }
        #expect(table.brokenLaw == nil)
        #expect(table.first?.key == (descending ? -14_999 : 5_000))
        #expect(table.last?.key == (descending ? -5_000 : 14_999))
    }

    @Test func removalOfAllButEveryHundredthKeepsTheTreeDense() {
        var table = OrderedTable<Int, Int>()
        for key in 0..<10_000 { table[key] = key }
        for key in 0..<10_000 where key % 100 != 0 { table.removeValue(forKey: key) }
        #expect(table.brokenLaw == nil)
        #expect(table.map(\.key) == Array(stride(from: 0, to: 10_000, by: 100)))
    }

    @Test func aFrozenCopyNeverChanges() {
        var table = OrderedTable<Int, [Int]>()
        for key in 0..<5_000 { table[key] = [key] }
        let frozen = table
        for key in stride(from: 0, to: 5_000, by: 3) { table.removeValue(forKey: key) }
        for key in 0..<5_000 { table.update(key) { $0.append(-1) } }
        for key in 5_000..<6_000 { table[key] = [key] }
        #expect(frozen.count == 5_000)
        #expect(frozen.elementsEqual(0..<5_000) { $0.key == $1 && $0.value == [$1] })
        #expect(frozen.brokenLaw == nil)
        #expect(table.brokenLaw == nil)
        #expect(table[4] == [4, -1])
    }

    @Test func changesInPlaceAndTellsWhetherTheKeyIsThere() {
        struct Refusal: Error, Equatable {}
        var table: OrderedTable = ["a": 1, "b": 2]
        #expect(
            table.update("a") { (value: inout Int) -> Int in
                value += 10; return value
            } == 11)
        #expect(table.update("c") { _ in 5 } == nil)
        #expect(throws: Refusal()) {
            try table.update("b") { _ throws(Refusal) in throw Refusal() }
        }
        #expect(table == ["b": 2, "a": 11])
        #expect(table != ["b": 2, "a": 12])
        #expect(table != ["b": 2])
        #expect(table.contains("b"))
        #expect(!table.contains("c"))
        table.removeAll()
        #expect(table.isEmpty)
        #expect(table.first == nil)
        #expect(table.last == nil)
        #expect(table.popFirst() == nil)
        #expect(Array(table.entries(from: "a")).isEmpty)
    }
}
