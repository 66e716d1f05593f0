/// Delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input",
/// IEEE TSE 2002, §3: *ddmin*).
enum DeltaDebugging {
    /// A part of `items`, in their order, that still fails and of which no single item can be
    /// dropped; or the smallest part found when `fails` answered nil, which ends the search.
    ///
    /// Requires that all of `items` together fail. Asks at most n² + 3n times for n items, mostly
    /// far less.
    static func minimize<Item>(_ items: [Item], fails: ([Item]) -> Bool?) -> [Item] {
        var items = items
        var parts = 2
        while items.count >= 2 {
            guard let reduction = reduce(items, into: parts, fails) else { return items }
            switch reduction {
            case .subset(let smaller):
                items = smaller
                parts = 2
            case .complement(let smaller):
                items = smaller
                parts = max(parts - 1, 2)
            case .neither:
                if parts >= items.count { return dropLast(items, fails) }
                parts = min(parts * 2, items.count)
            }
        }
        return dropLast(items, fails)
    }

    private enum Reduction<Item> {
        case subset([Item])
        case complement([Item])
        case neither
    }

    /// Nil if the search has ended.
    private static func reduce<Item>(
        _ items: [Item], into parts: Int, _ fails: ([Item]) -> Bool?
    ) -> Reduction<Item>? {
        let bounds = (0...parts).map { $0 * items.count / parts }
        for (start, end) in zip(bounds, bounds.dropFirst()) {
            let part = Array(items[start..<end])
            guard let itFails = fails(part) else { return nil }
            if itFails { return .subset(part) }
        }
        // With two parts the complements are the parts.
        guard parts > 2 else { return .neither }
        for (start, end) in zip(bounds, bounds.dropFirst()) {
            let rest = Array(items[..<start] + items[end...])
            guard let itFails = fails(rest) else { return nil }
            if itFails { return .complement(rest) }
        }
        return .neither
    }

    /// It may fail with nothing at all.
    private static func dropLast<Item>(_ items: [Item], _ fails: ([Item]) -> Bool?) -> [Item] {
        guard items.count == 1, fails([]) == true else { return items }
        return []
    }
}
