/// Iteration, always in ascending order of the keys.
extension OrderedTable: Sequence {
    @inlinable
    public func makeIterator() -> Iterator { Iterator(of: root, from: nil) }

    @inlinable
    public var underestimatedCount: Int { filled }

    /// The entries whose key is `bound` or greater.
    @inlinable
    public func entries(from bound: Key) -> IteratorSequence<Iterator> {
        IteratorSequence(Iterator(of: root, from: bound))
    }

    /// The entries whose key is greater than `bound`: a page behind a cursor.
    @inlinable
    public func entries(after bound: Key) -> IteratorSequence<Iterator> {
        var iterator = Iterator(of: root, from: bound)
        iterator.skip(bound)
        return IteratorSequence(iterator)
    }

    /// The first entry whose key is `bound` or greater.
    @inlinable
    public func first(from bound: Key) -> (key: Key, value: Value)? {
        var iterator = Iterator(of: root, from: bound)
        return iterator.next()
    }

    /// Calls `body` with every key and value; faster than an iterator, which keeps its path.
    @inlinable
    public func forEach<Failure: Error>(
        _ body: (Key, Value) throws(Failure) -> Void
    ) throws(Failure) {
        try root.forEach(body)
    }

    /// A position between two entries: the leaf and the inner nodes above it.
    public struct Iterator: IteratorProtocol {
        /// Inner nodes from the root down, each with the number of its children entered.
        @usableFromInline var path: [(node: Node, next: Int)] = []
        @usableFromInline var leaf: Node
        @usableFromInline var position = 0

        @inlinable
        init(of root: Node, from bound: Key?) {
            leaf = root
            descend(from: root, to: bound)
        }

        @inlinable
        public mutating func next() -> (key: Key, value: Value)? {
            while position == leaf.keys.count {
                guard let level = path.indices.last else { return nil }
                let (node, next) = path[level]
                guard next < node.children.count else {
                    path.removeLast()
                    continue
                }
                path[level].next += 1
                descend(from: node.children[next], to: nil)
            }
            defer { position += 1 }
            return (leaf.keys[position], leaf.values[position])
        }

        /// Passes over `key` if it is next.
        @inlinable
        mutating func skip(_ key: Key) {
            if position < leaf.keys.count, leaf.keys[position] == key { position += 1 }
        }

        @inlinable
        mutating func descend(from node: Node, to bound: Key?) {
            var node = node
            while !node.isLeaf {
                let index = bound.map(node.child(for:)) ?? 0
                path.append((node, index + 1))
                node = node.children[index]
            }
            leaf = node
            position = bound.map(node.position(of:)) ?? 0
        }
    }
}

extension OrderedTable.Node {
    @inlinable
    func forEach<Failure: Error>(
        _ body: (Key, Value) throws(Failure) -> Void
    ) throws(Failure) {
        for index in values.indices { try body(keys[index], values[index]) }
        for child in children { try child.forEach(body) }
    }
}
