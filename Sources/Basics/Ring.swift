/// A double-ended queue over one array: elements join and leave at either end in constant time,
/// and any of them is reached by its position, the first at 0.
///
/// The capacity is a power of two and stays when elements leave.
@frozen
public struct Ring<Element> {
    /// Empty slots are nil, so that what has left the ring is freed.
    @usableFromInline var slots: ContiguousArray<Element?> = []
    /// The slot of the first element.
    @usableFromInline var head = 0
    @usableFromInline var filled = 0

    @inlinable
    public init() {}

    @inlinable
    public init(_ elements: some Sequence<Element>) {
        for element in elements { append(element) }
    }

    @inlinable
    public mutating func append(_ element: Element) {
        if filled == slots.count { grow() }
        slots[slot(filled)] = element
        filled += 1
    }

    @inlinable
    public mutating func append(contentsOf elements: some Sequence<Element>) {
        for element in elements { append(element) }
    }

    /// Takes the first element away; nil if there is none.
    @inlinable
    public mutating func popFirst() -> Element? {
        guard filled > 0 else { return nil }
        let element = slots[head].take()
        head = slot(1)
        filled -= 1
        return element
    }

    /// Takes the last element away; nil if there is none.
    @inlinable
    public mutating func popLast() -> Element? {
        guard filled > 0 else { return nil }
        filled -= 1
        return slots[slot(filled)].take()
    }

    /// Takes the last element away. Requires one.
    @inlinable @discardableResult
    public mutating func removeLast() -> Element {
        guard let element = popLast() else { preconditionFailure("the ring is empty") }
        return element
    }

    /// Drops the last `number` elements. Requires so many.
    @inlinable
    public mutating func removeLast(_ number: Int) {
        precondition(number >= 0 && number <= filled, "more elements dropped than there are")
        for _ in 0..<number { _ = popLast() }
    }

    /// Takes the first element away. Requires one.
    @inlinable @discardableResult
    public mutating func removeFirst() -> Element {
        guard let element = popFirst() else { preconditionFailure("the ring is empty") }
        return element
    }

    /// Drops the first `number` elements. Requires so many.
    @inlinable
    public mutating func removeFirst(_ number: Int) {
        precondition(number >= 0 && number <= filled, "more elements dropped than there are")
        for _ in 0..<number { _ = popFirst() }
    }

    /// Drops everything and the memory with it.
    @inlinable
    public mutating func removeAll() { self = Ring() }

    /// The slot of position `index`; correct for `index` up to the capacity.
    @inlinable
    func slot(_ index: Int) -> Int { (head &+ index) & (slots.count &- 1) }

    @usableFromInline
    mutating func grow() {
        var wider: ContiguousArray<Element?> = []
        let capacity = slots.isEmpty ? 8 : slots.count * 2
        wider.reserveCapacity(capacity)
        for index in 0..<filled { wider.append(slots[slot(index)]) }
        for _ in filled..<capacity { wider.append(nil) }
        slots = wider
        head = 0
    }
}

extension Ring: RandomAccessCollection, MutableCollection {
    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { filled }
    @inlinable public var count: Int { filled }

    /// The element at a position from 0 to `count - 1`.
    @inlinable
    public subscript(position: Int) -> Element {
        get {
            precondition(position >= 0 && position < filled, "no such position in the ring")
            return slots[slot(position)].unsafelyUnwrapped
        }
        _modify {
            precondition(position >= 0 && position < filled, "no such position in the ring")
            yield &slots[slot(position)]!
        }
    }
}

extension Ring: ExpressibleByArrayLiteral {
    @inlinable
    public init(arrayLiteral elements: Element...) { self.init(elements) }
}

extension Ring: Equatable where Element: Equatable {
    /// The same elements in the same order, wherever they lie.
    @inlinable
    public static func == (left: Ring, right: Ring) -> Bool { left.elementsEqual(right) }
}

extension Ring: Sendable where Element: Sendable {}
