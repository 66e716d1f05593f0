extension OrderedTable {
    /// A leaf has a value for each key and no children. An inner node has a child for each key:
    /// `keys[i]` is at most the least key of child `i` and greater than every key of child
    /// `i - 1`. The first key of an inner node is not used: the parent's bound stands for it.
    @usableFromInline
    struct Node {
        @usableFromInline var keys: [Key] = []
        @usableFromInline var values: [Value] = []
        @usableFromInline var children: [Node] = []

        /// The most keys of a node. Small enough that a copy after a freeze is cheap, large
        /// enough that ten million keys are four levels deep.
        @inlinable static var capacity: Int { 64 }

        /// A node with fewer keys joins a neighbour that has room for them.
        @inlinable static var sparse: Int { capacity / 4 }

        @inlinable init() {}

        @inlinable
        init(keys: [Key], values: [Value], children: [Node]) {
            self.keys = keys
            self.values = values
            self.children = children
        }

        @inlinable
        init(parentOf left: Node, _ right: Node) {
            self.init(keys: [left.keys[0], right.keys[0]], values: [], children: [left, right])
        }

        @inlinable var isLeaf: Bool { children.isEmpty }
    }
}

// Searching.
extension OrderedTable.Node {
    /// The number of keys below `key` in a leaf: where it is or would be.
    @inlinable
    func position(of key: Key) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The child of an inner node that holds `key` if any does.
    @inlinable
    func child(for key: Key) -> Int {
        var low = 1
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if key < keys[middle] { high = middle } else { low = middle + 1 }
        }
        return low - 1
    }

    @inlinable
    func value(of key: Key) -> Value? {
        if !isLeaf { return children[child(for: key)].value(of: key) }
        let position = position(of: key)
        return position < keys.count && keys[position] == key ? values[position] : nil
    }

    @inlinable
    func contains(_ key: Key) -> Bool {
        if !isLeaf { return children[child(for: key)].contains(key) }
        let position = position(of: key)
        return position < keys.count && keys[position] == key
    }

    @inlinable
    var first: (key: Key, value: Value)? {
        if let child = children.first { return child.first }
        return keys.isEmpty ? nil : (keys[0], values[0])
    }

    /// Without a look at the value, which would be copied.
    @inlinable
    var firstKey: Key? {
        children.withUnsafeBufferPointer { children in
            children.isEmpty ? keys.first : children[0].firstKey
        }
    }

    @inlinable
    var last: (key: Key, value: Value)? {
        if let child = children.last { return child.last }
        return keys.isEmpty ? nil : (keys[keys.count - 1], values[keys.count - 1])
    }

    @inlinable
    func last(before bound: Key) -> (key: Key, value: Value)? {
        if isLeaf {
            let position = position(of: bound)
            return position > 0 ? (keys[position - 1], values[position - 1]) : nil
        }
        let index = child(for: bound)
        if let found = children[index].last(before: bound) { return found }
        return index > 0 ? children[index - 1].last : nil
    }
}

// Changing.
extension OrderedTable.Node {
    @inlinable
    mutating func update<Result, Failure: Error>(
        _ key: Key, _ change: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        if !isLeaf { return try children[child(for: key)].update(key, change) }
        let position = position(of: key)
        guard position < keys.count, keys[position] == key else { return nil }
        return try change(&values[position])
    }

    /// Sets a value. If the node would overflow, its upper part is returned as a sibling to the
    /// right.
    @inlinable
    mutating func insert(_ key: Key, _ value: Value, replacing old: inout Value?) -> Self? {
        let position: Int
        if isLeaf {
            position = self.position(of: key)
            if position < keys.count, keys[position] == key {
                old = values[position]
                values[position] = value
                return nil
            }
            keys.insert(key, at: position)
            values.insert(value, at: position)
        } else {
            let index = child(for: key)
            guard let sibling = children[index].insert(key, value, replacing: &old) else {
                return nil
            }
            position = index + 1
            keys.insert(sibling.keys[0], at: position)
            children.insert(sibling, at: position)
        }
        guard keys.count > Self.capacity else { return nil }
        // Ascending keys (log indices, times) would leave every node half empty.
        return split(at: position == keys.count - 1 ? position : keys.count / 2)
    }

    @inlinable
    mutating func split(at position: Int) -> Self {
        let sibling = Self(
            keys: Array(keys[position...]),
            values: isLeaf ? Array(values[position...]) : [],
            children: isLeaf ? [] : Array(children[position...]))
        keys.removeSubrange(position...)
        if isLeaf {
            values.removeSubrange(position...)
        } else {
            children.removeSubrange(position...)
        }
        return sibling
    }

    @inlinable
    mutating func remove(_ key: Key) -> Value? {
        if isLeaf {
            let position = position(of: key)
            guard position < keys.count, keys[position] == key else { return nil }
            keys.remove(at: position)
            return values.remove(at: position)
        }
        let index = child(for: key)
        guard let value = children[index].remove(key) else { return nil }
        let left = children[index].keys.count
        if left == 0 {
            keys.remove(at: index)
            children.remove(at: index)
        } else if left < Self.sparse {
            if !join(index), index > 0 { _ = join(index - 1) }
        }
        return value
    }

    /// Joins a child with the one to its right, if there is one and both fit one node.
    @inlinable
    mutating func join(_ index: Int) -> Bool {
        guard index + 1 < children.count,
            children[index].keys.count + children[index + 1].keys.count <= Self.capacity
        else { return false }
        let right = children.remove(at: index + 1)
        let bound = keys.remove(at: index + 1)
        if right.isLeaf {
            children[index].keys.append(contentsOf: right.keys)
            children[index].values.append(contentsOf: right.values)
        } else {
            // The first key of an inner node isn't maintained: the parent's bound takes its place.
            children[index].keys.append(bound)
            children[index].keys.append(contentsOf: right.keys.dropFirst())
            children[index].children.append(contentsOf: right.children)
        }
        return true
    }
}

extension OrderedTable.Node: Sendable where Key: Sendable, Value: Sendable {}
