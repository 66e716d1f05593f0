/// A map sorted by key: what is iterated in replicated state lives here, because the order of
/// `Dictionary` differs in every process.
///
/// A B+ tree whose nodes are arrays. Look-up, insertion and removal take O(log n) comparisons.
/// A copy is made in constant time, and a change after it copies only the nodes on its way
/// down, so that freezing a copy for a snapshot never stops the original.
///
/// Laws: keys strictly ascend; all leaves are equally deep; no node but the root is empty.
@frozen
public struct OrderedTable<Key: Comparable, Value> {
    @usableFromInline var root = Node()
    @usableFromInline var filled = 0

    @inlinable
    public init() {}

    /// The number of keys.
    @inlinable public var count: Int { filled }
    @inlinable public var isEmpty: Bool { filled == 0 }

    /// The value of a key; setting nil removes the key.
    @inlinable
    public subscript(key: Key) -> Value? {
        get { root.value(of: key) }
        set {
            if let newValue {
                updateValue(newValue, forKey: key)
            } else {
                removeValue(forKey: key)
            }
        }
    }

    @inlinable
    public func contains(_ key: Key) -> Bool { root.contains(key) }

    /// Sets a value and returns the one it replaces, nil for a new key.
    @inlinable @discardableResult
    public mutating func updateValue(_ value: Value, forKey key: Key) -> Value? {
        var replaced: Value?
        if let sibling = root.insert(key, value, replacing: &replaced) {
            root = Node(parentOf: root, sibling)
        }
        if replaced == nil { filled += 1 }
        return replaced
    }

    /// Removes a key and returns its value, nil if there was none.
    @inlinable @discardableResult
    public mutating func removeValue(forKey key: Key) -> Value? {
        guard let value = root.remove(key) else { return nil }
        while root.children.count == 1 { root = root.children[0] }
        filled -= 1
        return value
    }

    /// Changes the value of a key where it lies, without a copy of it; nil if there is no such
    /// key.
    @inlinable
    public mutating func update<Result, Failure: Error>(
        _ key: Key, _ change: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        try root.update(key, change)
    }

    /// Removes everything.
    @inlinable
    public mutating func removeAll() { self = OrderedTable() }

    /// The least key and its value.
    @inlinable
    public var first: (key: Key, value: Value)? { root.first }

    /// The least key.
    @inlinable
    public var firstKey: Key? { root.firstKey }

    /// The greatest key and its value.
    @inlinable
    public var last: (key: Key, value: Value)? { root.last }

    /// Removes the least key; nil if there is none.
    @inlinable
    public mutating func popFirst() -> (key: Key, value: Value)? {
        guard let first else { return nil }
        removeValue(forKey: first.key)
        return first
    }

    /// The greatest key below `bound`, for lists that run backwards.
    @inlinable
    public func last(before bound: Key) -> (key: Key, value: Value)? { root.last(before: bound) }
}

extension OrderedTable: ExpressibleByDictionaryLiteral {
    /// The last of several values of one key stands.
    @inlinable
    public init(dictionaryLiteral elements: (Key, Value)...) {
        for (key, value) in elements { updateValue(value, forKey: key) }
    }
}

extension OrderedTable: Equatable where Value: Equatable {
    /// The same keys with the same values, whatever the shape of the trees.
    @inlinable
    public static func == (left: OrderedTable, right: OrderedTable) -> Bool {
        left.count == right.count && left.elementsEqual(right) { $0 == $1 }
    }
}

extension OrderedTable: Sendable where Key: Sendable, Value: Sendable {}
