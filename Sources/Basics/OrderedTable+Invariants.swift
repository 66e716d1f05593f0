extension OrderedTable {
    /// What is wrong with the tree, for tests; nil if its laws hold. Takes time in proportion to
    /// its size.
    package var brokenLaw: String? {
        var depths: [Int] = []
        var total = 0
        if let broken = root.brokenLaw(above: nil, below: nil, depth: 0, &depths, &total) {
            return broken
        }
        if depths.contains(where: { $0 != depths[0] }) { return "leaves differ in depth" }
        if total != count { return "\(total) keys, counted as \(count)" }
        if root.children.count == 1 { return "the root has a single child" }
        return nil
    }
}

extension OrderedTable.Node {
    /// Checks a node whose keys must be at least `lower` and below `upper`.
    func brokenLaw(
        above lower: Key?, below upper: Key?, depth: Int, _ depths: inout [Int], _ total: inout Int
    ) -> String? {
        if keys.isEmpty, depth > 0 { return "an empty node below the root" }
        if keys.count > Self.capacity { return "an overfull node" }
        if keys.count != (isLeaf ? values.count : children.count) { return "keys without a mate" }
        let used = isLeaf ? keys[...] : keys.dropFirst()
        if zip(used, used.dropFirst()).contains(where: { $0 >= $1 }) { return "keys don't ascend" }
        guard !isLeaf else {
            depths.append(depth)
            total += keys.count
            if let lower, let first = keys.first, first < lower { return "a key below its bound" }
            if let upper, let last = keys.last, last >= upper { return "a key above its bound" }
            return nil
        }
        for index in children.indices {
            let broken = children[index].brokenLaw(
                above: index == 0 ? lower : keys[index],
                below: index + 1 < keys.count ? keys[index + 1] : upper,
                depth: depth + 1, &depths, &total)
            if let broken { return broken }
        }
        return nil
    }
}
